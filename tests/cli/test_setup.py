"""`sigil setup` and `sigil config show`, as whole commands, at a terminal and without one."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import time
from pathlib import Path
from typing import Self

import pytest
from tests.e2e.shell import BIN, Shell, environment

from sigil.cli.configuring import Choices, plan_change, write_change
from sigil.cli.interview import OPTIMIZERS, PROVIDERS, _rate
from sigil.cli.settings import configured_models, resolve
from sigil.errors import AlreadyExists, InvalidValue, UsageError
from sigil.llm.provider import built_in_names
from sigil.search import optimizers
from sigil.testing.model_server import Fault, ModelServer

KEY = "sk-of-nobody-0123456789abcdef"
OPENAI = "sigil setup --provider openai --model m-1 --optimizer alphaevolve"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "work" / ".sigil").mkdir(parents=True)
    return Shell(tmp_path / "work", tmp_path)


def config(shell: Shell) -> Path:
    return shell.folder / ".sigil" / "sigil.yaml"


# --- by flags -----------------------------------------------------------------------------


def test_flags_write_a_file_that_a_run_reads(shell):
    done = shell(f"{OPENAI} --rate-limit-qps 2 --budget-usd 1.50")
    assert done.code == 0, done.err
    (model,) = configured_models(shell.folder, "alphaevolve")
    assert (model.name, model.provider, model.model) == ("default_llm", "openai", "m-1")
    assert model.rate_limit_qps == 2
    assert resolve(shell.folder, environment={})["budget_usd"].value == 1.5
    assert "export OPENAI_API_KEY=…   (it is not set)" in done.out


def test_without_a_terminal_and_without_flags_the_flags_are_named(shell):
    done = shell("sigil setup")
    assert (done.code, config(shell).exists()) == (2, False)
    assert "--provider" in done.err


def test_a_file_that_is_there_is_shown_but_not_touched_without_yes(shell):
    config(shell).write_text("# mine\nversion: 0.1\n")
    done = shell(OPENAI)
    assert (done.code, config(shell).read_text()) == (45, "# mine\nversion: 0.1\n")
    assert "+        provider: openai" in done.out


def test_yes_keeps_comments_and_what_it_does_not_know(shell):
    text = "# mine\nversion: 0.1\nbackend_profiles:\n  big: {cpu: 4}  # of a friend\n"
    config(shell).write_text(text)
    assert shell(f"{OPENAI} --yes").code == 0
    assert config(shell).read_text().startswith(text)


def test_a_dry_run_shows_and_writes_nothing(shell):
    done = shell(f"{OPENAI} --dry-run")
    assert (done.code, config(shell).exists()) == (0, False)
    assert "+        model: m-1" in done.out


def test_a_second_time_changes_nothing(shell):
    shell(OPENAI)
    before = config(shell).read_bytes()
    done = shell(f"{OPENAI} --yes")
    assert (done.code, config(shell).read_bytes()) == (0, before)
    assert "says so already" in done.out


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("--provider opnai --model m", "did you mean openai?"),
        ("--provider openai", "say --model"),
        ("--model m", "say --provider"),
        ("--provider openai --model m --optimizer alphevolve", "alphaevolve"),
        ("--provider openai --model m --base-url nowhere", "not a URL"),
        ("--provider openai --model m --rate-limit-qps -1", "rate_limit_qps"),
        ("--provider openai --model m --budget-usd much", "an amount such as"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(shell, flags, said):
    done = shell(f"sigil setup --yes {flags}")
    assert done.code in {2, 12}
    assert said in done.err
    assert not config(shell).exists()


def test_a_key_in_place_of_its_variable_is_refused_and_not_shown(shell):
    done = shell(f"{OPENAI} --key-variable {KEY}")
    assert done.code == 12
    assert KEY not in done.out + done.err
    assert not config(shell).exists()


def test_a_broken_file_is_named_and_left(shell):
    config(shell).write_text("version: [\n")
    assert shell(f"{OPENAI} --yes").code == 10
    assert config(shell).read_text() == "version: [\n"


def test_another_provider_takes_neither_the_url_nor_the_key_of_the_former(tmp_path):
    (tmp_path / ".sigil").mkdir()
    first = Choices("openai-compatible", "m", "http://127.0.0.1:9/v1", "OTHER_KEY")
    write_change(plan_change(tmp_path, first))
    write_change(plan_change(tmp_path, Choices("anthropic", "c")))
    (model,) = configured_models(tmp_path, "simple")
    assert (model.base_url, model.key_variable) == ("", "ANTHROPIC_API_KEY")


def test_a_provider_among_the_defaults_does_not_stand_in_the_way(tmp_path):
    (tmp_path / ".sigil").mkdir()
    write_change(plan_change(tmp_path, Choices("none")))
    assert resolve(tmp_path, environment={})["provider"].value == "none"
    write_change(plan_change(tmp_path, Choices("inbox")))
    assert resolve(tmp_path, environment={})["provider"].value is None


def test_a_file_that_changes_meanwhile_is_not_overwritten(tmp_path):
    (tmp_path / ".sigil").mkdir()
    change = plan_change(tmp_path, Choices("inbox"))
    change.path.write_text("version: 0.1\n")
    with pytest.raises(AlreadyExists, match="changed meanwhile"):
        write_change(change)
    assert change.path.read_text() == "version: 0.1\n"


def test_a_model_needs_a_provider(tmp_path):
    with pytest.raises(UsageError, match="no provider is chosen"):
        plan_change(tmp_path, Choices(model="m"))


def test_an_entry_that_is_wrong_already_is_named(tmp_path):
    (tmp_path / "sigil.yaml").write_text(
        "optimizer_params: {simple: {models: {default_llm: {provider: openai, key: x}}}}\n"
    )
    with pytest.raises(InvalidValue, match="a key does not belong into a document"):
        plan_change(tmp_path, Choices("inbox"))


# --- trying the model ---------------------------------------------------------------------


def test_check_asks_once_and_says_what_it_cost(shell):
    pytest.importorskip("openai")
    with ModelServer(lambda request, number: "ready") as server:
        url = server.openai_url
        done = shell(f"sigil setup --provider openai-compatible --model m --base-url {url} --check")
    assert done.code == 0, done.err
    assert "model m: 1 answer, " in done.out
    assert len(server.asked) == 1


def test_what_is_configured_is_tried_without_a_terminal(shell):
    pytest.importorskip("openai")
    with ModelServer(lambda request, number: "ready") as server:
        url = server.openai_url
        shell(f"sigil setup --provider openai-compatible --model m --base-url {url} --yes")
        before = config(shell).read_text()
        done = shell("sigil setup --check")
    assert done.code == 0, done.err
    assert "model m: 1 answer, " in done.out
    assert config(shell).read_text() == before


def test_where_nothing_is_configured_there_is_nothing_to_try(shell):
    done = shell("sigil setup --check")
    assert done.code == 2
    assert "no model is configured" in done.err


def test_a_file_of_comments_is_kept_and_added_to(shell):
    config(shell).write_text("# models come here")
    done = shell("sigil setup --provider inbox --yes")
    assert done.code == 0, done.err
    assert config(shell).read_text().startswith('# models come here\nversion: "0.1"\n')


@pytest.mark.parametrize("provider", ["inbox", "replay"])
def test_who_answers_a_run_alone_is_not_tried(shell, provider):
    done = shell(f"sigil setup --provider {provider} --yes --check")
    assert (done.code, config(shell).exists()) == (2, False)
    assert "leave out --check" in done.err


def test_a_model_that_refuses_is_an_error_after_the_file_is_written(shell):
    pytest.importorskip("openai")
    with ModelServer(lambda request, number: Fault("no such key", status=401)) as server:
        url = server.openai_url
        done = shell(f"sigil setup --provider openai-compatible --model m --base-url {url} --check")
    assert (done.code, config(shell).exists()) == (54, True)
    assert "Traceback" not in done.err


# --- what is shown ------------------------------------------------------------------------


def test_config_show_has_parameters_and_breaks_no_line_of_a_pipe(shell):
    about = "x" * 150
    config(shell).write_text(
        f"defaults: {{model: {about}}}\noptimizer_params: {{tree: {{parents: 6}}}}\n"
    )
    done = shell("sigil config show")
    assert about in done.out
    (line,) = [line for line in done.out.splitlines() if "parents" in line and "6" in line]
    assert line.split() == ["tree", "(not", "in", "use)", "parents", "6", ".sigil/sigil.yaml:2"]
    found = shell("sigil config show --json").json()["optimizer_params"]
    assert found[0]["parents"] == 6


def test_config_show_names_models_and_whether_a_key_is_set_but_no_key(shell, monkeypatch):
    shell(OPENAI)
    shown = json.loads(
        subprocess.run(
            [str(BIN / "sigil"), "config", "show", "--json"],
            cwd=shell.folder,
            env={**environment(shell.home), "OPENAI_API_KEY": KEY},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    (model,) = shown["models"]
    assert (model["key_variable"], model["key_set"], model["used"]) == (
        "OPENAI_API_KEY",
        True,
        True,
    )
    assert model["source"].startswith(".sigil/sigil.yaml:")
    assert KEY not in json.dumps(shown)
    table = shell("sigil config show")
    assert "default_llm" in table.out
    assert "budget_usd" in table.out


# --- at a terminal ------------------------------------------------------------------------

ENTER, DOWN, CTRL_C = b"\r", b"\x1b[B", b"\x03"


class Terminal:
    """`sigil` at a pseudo-terminal: waits for a text, then types."""

    def __init__(self, shell: Shell, command: str):
        self.fd, inside = pty.openpty()
        self.seen = ""
        self.process = subprocess.Popen(
            command.split(),
            cwd=shell.folder,
            env={
                **environment(shell.home),
                "TERM": "xterm",
                "COLUMNS": "200",
                "PROMPT_TOOLKIT_NO_CPR": "1",
            },
            stdin=inside,
            stdout=inside,
            stderr=inside,
            start_new_session=True,
        )
        os.close(inside)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.fd)

    def answer(self, question: str, keys: bytes) -> None:
        self._read_until(lambda: question in self.seen)
        self.seen = ""
        os.write(self.fd, keys)

    def end(self) -> int:
        self._read_until(lambda: self.process.poll() is not None)
        return self.process.wait()

    def _read_until(self, reached) -> None:
        until = time.monotonic() + 30
        while not reached():
            assert time.monotonic() < until, self.seen
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.fd, 65536).decode(errors="replace")
                except OSError:
                    return


def test_an_interview_writes_what_was_chosen(shell):
    pytest.importorskip("questionary")
    with Terminal(shell, "sigil setup") as terminal:
        terminal.answer("How should the search proceed?", ENTER)
        terminal.answer("Who proposes changes?", DOWN * 3 + ENTER)
        terminal.answer("Which model?", b"m-1" + ENTER)
        terminal.answer("Which environment variable", ENTER)
        terminal.answer("Most requests a second?", b"2" + ENTER)
        terminal.answer("Most US dollars", b"0.50" + ENTER)
        terminal.answer("Write .sigil/sigil.yaml?", ENTER)
        assert terminal.end() == 0
    (model,) = configured_models(shell.folder, "simple")
    assert (model.provider, model.model, model.rate_limit_qps) == ("openai", "m-1", 2)
    assert resolve(shell.folder, environment={})["budget_usd"].value == 0.5


@pytest.mark.parametrize("said", ["inf", "1e10", "nan", "0", "1e-300", "-1", "two"])
def test_no_rate_is_taken_that_a_run_would_refuse(said):
    assert isinstance(_rate("openai")(said), str)


@pytest.mark.parametrize("said", ["", "2", "0.5"])
def test_a_rate_that_a_run_takes_is_taken(said):
    assert _rate("openai")(said) is True


@pytest.mark.parametrize("at", ["How should the search proceed?", "Who proposes changes?"])
def test_ctrl_c_leaves_nothing_half_written(shell, at):
    pytest.importorskip("questionary")
    with Terminal(shell, "sigil setup") as terminal:
        if at != "How should the search proceed?":
            terminal.answer("How should the search proceed?", ENTER)
        terminal.answer(at, CTRL_C)
        assert terminal.end() == 130
    assert list((shell.folder / ".sigil").iterdir()) == []


def test_a_url_that_is_typed_is_taken_as_it_is(shell):
    pytest.importorskip("questionary")
    with Terminal(shell, "sigil setup") as terminal:
        terminal.answer("How should the search proceed?", ENTER)
        terminal.answer("Who proposes changes?", DOWN * 4 + ENTER)
        terminal.answer("Which model?", b"m-1" + ENTER)
        terminal.answer("At which URL?", b"http://gpu:8000/v1" + ENTER)
        terminal.answer("Which environment variable", b"MINE" + ENTER)
        terminal.answer("Most requests a second?", ENTER)
        terminal.answer("Most US dollars", ENTER)
        terminal.answer("Write .sigil/sigil.yaml?", ENTER)
        assert terminal.end() == 0
    (model,) = configured_models(shell.folder, "simple")
    assert (model.base_url, model.key_variable) == ("http://gpu:8000/v1", "MINE")


def test_every_choice_of_ours_is_explained():
    assert set(OPTIMIZERS) == set(optimizers.built_in_names())
    assert set(PROVIDERS) == {"none", *built_in_names()}


def test_no_at_the_last_question_leaves_the_file(shell):
    pytest.importorskip("questionary")
    config(shell).write_text("# mine\nversion: 0.1\n")
    with Terminal(shell, "sigil setup --provider inbox") as terminal:
        terminal.answer("Write .sigil/sigil.yaml?", b"n")
        assert terminal.end() == 130
    assert config(shell).read_text() == "# mine\nversion: 0.1\n"
