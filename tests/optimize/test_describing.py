"""Specs and evals by a model that does anything: real client, server and sandbox."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from sigil.errors import (
    BudgetSpent,
    Corrupt,
    InvalidValue,
    ProviderFailed,
    ProviderRefused,
    UsageError,
)
from sigil.llm.budget import Budget
from sigil.llm.settings import ModelSettings
from sigil.optimize.describing.conversation import open_conversation
from sigil.optimize.describing.describing import describe_eval, describe_spec
from sigil.optimize.spec import load_spec
from sigil.testing.model_server import Fault, ModelServer

pytest.importorskip("openai")

SECRET = "sk-of-nobody-0123456789abcdef"
SOURCE = f"""\
API_KEY = "{SECRET}"


def unique(items):
    seen = []
    for item in items:
        if item not in seen:
            seen.append(item)
    return seen
"""
SPEC = """\
version: "0.1"
name: dedup
evals: []
pins:
  - {id: unique, language: python, files: [lists.py], symbol: unique}
"""
PIN = "{id: unique, language: python, files: [lists.py], symbol: unique}"


def spec_answer(pin: str = PIN, **more: str) -> str:
    extra = "".join(f"{key}: {value}\n" for key, value in more.items())
    return f"It is quadratic.\n\n```yaml\nname: uniq\n{extra}pins:\n  - {pin}\n```\n"


EVAL = """\
inputs:
  cases:
    - {args: [[1, 2, 1, 3, 3, 4]], expected: [1, 2, 3, 4]}
    - {args: [[]]}
metrics:
  - {id: same, kind: call, measure: matches}
  - {id: time_ms, kind: call, measure: time}
aggregate: {objective: min(time_ms) subject_to same==true}
accept: {rule: time_ms <= 0.9 * baseline.time_ms and same==true}
"""
SCRIPT = ".sigil/quick_size_target.py"
BY_SCRIPT = f"""\
metrics:
  - {{id: size, kind: numeric, command: python3 {SCRIPT}, parse: "regex:size=([0-9.]+)"}}
aggregate: {{objective: min(size)}}
accept: {{rule: size < baseline.size}}
"""
PRINTS = 'text = open("lists.py").read()\nprint(f"size={len(text)}")'


def eval_answer(document: str = EVAL, **files: str) -> str:
    return f"Same answers, sooner.\n```yaml\n{document}```\n" + "".join(
        f"```text {path}\n{text}\n```\n" for path, text in files.items()
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    home = tmp_path / "repository" / ".sigil"
    home.mkdir(parents=True)
    (home / "dedup.sigil.yaml").write_text(SPEC)
    (home.parent / "lists.py").write_text(SOURCE)
    (home.parent / "other.py").write_text("def other():\n    return 1\n")
    return home.parent


class Model:
    """Says one thing after another, the last one for ever; counts what it was asked."""

    def __init__(self, *answers: str | Fault):
        self.answers = answers
        self.asked: list[str] = []
        self._lock = threading.Lock()

    def __call__(self, request, number: int) -> str | Fault:
        with self._lock:
            self.asked.append("\n".join(message["content"] for message in request["messages"]))
        return self.answers[min(number, len(self.answers) - 1)]


def settings(url: str) -> ModelSettings:
    free = {"price_input_usd": 0.0, "price_output_usd": 0.0}
    return ModelSettings("fake", "openai-compatible", "m-1", url, retries=0, timeout_s=30, **free)


def talk(root: Path, model: Model, use, *, budget: Budget | None = None, seed: int = 1):
    """Let ``use`` have a conversation with ``model``."""
    with (
        ModelServer(model) as server,
        open_conversation(
            root, "test", settings(server.openai_url), budget or Budget(), seed
        ) as conversation,
    ):
        return use(conversation)


def spec_by(root: Path, model: Model, files=("lists.py",), name=None, **more):
    return talk(
        root, model, lambda c: describe_spec(root, c, name, "faster, please", files), **more
    )


def eval_by(root: Path, model: Model, **more):
    spec = load_spec(root, "dedup")
    return talk(root, model, lambda c: describe_eval(spec, c, "quick", "sameness and time", **more))


def tree(root: Path) -> dict[str, str]:
    """Return all files but the record of exchanges and the cache."""
    return {
        str(path.relative_to(root)): path.read_text()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not {"generated", "cache"} & set(path.parts)
    }


# --- specs --------------------------------------------------------------------------------


def test_pins_of_a_model_become_a_spec_that_loads(root):
    made = spec_by(root, Model(spec_answer()))
    (root / ".sigil" / "uniq.sigil.yaml").write_text(made.text)
    spec = load_spec(root, "uniq")
    assert spec.locate(spec.read_pinned(root))[0].first == 4
    assert made.pinned == ("lists.py:4-9 (unique)",)


def test_the_name_that_the_user_gave_stands(root):
    assert spec_by(root, Model(spec_answer()), name="mine").name == "mine"


def test_the_model_sees_the_files_without_their_secrets_and_between_marks(root):
    model = Model(spec_answer())
    spec_by(root, model)
    assert "for item in items" in model.asked[0]
    assert "def other" not in model.asked[0]
    assert SECRET not in model.asked[0]
    assert SECRET not in (root / ".sigil" / "generated" / "test.jsonl").read_text()


WRONG_SPECS = {
    "prose": "I would rather talk about it.",
    "no block that ends": "```yaml\nname: x\n",
    "two blocks": spec_answer() + spec_answer(),
    "no YAML": "```yaml\nname: [\n```",
    "no mapping": "```yaml\n- 1\n```",
    "no pins": "```yaml\nname: x\n```",
    "a symbol that is not there": spec_answer(PIN.replace("symbol: unique", "symbol: uniq")),
    "a file that is not there": spec_answer(PIN.replace("lists.py", "list.py")),
    "a file that was not offered": spec_answer("{id: a, files: [other.py]}"),
    "everything": spec_answer("{id: a, files: ['**']}"),
    "a path that leaves": spec_answer("{id: a, files: [../x.py]}"),
    "an absolute path": spec_answer("{id: a, files: [/etc/passwd]}"),
    "another root": spec_answer(repo_root="../.."),
    "another key": spec_answer(evals="[x]"),
    "a name that is a path": spec_answer().replace("name: uniq", "name: ../../x"),
    "a file of its own": spec_answer() + "```python .sigil/x_target.py\npass\n```\n",
    "ten megabytes": "x" * 10_000_000,
    "a thousand laughs": "```yaml\na: &a [1,1,1,1,1,1,1,1,1,1]\n"
    + "".join(
        f"{c}: &{c} [{', '.join([f'*{p}'] * 10)}]\n"
        for p, c in zip("abcdef", "bcdefg", strict=True)
    )
    + "```",
}


WHY_SPECS = {
    "prose": "no fenced blocks begin with",
    "no block that ends": "does not end",
    "two blocks": "2 fenced blocks begin with",
    "no YAML": "not valid YAML",
    "no mapping": "not a mapping",
    "no pins": "pins: expected a list",
    "a symbol that is not there": "did you mean unique?",
    "a file that is not there": "no file matches",
    "a file that was not offered": "none of the files that may be pinned",
    "everything": "none of the files that may be pinned",
    "a path that leaves": "a pin stays inside the repository",
    "an absolute path": "a pin stays inside the repository",
    "another root": "repo_root: not a key",
    "another key": "evals: not a key",
    "a name that is a path": "is not a plain name",
    "a file of its own": "a spec adds no files",
    "ten megabytes": "longer than 400,000 characters",
    "a thousand laughs": "more than 100,000 values",
}


@pytest.mark.parametrize("wrong", WRONG_SPECS)
def test_a_wrong_spec_is_shown_to_the_model_once_and_then_refused(root, wrong):
    before, model = tree(root), Model(WRONG_SPECS[wrong])
    with pytest.raises(InvalidValue, match="neither the model's answer nor the mended one"):
        spec_by(root, model)
    assert len(model.asked) == 2
    assert WHY_SPECS[wrong] in model.asked[1].partition("It could not be used:")[2]
    assert tree(root) == before


def test_a_mended_answer_is_taken(root):
    model = Model(WRONG_SPECS["a symbol that is not there"], spec_answer())
    assert spec_by(root, model).name == "uniq"


def test_a_refusal_gives_the_models_reason_and_asks_no_more(root):
    model = Model("```yaml\nrefused: nothing here is slow\n```")
    with pytest.raises(ProviderRefused, match="cannot be done: nothing here is slow"):
        spec_by(root, model)
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    "path", ["../x.py", "/etc/passwd", "missing.py", ".sigil/dedup.sigil.yaml"]
)
def test_a_file_that_is_not_the_repositorys_is_not_shown(root, path):
    (root.parent / "x.py").write_text("")
    model = Model(spec_answer())
    with pytest.raises(UsageError, match="there is no file"):
        spec_by(root, model, files=(path,))
    assert model.asked == []


def test_held_out_inputs_are_not_shown(root):
    (root / "held.py").write_text("")
    (root / ".sigil" / "e.eval.yaml").write_text("holdout: {cases: held.py}\n")
    model = Model(spec_answer())
    with pytest.raises(UsageError, match="no model may see"):
        spec_by(root, model, files=("held.py",))
    assert model.asked == []


# --- what was paid for --------------------------------------------------------------------


def test_what_is_on_record_is_not_asked_again(root):
    first = spec_by(root, Model(spec_answer()))
    silent = Model(Fault(status=500))
    assert spec_by(root, silent) == first
    assert silent.asked == []


def test_another_seed_asks_anew(root):
    spec_by(root, Model(spec_answer()))
    again = Model(spec_answer())
    spec_by(root, again, seed=2)
    assert len(again.asked) == 1


def test_a_failure_is_asked_again_later(root):
    with pytest.raises(ProviderFailed):
        spec_by(root, Model(Fault("busy", status=500)))
    assert spec_by(root, Model(spec_answer())).name == "uniq"


def test_nothing_said_is_a_failure(root):
    with pytest.raises((ProviderFailed, InvalidValue)):
        spec_by(root, Model(""))


def test_a_record_that_was_damaged_is_named(root):
    spec_by(root, Model(spec_answer()))
    record = root / ".sigil" / "generated" / "test.jsonl"
    record.write_text(record.read_text() + '{"half": ')
    with pytest.raises(Corrupt, match=r"test\.jsonl:2: not a recorded exchange"):
        spec_by(root, Model(spec_answer()))


def test_a_budget_holds(root):
    model = Model(spec_answer())
    with pytest.raises(BudgetSpent):
        spec_by(root, model, budget=Budget(tokens=10))
    assert model.asked == []


def test_what_is_on_record_does_not_change_what_a_budget_is_called(root):
    spec_by(root, Model(spec_answer()))
    with pytest.raises(BudgetSpent, match="the budget of 10 tokens is too small"):
        spec_by(root, Model(spec_answer()), seed=2, budget=Budget(tokens=10))


# --- evals --------------------------------------------------------------------------------


def test_an_eval_of_a_model_has_measured_the_unchanged_code(root):
    before = tree(root)
    made = eval_by(root, Model(eval_answer()))
    assert made.baseline.metrics["same"].value == 1
    assert list(made.files) == [".sigil/quick.eval.yaml"]
    assert tree(root) == before


def test_a_script_ran_in_the_sandbox_before_it_is_handed_on(root):
    made = eval_by(root, Model(eval_answer(BY_SCRIPT, **{SCRIPT: PRINTS})))
    assert made.baseline.metrics["size"].value == len(SOURCE)
    assert made.files[SCRIPT].decode() == PRINTS + "\n"


def test_a_script_of_a_model_can_neither_write_outside_nor_read_a_key(root, monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    mark = tmp_path / "mark"
    hostile = (
        "import os\n"
        f"try:\n    open({str(mark)!r}, 'w')\nexcept OSError:\n    pass\n"
        "print(f\"size={len(os.environ.get('OPENAI_API_KEY', ''))}.0\")"
    )
    made = eval_by(root, Model(eval_answer(BY_SCRIPT, **{SCRIPT: hostile})))
    assert made.baseline.metrics["size"].value == 0
    assert not mark.exists()


def test_a_script_of_a_model_cannot_tell_it_the_held_out_inputs_of_another_eval(root):
    (root / "held.json").write_text('[["a secret input"]]')
    (root / ".sigil" / "other.eval.yaml").write_text("holdout: {cases: held.json}\n")
    curious = "import os\nprint(open('held.json').read() if os.path.exists('held.json') else 'no')"
    model = Model(eval_answer(BY_SCRIPT, **{SCRIPT: curious}))
    with pytest.raises(InvalidValue):
        eval_by(root, model)
    assert "matches nothing in 'no" in model.asked[1]
    assert "a secret input" not in model.asked[1]


def with_file(path: str, document: str = BY_SCRIPT) -> str:
    return eval_answer(document.replace(SCRIPT, path), **{path: PRINTS})


WRONG_EVALS = {
    "prose": "No.",
    "an unknown key": eval_answer(EVAL + "colour: red\n"),
    "an interpreter": eval_answer(EVAL + "python: /usr/bin/python3\n"),
    "a network": eval_answer(EVAL + "network: loopback\n"),
    "an objective without a metric": eval_answer(EVAL.replace("min(time_ms)", "min(speed)")),
    "a check that the unchanged code fails": eval_answer(EVAL.replace("[1, 2, 3, 4]", "[4]")),
    "a script that fails": eval_answer(BY_SCRIPT, **{SCRIPT: "raise SystemExit(3)"}),
    "a script that is not there": eval_answer(BY_SCRIPT),
    "a file that nothing uses": eval_answer(EVAL, **{SCRIPT: PRINTS}),
    "a file of the repository": with_file("lists.py"),
    "a path that leaves": with_file(".sigil/../../x_target.py"),
    "an absolute path": with_file("/tmp/quick_x_target.py"),
    "another eval's file": with_file(".sigil/other_x_target.py"),
    "the settings": with_file(".sigil/sigil.yaml"),
    "cases from elsewhere": eval_answer(
        "inputs: {cases: ../../secrets.json}\n" + EVAL[EVAL.index("metrics") :]
    ),
    "a week": eval_answer(EVAL + "budgets: {candidate_timeout_s: 600000}\n"),
}


WHY_EVALS = {
    "prose": "no fenced blocks begin with",
    "an unknown key": "colour: not a key",
    "an interpreter": "python: not a key",
    "a network": "network: not a key",
    "an objective without a metric": "expected a metric, not speed",
    "a check that the unchanged code fails": "the unchanged code does not pass it",
    "a script that fails": "the regex matches nothing",
    "a script that is not there": "can't open file",
    "a file that nothing uses": "nothing in the eval uses it",
    "a file of the repository": "not a file that an answer may add",
    "a path that leaves": "not a file that an answer may add",
    "an absolute path": "not a file that an answer may add",
    "another eval's file": "not a file that an answer may add",
    "the settings": "not a file that an answer may add",
    "cases from elsewhere": "is outside of the repository",
    "a week": "too long for a first try",
}


@pytest.mark.parametrize("wrong", WRONG_EVALS)
def test_a_wrong_eval_is_shown_to_the_model_once_and_then_refused(root, wrong):
    before, model = tree(root), Model(WRONG_EVALS[wrong])
    with pytest.raises(InvalidValue, match="neither the model's answer nor the mended one"):
        eval_by(root, model)
    assert len(model.asked) == 2
    assert WHY_EVALS[wrong] in model.asked[1].partition("It could not be used:")[2]
    assert tree(root) == before
    assert not (root.parent / "x_target.py").exists()


def test_a_baseline_that_fails_is_told_to_the_model_which_mends_it(root):
    model = Model(WRONG_EVALS["a check that the unchanged code fails"], eval_answer())
    assert eval_by(root, model).baseline.metrics["same"].value == 1
    assert "the unchanged code does not pass it" in model.asked[1]


def test_an_eval_may_ask_for_what_the_unchanged_code_does_wrong(root):
    wanted = EVAL.replace("[1, 2, 3, 4]", "[4, 3, 2, 1]").replace(
        "measure: matches", "measure: agreement"
    )
    wanted = wanted[: wanted.index("  - {id: time_ms")] + (
        "aggregate: {objective: max(same)}\naccept: {rule: same >= 1}\n"
    )
    made = eval_by(root, Model(eval_answer(wanted)))
    assert made.baseline.metrics["same"].value < 1


def test_a_file_that_is_there_is_not_replaced(root):
    (root / SCRIPT).write_text("mine = 1\n")
    with pytest.raises(InvalidValue, match="it is there already"):
        eval_by(root, Model(eval_answer(BY_SCRIPT, **{SCRIPT: PRINTS})))
    assert (root / SCRIPT).read_text() == "mine = 1\n"


def test_the_exchange_is_a_line_that_replay_reads(root):
    eval_by(root, Model(eval_answer()))
    lines = (root / ".sigil" / "generated" / "test.jsonl").read_text().splitlines()
    assert [sorted(json.loads(line)) for line in lines] == [["reply", "request"]]
