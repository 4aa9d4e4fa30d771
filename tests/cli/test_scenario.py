"""`sigil scenario`: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sigil.cli.sigil import sigil
from sigil.errors import (
    AlreadyExists,
    InvalidValue,
    KeyMissing,
    MalformedScenario,
    NotFound,
    SealBroken,
    UsageError,
)

UPGRADE = """return { title = 'Upgrade', policy = { capabilities = {'http'} }, run = function()
  expect(sigil.get('/').status == 200)
end }
"""
SECRET = UPGRADE.replace("Upgrade", "SECRET")
CLAIMLESS = "return { title = 'SECRET', run = function() end }\n"
FOLDER = Path(".sigil/scenarios/api")


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Path:
    """A repository with one visible scenario, a key and a policy that names it; we are in it."""
    root = tmp_path / "repository"
    (root / FOLDER / "visible" / "billing").mkdir(parents=True)
    (root / FOLDER / "visible" / "billing" / "upgrade.lua").write_text(UPGRADE)
    monkeypatch.chdir(root)
    monkeypatch.setenv("SIGIL_KEYS", str(tmp_path / "keys"))
    assert run("keys", "--new", "--service", "api").exit_code == 0
    (root / ".sigil" / "gate.yaml").write_text(
        f"services:\n  api:\n    recipients: [{public()}]\n  web: {{}}\n"
    )
    return root


def run(*arguments: str, input: str | bytes | None = None) -> Result:  # noqa: A002 (click's name)
    return CliRunner().invoke(sigil, ["scenario", *arguments], input=input)


def public() -> str:
    return json.loads(run("keys", "-s", "api", "--json").stdout)[0]["public"][0]


def listed() -> dict:
    result = run("list", "-s", "api", "--json")
    assert result.exit_code == 0, result.exception
    return json.loads(result.stdout)[0]


# --- keys -----------------------------------------------------------------------------------


def test_keys_says_of_each_service_where_its_key_is(repository, tmp_path):
    output = run("keys").stdout
    assert output == (
        f"api: {public()} ({tmp_path}/keys/api.agekey)\n"
        "  of every service here called api, also of other repositories: see $SIGIL_KEYS\n"
        f"web: there is no private key ({tmp_path}/keys/web.agekey)\n"
    )


def test_a_key_that_is_no_recipient_yet_is_said_to_be_none(repository):
    shown = run("keys", "--new", "-s", "web").stdout
    assert "add age1" in shown
    assert "sigil scenario rotate --service web" in shown
    assert "rotate" not in run("keys", "-s", "api").stdout


def test_no_private_key_is_printed(repository, tmp_path):
    secret = (tmp_path / "keys" / "api.agekey").read_text().splitlines()[1]
    shown = run("keys").output + run("keys", "--json").output
    assert secret not in shown
    assert "SECRET" not in shown


def test_a_key_is_not_replaced(repository):
    assert isinstance(run("keys", "--new", "-s", "api").exception, AlreadyExists)


def test_a_key_can_be_made_where_there_is_no_repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIGIL_KEYS", str(tmp_path / "keys"))
    assert run("keys", "--new", "-s", "api").exit_code == 0


@pytest.mark.parametrize("arguments", [(), ("--new",)])
def test_keys_needs_a_service(tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    assert isinstance(run("keys", *arguments).exception, UsageError)


# --- seal -----------------------------------------------------------------------------------


def written_intent(repository, name: str) -> str:
    """Return the path of an intent that is there."""
    (repository / "docs" / "specs").mkdir(parents=True)
    (repository / "docs" / "specs" / name).write_text("# What is asked for\n")
    return f"docs/specs/{name}"


def test_what_comes_by_standard_input_is_sealed(repository):
    written_intent(repository, "b.md")
    result = run("seal", "-s", "api", "-", "--spec", "docs/specs/b.md", input=SECRET)
    assert result.stdout.splitlines()[0] == "sealed holdout_001"
    holdout = listed()["scenarios"][0]
    assert (holdout["id"], holdout["half"], holdout["spec"]) == (
        "holdout_001", "holdout", "docs/specs/b.md",
    )  # fmt: skip


@pytest.mark.parametrize("spec", ["docs/specs/nothere.md", "docs", "../outside.md"])
def test_nothing_is_sealed_for_an_intent_that_is_no_file_here(repository, spec):
    (repository / "docs").mkdir()
    (repository.parent / "outside.md").write_text("# Elsewhere\n")
    error = run("seal", "-s", "api", "-", "--spec", spec, input=SECRET).exception
    assert isinstance(error, NotFound)
    assert str(error).startswith(f"{spec}: --spec: ")
    assert not list((repository / ".sigil").rglob("*.age"))


def test_an_intent_that_is_still_to_be_written_can_be_named_by_force(repository):
    arguments = ("seal", "-s", "api", "-", "--spec", "docs/specs/later.md", "--force")
    assert run(*arguments, input=SECRET).exit_code == 0
    assert listed()["scenarios"][0]["spec"] == "docs/specs/later.md"


def test_json_says_what_was_written(repository):
    facts = json.loads(run("seal", "-s", "api", "-", "--json", input=SECRET).stdout)
    assert facts == {
        "service": "api", "version": "api.v1", "set": listed()["set"], "visible": 1, "holdout": 1,
        "recipients": [public()], "sealed": ["holdout_001"], "removed": [], "written": True,
        "already": [],
    }  # fmt: skip


def test_a_dry_run_writes_nothing(repository):
    before = sorted(repository.rglob("*"))
    result = run("seal", "-s", "api", "-", "--dry-run", input=SECRET)
    assert result.stdout.startswith("would be sealed holdout_001\n")
    assert sorted(repository.rglob("*")) == before


def test_recording_alone_needs_no_recipient(repository):
    (repository / FOLDER).rename(repository / ".sigil/scenarios/web")
    result = run("seal", "-s", "web")
    assert result.stdout.startswith("web: 1 visible · 0 holdout · recipients: 0 · web.v1 · sha256:")
    assert run("seal", "-s", "web").stdout.startswith("nothing has changed\n")


def test_a_visible_file_moves_with_a_warning(repository):
    path = FOLDER / "visible" / "billing" / "upgrade.lua"
    result = run("seal", "-s", "api", str(path), "--remove")
    assert result.stdout.splitlines()[:2] == [
        "sealed holdout_001", "removed visible/billing/upgrade.lua",
    ]  # fmt: skip
    assert "git's history" in result.stderr
    assert not (repository / path).exists()


def test_a_visible_file_that_stays_is_warned_about(repository):
    path = FOLDER / "visible" / "billing" / "upgrade.lua"
    result = run("seal", "-s", "api", str(path))
    assert "still visible" in result.stderr
    assert (repository / path).exists()


def test_a_file_elsewhere_is_not_sealed(repository):
    (repository / "draft.lua").write_text(SECRET)
    refused = run("seal", "-s", "api", "draft.lua").exception
    assert isinstance(refused, UsageError)
    assert "pipe it instead" in str(refused)


def test_files_and_standard_input_do_not_mix(repository):
    assert isinstance(run("seal", "-s", "api", "-", "x.lua").exception, UsageError)


def test_a_visible_file_that_is_not_there_is_said(repository):
    path = str(FOLDER / "visible" / "none.lua")
    assert isinstance(run("seal", "-s", "api", path).exception, NotFound)


@pytest.mark.parametrize("data", [b"", b"SECRET\0", b"SECRET\xff", b"SECRET" * 2**18])
def test_what_is_no_scenario_is_refused_and_not_repeated(repository, data):
    result = run("seal", "-s", "api", "-", input=data)
    assert isinstance(result.exception, MalformedScenario)
    assert "SECRET" not in f"{result.exception}{result.output}"


def test_a_service_that_the_policy_does_not_know_is_refused(repository):
    refused = run("seal", "-s", "nope", "-", input=SECRET).exception
    assert isinstance(refused, NotFound)
    assert ".sigil/gate.yaml:1: services: there is no service 'nope'" in str(refused)


def test_a_service_without_recipients_seals_nothing(repository):
    refused = run("seal", "-s", "web", "-", input=SECRET).exception
    assert isinstance(refused, InvalidValue)
    assert "sigil scenario keys --new" in str(refused)


def test_recipients_can_be_given(repository):
    (repository / ".sigil" / "gate.yaml").unlink()
    assert run("seal", "-s", "api", "-", input=SECRET).exit_code == 1
    given = ("--recipient", public())
    assert run("seal", "-s", "api", "-", *given, input=SECRET).exit_code == 0


def test_lua_that_does_not_parse_is_not_sealed_and_not_repeated(repository):
    result = run("seal", "-s", "api", "-", input="return {\n  title = SECRET SECRET\n}")
    assert isinstance(result.exception, MalformedScenario)
    assert str(result.exception).startswith("the scenario:2: cannot be read as a scenario")
    assert "'}' expected" in str(result.exception)
    assert "SECRET" not in f"{result.exception}{result.output}"


def test_in_a_pipe_lint_says_what_the_grammar_of_a_draft_lacks_and_no_word_of_it(repository):
    draft = run("lint", "-s", "api", "-", input="return {\n  title = SECRET SECRET\n}")
    assert "the scenario:2: error: malformed: '}' expected" in draft.stdout
    assert "(to close '{' at line 1)" in draft.stdout
    assert "SECRET" not in draft.output


def test_of_a_draft_that_raises_while_it_is_read_no_word_is_said_in_a_pipe(repository):
    draft = run("lint", "-s", "api", "-", input="error(\"'end' expected SECRET\")")
    assert "error: malformed\n" in draft.stdout


def test_a_holdout_that_claims_nothing_is_not_sealed(repository):
    before = sorted(repository.rglob("*"))
    result = run("seal", "-s", "api", "-", input=CLAIMLESS)
    assert isinstance(result.exception, MalformedScenario)
    assert "--force" in str(result.exception)
    assert result.stderr == "the scenario:1: error: no-expect\n"
    assert "SECRET" not in f"{result.exception}{result.output}"
    assert sorted(repository.rglob("*")) == before


def test_a_holdout_that_claims_nothing_is_sealed_if_somebody_insists(repository):
    result = run("seal", "-s", "api", "-", "--force", input=CLAIMLESS)
    assert result.stdout.startswith("sealed holdout_001\n")
    assert "warning: the scenario:1: error: no-expect\n" in result.stderr


def test_a_visible_file_that_claims_nothing_is_not_sealed_either(repository):
    path = repository / FOLDER / "visible" / "billing" / "upgrade.lua"
    path.write_text(CLAIMLESS)
    refused = run("seal", "-s", "api", str(path), "--remove").exception
    assert isinstance(refused, MalformedScenario)
    assert path.exists()


def test_a_folder_that_is_reached_through_a_link_is_the_same_folder(repository, tmp_path):
    (tmp_path / "link").symlink_to(repository)
    path = tmp_path / "link" / FOLDER / "visible" / "billing" / "upgrade.lua"
    assert run("seal", "-s", "api", str(path)).stdout.startswith("sealed holdout_001\n")


OTHER = SECRET.replace("SECRET", "OTHER")


def test_a_text_that_is_a_holdout_already_is_not_sealed_twice(repository):
    run("seal", "-s", "api", "-", input=OTHER)
    run("seal", "-s", "api", "-", input=SECRET)
    (repository / FOLDER / "visible" / "billing" / "upgrade.lua").write_text(SECRET + "\n")
    again = run("seal", "-s", "api", "-", input=SECRET)
    assert again.exit_code == 0, again.exception
    assert again.stdout.startswith("sealed already: holdout_002\n")
    assert json.loads(run("seal", "-s", "api", "-", "--json", input=SECRET).stdout)["already"] == [
        "holdout_002"
    ]
    assert [one["id"] for one in listed()["scenarios"] if one["half"] == "holdout"] == [
        "holdout_001", "holdout_002",
    ]  # fmt: skip


def test_a_visible_file_that_is_a_holdout_already_is_removed_all_the_same(repository):
    path = repository / FOLDER / "visible" / "billing" / "upgrade.lua"
    run("seal", "-s", "api", str(path))
    again = run("seal", "-s", "api", str(path), "--remove")
    assert again.stdout.splitlines()[:2] == [
        "sealed already: holdout_001", "removed visible/billing/upgrade.lua",
    ]  # fmt: skip
    assert not path.exists()


def specs() -> dict[str, str]:
    return {one["id"]: one["spec"] for one in listed()["scenarios"]}


def test_the_intent_of_a_holdout_is_not_given_to_whatever_else_is_there(repository):
    intent = written_intent(repository, "b.md")
    run("seal", "-s", "api", "-", "--spec", intent, input=SECRET)
    assert specs() == {"holdout_001": intent, "billing/upgrade": ""}


def test_without_paths_an_intent_is_of_those_that_have_none_and_they_are_named(repository):
    intent = written_intent(repository, "b.md")
    first = run("seal", "-s", "api", "--spec", intent)
    assert first.stdout.startswith(f"{intent} is the intent of billing/upgrade\n")
    (repository / "docs/specs/c.md").write_text("# Another\n")
    second = run("seal", "-s", "api", "--spec", "docs/specs/c.md")
    assert second.stdout.startswith("docs/specs/c.md is the intent of no further scenario")
    assert specs() == {"billing/upgrade": intent}


def test_a_visible_scenario_of_another_intent_is_not_sealed_for_this_one(repository):
    intent = written_intent(repository, "b.md")
    run("seal", "-s", "api", "--spec", intent)
    (repository / "docs/specs/c.md").write_text("# Another\n")
    path = str(FOLDER / "visible" / "billing" / "upgrade.lua")
    words = ("seal", "-s", "api", path, "--spec", "docs/specs/c.md")
    refused = run(*words).exception
    assert isinstance(refused, InvalidValue)
    assert f"billing/upgrade stems from {intent}" in str(refused)
    assert specs() == {"billing/upgrade": intent}
    assert run(*words, "--force").exit_code == 0
    assert specs()["holdout_001"] == "docs/specs/c.md"


# --- lint -----------------------------------------------------------------------------------


def test_a_flaw_of_a_visible_scenario_is_named_with_its_line(repository):
    (repository / FOLDER / "visible" / "billing" / "upgrade.lua").write_text(CLAIMLESS)
    result = run("lint", "-s", "api")
    assert result.exit_code == MalformedScenario.exit_code == 64
    path = FOLDER / "visible" / "billing" / "upgrade.lua"
    assert result.stdout == (
        f"{path}:1: error: no-expect: it claims nothing: there is no expect in it\n"
        "1 scenario, 1 finding\n"
    )


def test_a_helper_that_nothing_can_require_is_named_with_its_line(repository):
    (repository / FOLDER / "lib").mkdir()
    (repository / FOLDER / "lib" / "money.lua").write_text("return {}\nlocal = 1\n")
    result = run("lint", "-s", "api")
    assert result.exit_code == MalformedScenario.exit_code
    assert ".sigil/scenarios/api/lib/money.lua:2: error: malformed: " in result.stdout


def test_a_scenario_without_flaws_ends_well(repository):
    path = repository / FOLDER / "visible" / "billing" / "upgrade.lua"
    path.write_text(
        "return { policy = { capabilities = {'http'} }, run = function()\n"
        "  local got = sigil.get('/')\n  expect(got.status == 200)\nend }\n"
    )
    result = run("lint", "-s", "api")
    assert (result.exit_code, result.stdout) == (0, "1 scenario, 0 findings\n")


def test_of_a_draft_and_of_holdouts_line_and_rule_are_said_and_no_text(repository):
    text = "return { run = function()\n  expect(SECRET == 1)\nend }\n"
    draft = run("lint", "-s", "api", "-", input=text)
    assert "the scenario:2: error: undefined-name\n" in draft.stdout
    run("seal", "-s", "api", "-", "--force", input=text)
    sealed = run("lint", "-s", "api", "--holdouts", "--json")
    flaws = [flaw for flaw in json.loads(sealed.stdout) if "holdout" in flaw["path"]]
    assert [(flaw["line"], flaw["rule"]) for flaw in flaws] == [(2, "undefined-name")]
    assert "SECRET" not in draft.output + sealed.output


def test_holdouts_are_not_checked_without_the_key(repository, monkeypatch, tmp_path):
    run("seal", "-s", "api", "-", input=SECRET)
    monkeypatch.setenv("SIGIL_KEYS", str(tmp_path / "none"))
    assert isinstance(run("lint", "-s", "api", "--holdouts").exception, KeyMissing)


# --- list -----------------------------------------------------------------------------------


def test_a_list_shows_what_anybody_may_know(repository):
    run("seal", "-s", "api", "-", input=SECRET)
    output = run("list").stdout
    assert output.splitlines()[0] == f"api · api.v1 · {listed()['set']}"
    assert [line.split()[:2] for line in output.splitlines()[2:4]] == [
        ["billing/upgrade", "visible"], ["holdout_001", "holdout"],
    ]  # fmt: skip
    assert output.endswith("1 visible · 1 holdout · recipients: 1\n")
    assert "SECRET" not in output


def test_a_list_needs_no_key(repository, monkeypatch):
    run("seal", "-s", "api", "-", input=SECRET)
    monkeypatch.setenv("SIGIL_KEYS", "/nowhere")
    assert run("list").exit_code == 0


def test_a_list_of_a_commit_is_that_of_the_commit(repository):
    run("seal", "-s", "api")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run([*git, *command], check=True, capture_output=True)
    run("seal", "-s", "api", "-", input=SECRET)
    assert "1 visible · 0 holdout" in run("list", "--ref", "HEAD").stdout
    assert "1 visible · 1 holdout" in run("list").stdout


def test_a_list_of_nothing_says_so(repository):
    assert run("list").stdout == "no service has scenarios; see sigil scenario seal --help\n"


def test_a_list_of_what_was_tampered_with_is_refused(repository):
    run("seal", "-s", "api", "-", input=SECRET)
    (FOLDER / "holdout" / "holdout_001.lua.age").write_bytes(b"x")
    refused = run("list").exception
    assert isinstance(refused, SealBroken)
    assert refused.exit_code == 63


# --- rotate ---------------------------------------------------------------------------------


def test_a_rotation_seals_anew(repository):
    run("seal", "-s", "api", "-", input=SECRET)
    before = listed()
    result = run("rotate", "-s", "api")
    assert result.stdout.splitlines()[0] == "sealed holdout_001"
    assert listed()["version"] == "api.v2"
    assert listed()["scenarios"][0]["digest"] != before["scenarios"][0]["digest"]


def test_a_rotation_without_the_key_ends_with_its_code(repository, monkeypatch, tmp_path):
    run("seal", "-s", "api", "-", input=SECRET)
    monkeypatch.setenv("SIGIL_KEYS", str(tmp_path / "none"))
    refused = run("rotate", "-s", "api").exception
    assert isinstance(refused, KeyMissing)
    assert refused.exit_code == 62


def test_a_rotation_with_the_key_of_another_is_refused(repository, tmp_path):
    run("seal", "-s", "api", "-", input=SECRET)
    run("keys", "--new", "-s", "web")
    before = listed()
    result = run("rotate", "-s", "api", "--key-file", str(tmp_path / "keys" / "web.agekey"))
    assert isinstance(result.exception, SealBroken)
    assert listed() == before


def test_a_dry_rotation_writes_nothing(repository):
    run("seal", "-s", "api", "-", input=SECRET)
    before = listed()
    assert "would be sealed" in run("rotate", "-s", "api", "--dry-run").stdout
    assert listed() == before


def test_a_retired_holdout_is_gone(repository):
    run("seal", "-s", "api", "-", input=SECRET)
    result = run("rotate", "-s", "api", "--retire", "holdout_001")
    assert result.stdout.startswith("removed holdout/holdout_001.lua.age\n")
    assert [entry["half"] for entry in listed()["scenarios"]] == ["visible"]


def test_two_keys_at_once_are_refused(repository):
    result = run("rotate", "-s", "api", "--key-file", "x", "--key-fd", "3")
    assert isinstance(result.exception, UsageError)


def test_a_rotation_of_no_exam_is_told_how_to_begin(repository):
    refused = run("rotate", "-s", "api").exception
    assert isinstance(refused, NotFound)
    assert "sigil scenario seal --service api" in str(refused)
