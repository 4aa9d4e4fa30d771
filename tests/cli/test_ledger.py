"""`sigil ledger`: what it prints, how it ends, and that it tells whoever reads when to doubt."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from sigil.cli.ledger import ledger as command
from sigil.errors import (
    AlreadyExists,
    InvalidValue,
    KeyMissing,
    LedgerBroken,
    LedgerForked,
    NotFound,
    Unreadable,
    UsageError,
)
from sigil.ledger import keys, refs
from sigil.ledger.ledger import Ledger
from sigil.ledger.pins import Pin


def run(*arguments, code=0):
    result = CliRunner().invoke(command, [str(one) for one in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code
    return result


def refused(kind, *arguments):
    result = CliRunner().invoke(command, [str(one) for one in arguments])
    assert isinstance(result.exception, kind), result.exception
    return str(result.exception)


def as_json(*arguments):
    return json.loads(run(*arguments, "--json").stdout)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A machine of its own: a repository, a key folder and a memory."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("SIGIL_KEYS", str(tmp_path / "keys"))
    (tmp_path / "repository" / ".sigil").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "repository")
    return tmp_path


@pytest.fixture
def path(home):
    """A ledger with three entries."""
    run("init")
    path = home / "repository" / ".sigil" / "ledger"
    opened = Ledger.open(path, keys.load(keys.path_of()), Pin.of(path))
    for number in range(2):
        opened.append("eval.complete", "api", {"n": number})
    opened.append("incident.outage", "billing", {"text": "\x1b[2J"}, {"pr": "sha256:" + "7" * 64})
    return path


def git(*arguments):
    subprocess.run(["git", *map(str, arguments)], check=True, capture_output=True)


# --- making -----------------------------------------------------------------------------


def test_init_makes_a_ledger_and_a_key_that_only_its_owner_reads(home):
    found = as_json("init")
    assert found["size"] == 0
    assert found["trusted"] == [found["key"]]
    assert Path(found["key_file"]).stat().st_mode & 0o777 == 0o600
    assert as_json("verify")["checked_by"] == [found["key"]]


def test_init_uses_the_key_that_is_there(home):
    made = keys.create(keys.path_of())
    assert as_json("init")["key"] == made.key


def test_init_leaves_a_ledger_that_is_there(path):
    refused(AlreadyExists, "init")
    assert as_json("verify")["size"] == 3


def test_a_ledger_that_lacks_a_remote_is_told_how_to_get_one(path, home):
    url = home / "remote.git"
    git("init", "--bare", "--quiet", url)
    said = refused(AlreadyExists, "init", "--remote", url)
    assert f"sigil ledger sync {url}" in said
    run("sync", url)
    assert as_json("sync")["size"] == as_json("sync", url)["size"] == 3


def test_a_fresh_job_with_the_same_key_takes_a_ledger_while_it_trusts_others(
    path, home, monkeypatch
):
    git("init", "--bare", "--quiet", home / "remote.git")
    run("sync", home / "remote.git")
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "fresh"))
    other = keys.create(home / "others" / "other.ed25519").key
    made = as_json(
        "init", "--remote", home / "remote.git", "--ledger", home / "job", "--trust", other
    )
    assert made["size"] == 3
    assert made["trusted"] == sorted({made["key"], other})


def test_init_with_a_remote_takes_what_is_there(path, home, monkeypatch):
    git("init", "--bare", "--quiet", home / "remote.git")
    run("sync", home / "remote.git")
    monkeypatch.setenv("SIGIL_KEYS", str(home / "other keys"))
    other = as_json("init", "--remote", home / "remote.git", "--ledger", home / "other")
    assert other["size"] == 3
    assert len(other["trusted"]) == 2


@pytest.fixture
def elsewhere(path, home, monkeypatch):
    """A second machine with the same code, and the remote of the first one's ledger."""
    git("init", "--bare", "--quiet", home / "remote.git")
    run("sync", home / "remote.git")
    (home / "clone" / ".sigil").mkdir(parents=True)
    monkeypatch.chdir(home / "clone")
    monkeypatch.setenv("SIGIL_KEYS", str(home / "other keys"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "other state"))
    return str(home / "remote.git")


def commit_policy(text):
    """Commit a policy on main of the repository that one stands in."""
    git("init", "-q", "-b", "main")
    Path(".sigil/gate.yaml").write_text(f"services: {{api: {{}}}}\n{text}")
    git("add", ".sigil/gate.yaml")
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    git(*identity, "-c", "commit.gpgsign=false", "commit", "-q", "-m", "policy")


def signer_of(path):
    return Ledger.open(path).snapshot().checkpoint.key


def test_keys_that_are_believed_at_first_use_are_said_aloud(path, elsewhere):
    result = run("init", "--remote", elsewhere)
    assert "warning: taken on trust at this first use" in result.stderr
    assert f"{signer_of(path)}  signed 3 of 3 entries" in result.stderr
    assert f"trusts  {signer_of(path)} (at first use)" in result.stdout


def test_a_second_machine_is_told_what_it_lacks_before_it_can_evaluate(path, elsewhere):
    result = run("init", "--remote", elsewhere)
    [key] = re.findall(r"^key +(\S+)", result.stdout, re.MULTILINE)
    told = result.stdout.partition("\nnext  ")[2]
    assert "under evaluators" in told
    assert f"sigil ledger verify --trust {key}" in told
    assert told.index("sigil scenario keys --new") < told.index("sigil scenario rotate")


def test_who_begins_a_ledger_is_told_of_no_other_machine(home):
    assert "next" not in run("init", "--ledger", home / "first").stdout


def test_a_key_that_somebody_named_is_not_said_to_be_taken_on_trust(path, elsewhere):
    result = run("init", "--remote", elsewhere, "--trust", signer_of(path), "--json")
    assert "warning" not in result.stderr
    assert json.loads(result.stdout)["first_use"] == []


@pytest.mark.parametrize("role", ["evaluators", "reviewers"])
def test_keys_that_the_policy_on_the_base_branch_names_are_expected(path, elsewhere, role):
    commit_policy(f'{role}: ["{signer_of(path)}"]\n')
    result = run("init", "--remote", elsewhere)
    assert "warning" not in result.stderr
    assert "3 entries" in result.stdout


def test_a_key_that_the_policy_on_the_base_branch_does_not_name_has_to_be(path, elsewhere, home):
    other = keys.create(home / "others" / "other.ed25519").key
    commit_policy(f'evaluators: ["{other}"]\n')
    Path(".sigil/gate.yaml").write_text(
        f'services: {{api: {{}}}}\nevaluators: ["{signer_of(path)}"]\n'
    )
    said = refused(LedgerBroken, "init", "--remote", elsewhere)
    assert ".sigil/gate.yaml on main does not name it" in said
    assert not Path(".sigil/ledger").exists()
    run("init", "--remote", elsewhere, "--trust", signer_of(path))
    assert as_json("verify")["checked_by"] == sorted(
        {signer_of(path), keys.load(keys.path_of()).key}
    )


def test_the_base_branch_may_be_named(path, elsewhere, home):
    commit_policy(f'evaluators: ["{keys.create(home / "others" / "x.ed25519").key}"]\n')
    git("branch", "-m", "trunk")
    refused(NotFound, "init", "--remote", elsewhere, "--base", "main")
    refused(LedgerBroken, "init", "--remote", elsewhere, "--base", "trunk")


def test_a_ledger_that_is_taken_again_lets_no_stranger_in(path, home):
    git("init", "--bare", "--quiet", home / "remote.git")
    run("sync", home / "remote.git")
    stranger = keys.create(home / "others" / "stranger.ed25519")
    Ledger.open(path, stranger).append("incident.outage", "api", {})
    git("-C", path, "push", "--quiet", home / "remote.git", "ledger:ledger")
    path.rename(home / "away")
    assert stranger.key in refused(LedgerBroken, "init", "--remote", home / "remote.git")
    assert not path.exists()
    made = as_json("init", "--remote", home / "remote.git", "--trust", stranger.key)
    assert (made["size"], made["first_use"]) == (4, [])


def keyless(monkeypatch, home):
    """Lose the key of this machine; return where the next one would be."""
    monkeypatch.setenv("SIGIL_KEYS", str(home / "no keys"))
    return keys.path_of()


def test_init_beside_a_ledger_whose_key_is_lost_makes_none_and_says_what_does(
    path, home, monkeypatch
):
    file = keyless(monkeypatch, home)
    for arguments in ((), ("--remote", home / "remote.git")):
        said = refused(AlreadyExists, "init", *arguments)
        assert "make another: sigil ledger key" in said
        assert not file.exists()


def test_an_init_that_is_refused_makes_no_key_and_no_ledger(path, elsewhere, home, monkeypatch):
    file, place = keyless(monkeypatch, home), Path(".sigil/ledger")
    place.mkdir()
    refused(AlreadyExists, "init")
    place.rmdir()
    refused(Unreadable, "init", "--remote", home / "nothing.git")
    other = keys.create(home / "others" / "x.ed25519").key
    refused(LedgerBroken, "init", "--remote", elsewhere, "--trust", other)
    assert not file.exists()
    file.parent.mkdir(mode=0o755)
    refused(KeyMissing, "init", "--remote", elsewhere)
    assert not place.exists()


def test_no_key_is_made_where_a_ledger_is_known_to_have_been(path, home, monkeypatch):
    file = keyless(monkeypatch, home)
    path.rename(home / "away")
    git("init", "--bare", "--quiet", home / "empty.git")
    for arguments in ((), ("--remote", home / "empty.git")):
        assert "was here before" in refused(LedgerBroken, "init", *arguments)
    assert not file.exists()


def test_a_key_is_made_once_and_where_it_has_to_be_named_is_said(path, home, monkeypatch):
    file = keyless(monkeypatch, home)
    first = run("key")
    made = keys.load(file).key
    assert f"made {file}" in first.stderr
    assert f"sigil ledger verify --trust {made}" in first.stdout
    assert "under evaluators, on the base branch" in first.stdout
    again = run("key")
    assert (again.stdout, again.stderr) == (first.stdout, "")
    assert as_json("key") == {"key": made, "key_file": str(file)}


def test_a_key_that_the_ledger_does_not_trust_attests_nothing(path, home, monkeypatch):
    keyless(monkeypatch, home)
    assert "make one: sigil ledger key" in refused(KeyMissing, "attest")
    made = as_json("key")["key"]
    assert f"sigil ledger verify --trust {made}" in refused(KeyMissing, "attest")
    run("verify", "--trust", made)
    run("attest")
    assert made in as_json("verify")["checked_by"]


def test_a_ledger_that_was_made_beside_that_of_the_others_is_left_for_it(path, elsewhere):
    memory = Path(as_json("init")["memory"])
    said = refused(LedgerBroken, "sync", elsewhere)
    assert f"{memory} away, then: sigil ledger init --remote {elsewhere}" in said
    Path(".sigil/ledger").rename("away")
    memory.rename("away.json")
    assert as_json("init", "--remote", elsewhere)["size"] == 3


def test_a_folder_below_the_repository_finds_its_ledger(path, monkeypatch):
    below = path.parents[1] / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert len(as_json("list")) == 3


# --- reading ----------------------------------------------------------------------------


def test_log_shows_the_newest_first(path):
    lines = run("log", "-n", 2).stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["2", "1"]
    assert lines[0].split()[2:4] == ["incident.outage", "billing"]


def test_list_chooses(path):
    assert [entry["seq"] for entry in as_json("list", "--kind", "incident.*")] == [2]
    assert [entry["seq"] for entry in as_json("list", "--service", "api")] == [0, 1]
    assert as_json("list", "--since", "2999-01-01") == []


def test_show_finds_an_entry_by_number_and_by_the_beginning_of_its_id(path):
    found = as_json("show", "2")
    assert found["subjects"] == {"pr": "sha256:" + "7" * 64}
    assert as_json("show", found["id"]) == as_json("show", found["id"][:10]) == found


def test_nothing_in_an_entry_reaches_the_terminal_unescaped(path):
    assert "\x1b" not in run("show", "2").stdout


@pytest.mark.parametrize("wanted", ["3", "no", "", "99999999999999"])
def test_no_such_entry(path, wanted):
    refused(NotFound, "show", wanted)


def test_whoever_reads_a_ledger_that_lost_entries_is_told(path):
    git("-C", path, "update-ref", refs.BRANCH, "ledger~1")
    result = run("log")
    assert "warning: not verified" in result.stderr
    assert "1 entry is missing" in result.stderr


def test_no_ledger(home):
    for name in ("log", "list", "verify", "sync", "export"):
        said = refused(NotFound, name)
        assert "join it: sigil ledger init --remote URL" in said
        assert "the first, make it: sigil ledger init" in said


# --- checking ---------------------------------------------------------------------------


def test_verify_says_what_was_checked(path):
    assert "3 entries, every entry, continues the 3 seen before: intact" in (
        run("verify", "--full").stdout
    )


def test_a_shortened_ledger_is_broken(path):
    git("-C", path, "update-ref", refs.BRANCH, "ledger~1")
    assert "there were 3, there are 2" in refused(LedgerBroken, "verify")


def test_a_rewritten_ledger_is_forked(path):
    git("-C", path, "update-ref", refs.BRANCH, "ledger~1")
    Ledger.open(path, keys.load(keys.path_of())).append("eval.decision", "api", {})
    refused(LedgerForked, "verify")


def test_a_machine_that_knows_nothing_wants_to_be_told_whom_to_trust(path, home, monkeypatch):
    key = as_json("verify")["checked_by"][0]
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "elsewhere"))
    refused(KeyMissing, "verify")
    assert as_json("verify", "--key", key)["continues"] is None
    refused(KeyMissing, "verify")
    assert as_json("verify", "--trust", key)["size"] == 3
    assert as_json("verify")["continues"] == 3


def test_a_key_that_did_not_sign_is_not_enough(path, home):
    stranger = keys.create(home / "stranger.ed25519")
    assert "not trusted" in refused(LedgerBroken, "verify", "--key", stranger.key)


@pytest.mark.parametrize("text", ["", "ed25519:", "ed25519:AAAA", "rsa:x", "ed25519:é"])
def test_what_is_no_key_is_said_to_be_none(path, text):
    refused(InvalidValue, "verify", "--trust", text)


# --- proofs -----------------------------------------------------------------------------


def test_a_proof_is_checked_without_the_ledger(path, home, monkeypatch):
    key = as_json("verify")["checked_by"][0]
    (home / "proof.json").write_text(run("prove", "1").stdout)
    monkeypatch.chdir(home)
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "elsewhere"))
    found = as_json("verify", "--proof", home / "proof.json", "--key", key)
    assert (found["proved"], found["entry"]["seq"], found["size"]) == ("inclusion", 1, 3)
    refused(KeyMissing, "verify", "--proof", home / "proof.json")


def test_growth_is_proved(path, home):
    (home / "proof.json").write_text(run("prove", "--growth", 1, "--json").stdout)
    found = as_json("verify", "--proof", home / "proof.json")
    assert (found["proved"], found["former"]["size"], found["size"]) == ("growth", 1, 3)


def test_a_proof_that_was_changed_proves_nothing(path, home):
    document = json.loads(run("prove", "1").stdout)
    document["path"][0] = "0" * 64
    (home / "proof.json").write_text(json.dumps(document))
    refused(LedgerBroken, "verify", "--proof", home / "proof.json")


def test_what_is_no_proof_is_said_to_be_none(path, home):
    (home / "proof.json").write_text("[]")
    refused(InvalidValue, "verify", "--proof", home / "proof.json")
    refused(NotFound, "verify", "--proof", home / "nothing.json")


def test_prove_wants_one_thing(path):
    refused(UsageError, "prove")
    refused(UsageError, "prove", "1", "--growth", 1)
    refused(NotFound, "prove", "3")
    refused(NotFound, "prove", "--growth", 4)


# --- sharing and exporting --------------------------------------------------------------


def test_sync_remembers_the_remote(path, home):
    refused(UsageError, "sync")
    git("init", "--bare", "--quiet", home / "remote.git")
    assert run("sync", home / "remote.git").stdout == "0 received, 3 sent; 3 entries\n"
    assert as_json("sync")["sent"] == 0


def test_export_writes_what_was_signed_and_what_it_says(path, home):
    lines = run("export").stdout.splitlines()
    assert [json.loads(line)["payloadType"].split(".")[-1] for line in lines] == [
        *["in-toto+json"] * 3, "v1+json",
    ]  # fmt: skip
    decoded = [json.loads(line) for line in run("export", "--decoded").stdout.splitlines()]
    assert [fact["seq"] for fact in decoded] == [0, 1, 2]
    run("export", "-o", home / "out.jsonl")
    assert (home / "out.jsonl").read_text().splitlines() == lines


def test_export_of_a_damaged_ledger_is_refused(path):
    git("-C", path, "update-ref", refs.BRANCH, "ledger~1")
    refused(LedgerBroken, "export")


def test_attesting_makes_the_newest_state_new_and_adds_nothing(path):
    before = Ledger.open(path).tip
    assert "attested 3 entries" in run("attest").stdout
    after = Ledger.open(path).tip
    assert (after.size, after.root) == (before.size, before.root)
    assert after.ts > before.ts


def test_a_kind_that_nobody_knows_is_refused_with_those_that_there_are(path):
    assert "eval.decision" in refused(InvalidValue, "list", "--kind", "eval.decison")


@pytest.mark.parametrize("kind", ["eval.decision", "trust.*", "incident.nothing_yet"])
def test_a_kind_of_which_there_is_no_entry_yet_lists_nothing(path, kind):
    assert as_json("list", "--kind", kind) == []


@pytest.fixture
def proved(path, home):
    """A file with the proof of an entry."""
    file = home / "p.json"
    file.write_text(run("prove", "1").stdout)
    return file


def test_where_keys_are_named_another_one_is_to_be_named_too(path, proved, home):
    other = keys.create(home / "others" / "other.ed25519").key
    for arguments in (("--proof", proved), ()):
        said = refused(LedgerBroken, "verify", *arguments, "--key", other)
        assert "with another --key" in said
        assert "--trust" not in said


def test_a_proof_that_was_changed_names_its_file_and_what_was_changed(path, proved):
    document = json.loads(proved.read_text())
    payload = document["entry"]["payload"]
    document["entry"]["payload"] = (
        payload[:-8] + ("A" if payload[-8] != "A" else "B") + payload[-7:]
    )
    proved.write_text(json.dumps(document))
    said = refused(LedgerBroken, "verify", "--proof", proved)
    assert f"{proved}: the entry was changed after it was signed" in said
