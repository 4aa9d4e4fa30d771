"""`sigil scenario generate --llm`, as a whole command, on recorded answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from tests.gate.generate.drafted import CREATE, USELESS, block
from tests.gate.generate.notes import INTENT
from tests.gate.generate.repositories import FOLDER, SPEC, Repository, a_repository

from sigil.errors import InvalidValue, ProviderRefused, UsageError
from sigil.gate.generate.drafting import draft
from sigil.gate.generate.prompting import Shown, asked, mended
from sigil.gate.intent import read_intent
from sigil.llm.exchanges import clean_request, plain_request
from sigil.llm.model import Message, Reply, Request
from sigil.optimize.describing.conversation import MAX_TOKENS

NAME = "notes/criterion-4-drafted-1"
LLM = ("--seed", "7", "--llm", "--provider", "replay")


@pytest.fixture
def repository(tmp_path) -> Iterator[Repository]:
    with a_repository(tmp_path) as made:
        yield made


def question(intent: str = INTENT):
    """Return what is asked about an intent, whose split has the seed 7."""
    read = read_intent(intent.encode(), SPEC)
    drafted = draft(read, ratio=0.4, seed=7, secret=1)
    visible = [one for one in drafted.candidates if one.half == "visible"]
    return asked(Shown(read, intent, visible, drafted.uncompiled))


def recorded(file: Path, *exchanges: tuple[tuple[Message, ...], str]) -> str:
    """Write answers where the provider `replay` finds them."""
    lines = [
        {
            "request": plain_request(clean_request(Request(messages, "", 0.0, 1, MAX_TOKENS))),
            "reply": asdict(Reply(answer, "m-1")),
        }
        for messages, answer in exchanges
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(file)


def answered(file: Path, *answers: str, complaint: str = "") -> str:
    """Record answers to the first question, and to the one after it."""
    messages, fence = question()
    exchanges = [(messages, answers[0])]
    if len(answers) > 1:
        exchanges.append((mended(messages, fence, answers[0], complaint), answers[1]))
    return recorded(file, *exchanges)


def test_a_draft_becomes_a_visible_scenario_and_a_sealed_one(repository, tmp_path):
    file = answered(tmp_path / "said.jsonl", block())
    told = repository.generated(*LLM, "--exchanges", file)
    drafts = [one for one in told["scenarios"] if one["by_model"]]
    assert [(one["half"], one["baseline"], one["refused"]) for one in drafts] == [
        ("visible", "pass", None),
        ("holdout", "pass", None),
    ]
    assert "replay: 1 answer" in told["model"]["spent"]
    assert repository.clauses()["criterion-4"] == (2, 2)
    (sealed,) = [t for t in repository.holdouts().values() if "Drafted by a model" in t]
    assert 'local prefix = "list"' not in sealed
    assert repository.command("list", "-s", "api").exit_code == 0
    visible = (repository.root / FOLDER / "visible" / f"{NAME}.lua").read_text()
    assert visible.endswith(CREATE)


def test_no_line_of_the_sealed_variant_is_in_any_file_or_output(repository, tmp_path):
    file = answered(tmp_path / "said.jsonl", block())
    output = repository.make(*LLM, "--exchanges", file).output
    (sealed,) = [t for t in repository.holdouts().values() if "Drafted by a model" in t]
    lines = {line.strip() for line in sealed.splitlines()} - {
        line.strip() for line in CREATE.splitlines()
    }
    secret = {line for line in lines if "prefix" in line or line.startswith("-- Variant")}
    assert len(secret) == 2
    written = [path.read_bytes() for path in repository.root.rglob("*") if path.is_file()]
    for line in secret:
        assert line not in output
        assert not any(line.encode() in data for data in written)


def test_what_a_model_drafted_stays_without_it_and_is_not_paid_twice(repository, tmp_path):
    file = answered(tmp_path / "said.jsonl", block())
    repository.make(*LLM, "--exchanges", file)
    before = repository.files()
    repository.make("--seed", "7")
    assert repository.files() == before
    again = repository.generated(*LLM, "--exchanges", file)
    assert repository.files() == before
    assert "asked nothing, since all was on record" in again["model"]["spent"]


def test_sealed_variants_of_drafts_are_replaced_without_key_and_model(repository, tmp_path):
    repository.make(*LLM, "--exchanges", answered(tmp_path / "said.jsonl", block()))
    before = set(repository.holdouts().values())
    repository.make("--seed", "7", "--rotate")
    after = repository.holdouts().values()
    assert sum("Drafted by a model" in text for text in after) == 1
    assert not before & set(after)


def test_a_draft_whose_clause_goes_is_not_lost_in_silence(repository, tmp_path):
    said = block(clauses="criterion-6")
    repository.make(*LLM, "--exchanges", answered(tmp_path / "said.jsonl", said))
    repository.write(INTENT.replace("6. The page looks nice.\n", ""))
    error = repository.generate("--seed", "7").exception
    assert isinstance(error, UsageError)
    assert "notes/criterion-6-drafted-1 (criterion-6: the intent has no such clause" in str(error)


def test_that_a_draft_covers_a_clause_is_its_own_word(repository, tmp_path):
    said = block(clauses="criterion-6")
    told = repository.generated(*LLM, "--exchanges", answered(tmp_path / "said.jsonl", said))
    (listed,) = [one for one in told["uncompiled"] if one["id"] == "criterion-6"]
    assert not listed["whole"]
    assert listed["reason"].endswith("a draft says that it covers this")


def test_a_dry_run_keeps_what_the_model_said_and_writes_nothing_else(repository, tmp_path):
    file = answered(tmp_path / "said.jsonl", block())
    told = repository.generated(*LLM, "--exchanges", file, "--dry-run")
    assert not (repository.root / FOLDER).exists()
    assert NAME in [one["id"] for one in told["scenarios"]]
    record = repository.root / ".sigil" / "generated" / "scenarios-api-notes.jsonl"
    assert record.read_text().count("\n") == 1


def test_a_worthless_draft_is_mended_in_a_second_round(repository, tmp_path):
    fault = "- the scenario for criterion-4: no wrong service fails it, so it tells nothing"
    file = answered(tmp_path / "said.jsonl", USELESS, block(), complaint=fault)
    told = repository.generated(*LLM, "--exchanges", file)
    assert [one["refused"] for one in told["scenarios"] if one["by_model"]] == [None, None]


def test_prose_writes_nothing_and_says_so(repository):
    """The provider `stub` answers with a diff, whatever it is asked."""
    error = repository.generate("--llm", "--provider", "stub").exception
    assert isinstance(error, InvalidValue)
    assert "no fenced blocks begin with ```lua" in str(error)
    assert not (repository.root / FOLDER).exists()


def test_an_answer_that_was_given_to_another_question_is_not_used(repository, tmp_path):
    file = answered(tmp_path / "said.jsonl", block())
    repository.write(INTENT.replace("looks nice", "looks nicer"))
    error = repository.generate(*LLM, "--exchanges", file).exception
    assert isinstance(error, ProviderRefused)
    assert not (repository.root / FOLDER).exists()


@pytest.mark.parametrize("flags", [("--model", "m"), ("--llm-seed", "2"), ("--budget-usd", "1")])
def test_flags_of_models_go_with_llm(repository, flags):
    error = repository.generate("--no-baseline", *flags).exception
    assert isinstance(error, UsageError)
    assert "goes with --llm" in str(error)


def test_without_a_model_to_ask_the_command_says_how_to_name_one(repository):
    error = repository.generate("--llm", "--provider", "none").exception
    assert isinstance(error, UsageError)
    assert "no model is configured" in str(error)
