"""`sigil scenario generate`: from an intent to an exam, and what it never leaves behind."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from click.testing import CliRunner
from tests.gate.generate.notes import INTENT
from tests.gate.generate.repositories import FOLDER, SPEC, Repository, a_copy, a_repository

from sigil.cli.scenario import generating
from sigil.cli.sigil import sigil
from sigil.errors import (
    AlreadyExists,
    IntentMalformed,
    InvalidValue,
    KeyMissing,
    NotFound,
    UsageError,
)


@pytest.fixture
def repository(tmp_path) -> Iterator[Repository]:
    with a_repository(tmp_path) as made:
        yield made


@dataclass(frozen=True)
class Done:
    """What one command left, for tests that only look."""

    repository: Repository
    told: dict


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> Iterator[Done]:
    with a_repository(tmp_path_factory.mktemp("done")) as made:
        yield Done(made, made.generated("--seed", "7"))


@pytest.fixture
def examined(tmp_path, done) -> Iterator[Repository]:
    """A repository that has an exam, made with seed 7."""
    with a_copy(done.repository, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory) -> Iterator[Repository]:
    with a_repository(tmp_path_factory.mktemp("rehearsed")) as made:
        made.make("--no-baseline")
        yield made


@pytest.fixture
def unproven(tmp_path, rehearsed) -> Iterator[Repository]:
    """A repository that has an exam, made without asking its baseline."""
    with a_copy(rehearsed, tmp_path) as made:
        yield made


# --- what it makes --------------------------------------------------------------------------


def test_every_criterion_that_is_understood_has_a_scenario_in_both_halves(done):
    covered = done.repository.clauses()
    assert {name: covered[name] for name in covered if "table" not in name} == {
        "criterion-1": (1, 1),
        "criterion-2": (1, 1),
        "criterion-3": (1, 1),
        "criterion-4": (1, 1),
        "criterion-5": (1, 1),
        "criterion-6": (0, 0),
        "invariant-1": (1, 1),
        "invariant-2": (1, 1),
    }


def test_every_row_of_a_table_is_in_one_half(done):
    rows = {name: halves for name, halves in done.repository.clauses().items() if ".row" in name}
    assert len(rows) == 4
    assert sorted(rows.values()) == [(0, 1), (0, 1), (1, 0), (1, 0)]


def test_all_pass_on_a_service_that_does_what_the_intent_says(done):
    assert {(one["baseline"], one["refused"]) for one in done.told["scenarios"]} == {("pass", None)}


def test_each_is_noticed_to_fail_against_wrong_services(done):
    assert all(one["noticed"] > 0 for one in done.told["scenarios"])


def test_what_is_not_understood_is_listed_with_its_line(done):
    assert [(one["id"], one["line"]) for one in done.told["uncompiled"]] == [("criterion-6", 21)]


def test_the_exam_verifies_and_what_it_holds_lints(done):
    assert done.repository.command("list", "-s", "api").exit_code == 0
    linted = done.repository.command("lint", "-s", "api", "--holdouts")
    assert (linted.exit_code, linted.stdout.splitlines()[-1].split(", ")[1]) == (0, "0 findings")


def test_a_service_that_knows_the_visible_rows_alone_fails_on_holdouts(repository):
    right = {f"table-1.row-seats-{seats}": seats for seats in (1, 2, 5, 9)}
    repository.make()
    halves = repository.clauses()
    seen = {seats for row, seats in right.items() if halves[row][0]}
    repository.notes.prices = {seats: seats * 1200 for seats in seen}
    again = repository.generated("--dry-run")["scenarios"]
    fails = [one for one in again if one["baseline"] == "fail"]
    assert {one["half"] for one in fails} == {"holdout"}
    claims = {one["clauses"][0] for one in fails}
    assert claims == {row for row in right if not halves[row][0]} | {"table-1"}


# --- again ----------------------------------------------------------------------------------


def test_the_same_intent_under_the_same_seed_changes_no_file(done):
    before = done.repository.files()
    done.repository.make("--seed", "7")
    assert done.repository.files() == before


def test_replacing_the_sealed_half_leaves_the_visible_one_as_it_was(examined):
    visible = {name: data for name, data in examined.files().items() if "visible" in name}
    sealed = set(examined.holdouts().values())
    examined.make("--seed", "7", "--rotate")
    assert {n: data for n, data in examined.files().items() if "visible" in n} == visible
    assert not sealed & set(examined.holdouts().values())


def test_without_the_key_holdouts_are_not_replaced_unless_asked(unproven):
    (unproven.keys / "api.agekey").unlink()
    assert isinstance(unproven.generate("--no-baseline").exception, KeyMissing)
    unproven.make("--rotate", "--no-baseline")


def test_a_criterion_that_changes_changes_its_own_scenarios_alone(unproven):
    before = unproven.holdouts()
    unproven.write(INTENT.replace("refused with 401", "answered with 403"))
    unproven.make("--no-baseline")
    after = unproven.holdouts()
    assert len(set(before.values()) - set(after.values())) == 1
    assert len(after) == len(before)


MORE = INTENT.replace(
    "6. The page looks nice.\n",
    "6. The page looks nice.\n7. Without a session, `GET /notes/none` is refused with 401.\n",
)
"""With one more criterion, whose request may be asked in between of every other."""


@pytest.mark.parametrize("secret", range(1, 5))
def test_a_criterion_more_keeps_every_holdout_that_is_there(unproven, secret, monkeypatch):
    monkeypatch.setattr(generating, "random_bytes", secret.to_bytes)
    unproven.make("--no-baseline", "--rotate")
    before = unproven.holdouts()
    unproven.write(MORE)
    told = unproven.generated("--no-baseline")
    assert unproven.holdouts().items() >= before.items()
    assert (told["sealed"], told["replaced"]) == (1, [])


def test_a_holdout_that_asks_in_between_what_the_intent_no_longer_has_is_replaced(unproven):
    unproven.write(MORE)
    unproven.make("--no-baseline", "--rotate")
    gone = {id_ for id_, text in unproven.holdouts().items() if "/notes/none" in text}
    unproven.write(INTENT)
    told = unproven.generated("--no-baseline", "--prune")
    left = {one["id"] for one in [*told["replaced"], *told["lost"]] if one["id"] in gone}
    assert left == gone


def test_a_row_more_moves_at_most_one_other(unproven):
    before = unproven.clauses()
    unproven.write(f"{INTENT}| 10 | $120 |\n")
    unproven.make("--no-baseline")
    after = unproven.clauses()
    assert sum(before[name] != after[name] for name in before if ".row" in name) <= 1


def test_a_holdout_that_another_takes_the_place_of_is_named_with_its_clause(unproven):
    unproven.write(INTENT.replace("refused with 401", "answered with 403"))
    said = unproven.make("--no-baseline").stdout
    assert re.search(
        r"^replaced: holdout_0\d\d \(criterion-5\): the claim has changed, and another is sealed "
        r"for it$",
        said,
        re.MULTILINE,
    )


GONE = "5. Without a session, `GET /notes` is refused with 401.\n6. The page looks nice.\n"


def test_a_criterion_that_goes_takes_its_scenarios_with_it_once_that_is_said(unproven):
    unproven.write(INTENT.replace(GONE, ""))
    told = unproven.make("--no-baseline", "--prune").stdout
    assert "removed: notes/criterion-5: criterion-5: the intent has no such clause" in told
    assert unproven.command("list", "-s", "api").exit_code == 0
    assert "visible/notes/criterion-5.lua" not in unproven.files()
    assert "visible/notes/criterion-4.lua" in unproven.files()


def test_what_would_be_lost_is_named_and_nothing_is_written(unproven):
    before = unproven.files()
    unproven.write(INTENT.replace(GONE, ""))
    error = unproven.generate("--no-baseline").exception
    assert isinstance(error, UsageError)
    assert re.match(
        r"docs/specs/notes\.md: 2 scenarios of the exam would be lost: notes/criterion-5 "
        r"\(criterion-5: the intent has no such clause any more\); holdout_00\d \(criterion-5: ",
        str(error),
    )
    assert "--prune" in str(error)
    assert unproven.files() == before


def test_a_dry_run_lists_what_would_be_lost(unproven):
    unproven.write(INTENT.replace(GONE, ""))
    told = unproven.generated("--no-baseline", "--dry-run")
    assert [(one["clause"], one["half"]) for one in told["lost"]] == [
        ("criterion-5", "visible"),
        ("criterion-5", "holdout"),
    ]
    said = unproven.make("--no-baseline", "--dry-run").stdout
    assert "would be lost without --prune: notes/criterion-5: " in said


def test_another_seed_moves_rows_between_the_halves_and_loses_none(repository):
    repository.make("--no-baseline", "--seed", "1")
    for seed in ("2", "3"):
        told = repository.generated("--no-baseline", "--dry-run", "--seed", seed)
        assert told["lost"] == []


def test_fewer_holdouts_have_to_be_asked_for(unproven):
    assert isinstance(unproven.generate("--no-baseline", "--ratio", "0").exception, UsageError)
    unproven.make("--no-baseline", "--ratio", "0", "--prune")
    assert not list((unproven.root / FOLDER / "holdout").iterdir())


def test_what_a_broken_baseline_fails_stays_in_the_exam(examined):
    before = examined.files()
    examined.notes.prices = {}  # every price is 0 today
    told = examined.generated()
    assert examined.files() == before
    kept = [one for one in told["scenarios"] if one["kept"]]
    assert {one["baseline"] for one in kept} == {"fail"}
    assert {one["clauses"][0] for one in kept} >= {"table-1.row-seats-1", "table-1.row-seats-9"}
    assert "kept: table-1 (line 30), table-1.row-seats-1 (line 32), " in examined.make().stdout


def test_a_claim_that_changes_and_fails_on_the_baseline_is_refused_by_name(examined):
    before = examined.files()
    examined.write(INTENT.replace("refused with 401", "answered with 403"))
    error = examined.generate().exception
    assert isinstance(error, UsageError)
    assert "notes/criterion-5 (criterion-5, line 20: it fails on the baseline" in str(error)
    assert "--expect-failing keeps" in str(error)
    assert examined.files() == before
    told = examined.generated("--expect-failing")
    assert (told["written"], told["lost"]) == (True, [])


def test_a_holdout_that_a_person_sealed_for_the_intent_is_never_retired(unproven):
    text = (
        'return { policy = { capabilities = { "http" } },\n'
        '  run = function() expect(sigil.get("/mine").status == 200) end }\n'
    )
    runner = CliRunner(env={"SIGIL_KEYS": str(unproven.keys)})
    arguments = ["scenario", "seal", "-s", "api", "-", "--spec", SPEC]
    sealed = runner.invoke(
        sigil, [*arguments, "--repo-root", str(unproven.root)], input=text.encode()
    )
    assert sealed.exit_code == 0, sealed.exception
    for more in ((), ("--rotate",), ("--prune",)):
        unproven.make("--no-baseline", *more)
        assert text in unproven.holdouts().values()


def test_what_a_person_wrote_is_not_written_over(repository):
    path = repository.root / FOLDER / "visible" / "notes" / "criterion-1.lua"
    path.parent.mkdir(parents=True)
    path.write_text("return { title = 'mine', run = function() end }\n")
    assert isinstance(repository.generate("--no-baseline").exception, AlreadyExists)


def test_a_dry_run_writes_nothing(repository):
    repository.make("--dry-run", "--no-baseline")
    assert not (repository.root / FOLDER).exists()


# --- the wall -------------------------------------------------------------------------------


def test_no_line_that_only_a_holdout_has_is_in_any_file_or_output(repository, monkeypatch):
    folder = repository.root.parent
    scratch = folder / "tmp"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    told = repository.make().output + repository.make("--json").output
    seen = b"\n".join(repository.files().values()).decode("latin-1") + INTENT
    lines = {line.strip() for text in repository.holdouts().values() for line in text.splitlines()}
    secret = {line for line in lines if line and line not in seen}
    assert len(secret) > 5
    written = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    for line in secret:
        assert line not in told
        assert not any(line.encode() in data for data in written)


def test_whoever_refuses_scenarios_says_so_in_the_exit_code(repository):
    assert repository.generate("--dry-run", "--no-baseline").exit_code == 0
    repository.notes.prices = {}
    assert repository.generate("--dry-run").exit_code == 3
    assert repository.generate("--dry-run", "--json").exit_code == 3
    assert repository.generate("--dry-run", "--expect-failing").exit_code == 0


def test_of_a_refused_holdout_only_the_claim_is_said(repository):
    repository.notes.prices = {}
    output = repository.make("--dry-run").output
    assert "refused: table-1 (line 30), table-1.row-" in output
    assert "seats=" not in output


def test_of_a_refused_holdout_there_is_no_picture(repository):
    repository.notes.prices = {}
    told = repository.generated("--dry-run")["scenarios"]
    refused = [(one["half"], one["frame"] is None) for one in told if one["refused"]]
    assert set(refused) == {("visible", False), ("holdout", True)}


# --- validation -----------------------------------------------------------------------------


def test_what_fails_on_the_baseline_is_kept_only_if_that_is_expected(repository):
    repository.write(INTENT.replace("6. The page looks nice.", "6. `GET /new` returns 200."))
    told = repository.generated("--dry-run")
    assert {tuple(one["clauses"]) for one in told["scenarios"] if one["refused"]} == {
        ("criterion-6",)
    }
    kept = repository.generated("--dry-run", "--expect-failing")
    assert not [one for one in kept["scenarios"] if one["refused"]]


def test_a_refused_visible_scenario_is_shown_with_the_value_that_it_got(repository):
    repository.write(INTENT.replace("6. The page looks nice.", "6. `GET /notes` returns 418."))
    said = repository.make("--dry-run").stdout
    assert "notes/criterion-6.lua:" in said
    assert "expect(notes.status == 418)\n" in said
    assert re.search(r"(?m)^ +│.* 200$", said)
    assert "it asks for docs/specs/notes.md:21: criterion-6\n" in said
    assert "the service may be wrong, or the intent" in said


def test_only_the_first_pictures_are_printed_and_the_rest_is_counted(repository):
    more = "".join(f"{number}. `GET /notes` returns 418.\n" for number in range(6, 12))
    repository.write(INTENT.replace("6. The page looks nice.\n", more))
    said = repository.make("--dry-run").stdout
    assert said.count("╭─[") == 3
    assert "3 more visible scenarios stopped like these" in said


def test_what_is_not_compiled_is_counted_apart_from_what_is_in_part(repository):
    repository.write(INTENT.replace("| 9 | $108 |", "| 9 | $99 |"))
    said = repository.make("--dry-run", "--no-baseline").stdout
    assert "· 2 not compiled · 1 in part\n" in said
    assert "wrong services noticed: of the services that are wrong on purpose" in said


def test_without_a_baseline_two_stages_are_left(repository):
    told = repository.generated("--no-baseline", "--dry-run")
    assert {one["baseline"] for one in told["scenarios"]} == {None}
    assert all(one["noticed"] for one in told["scenarios"])


# --- bad input ------------------------------------------------------------------------------


def test_an_intent_without_criteria_is_refused_with_its_place(repository):
    repository.write("---\ntitle: X\nowner: X\npriority: P1\n---\n# X\n")
    error = repository.generate().exception
    assert isinstance(error, IntentMalformed)
    assert str(error).startswith(f"{SPEC}: there are no acceptance criteria")


def test_an_intent_that_does_not_exist_is_not_found(repository):
    missing = str(repository.root / "docs/specs/no.md")
    result = repository.command("generate", "--from", missing, "-s", "api")
    assert isinstance(result.exception, NotFound)


def test_an_intent_outside_of_the_repository_is_refused(repository, tmp_path):
    (tmp_path / "x.md").write_text(INTENT)
    result = repository.command("generate", "--from", str(tmp_path / "x.md"), "-s", "api")
    assert isinstance(result.exception, UsageError)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--from", SPEC, "-s", "nope"), "there is no service 'nope'"),
        (("--from", "docs/specs/no.md", "-s", "api"), "there is no such intent"),
    ],
)
def test_names_are_looked_up_before_anything_is_put_up(repository, arguments, problem):
    flag, source, *rest = arguments
    result = repository.command("generate", flag, str(repository.root / source), *rest)
    assert isinstance(result.exception, NotFound)
    assert problem in str(result.exception)
    assert "putting the service up" not in result.stderr


def test_that_nobody_could_open_holdouts_is_said_before_anything_is_put_up(repository):
    policy = repository.root / ".sigil" / "gate.yaml"
    policy.write_text(re.sub(r"recipients: .*", "recipients: []", policy.read_text()))
    result = repository.generate()
    assert isinstance(result.exception, InvalidValue)
    assert "nobody is named" in str(result.exception)
    assert "putting the service up" not in result.stderr
