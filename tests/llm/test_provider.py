import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.errors import DependencyMissing, UsageError
from sigil.llm import provider, redaction
from sigil.llm.model import Message, Request
from sigil.llm.provider import load, make_provider, provider_names
from sigil.llm.redaction import redact
from sigil.llm.settings import ModelSettings
from sigil.llm.stub import Stub

REQUEST = Request((Message("user", "make it faster"),), seed=3)


def test_the_stub_answers_a_diff_that_does_nothing():
    reply = make_provider("stub").complete(REQUEST)
    assert "```diff\n```" in reply.text
    assert (reply.usage.input_tokens, reply.usage.cost_usd) == (3, 0.0)


def test_the_stub_answers_the_same_to_the_same():
    assert Stub().complete(REQUEST) == Stub().complete(REQUEST)


def test_an_unknown_provider_suggests_one():
    with pytest.raises(UsageError, match=r"no provider 'stab'; did you mean stub\?"):
        make_provider("stab")


def installed(monkeypatch, value):
    point = EntryPoint("mine", value, provider.GROUP)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [point])


def test_a_plugin_is_found_by_its_name(monkeypatch):
    installed(monkeypatch, "sigil.llm.stub:Stub")
    assert "mine" in provider_names()
    assert make_provider("mine").complete(REQUEST).model == "stub"


def test_a_plugin_is_given_the_settings_of_its_entry(monkeypatch):
    installed(monkeypatch, "sigil.llm.stub:Stub")
    settings = ModelSettings("m", "mine", model="of-its-own")
    assert make_provider(settings).complete(REQUEST).model == "of-its-own"


def test_a_broken_plugin_is_an_error_with_its_name(monkeypatch):
    installed(monkeypatch, "no_such_module:Thing")
    with pytest.raises(DependencyMissing, match="the provider 'mine' cannot be loaded: Module"):
        make_provider("mine")
    assert make_provider("stub").name == "stub"


def test_a_plugin_that_ends_the_process_as_it_is_loaded_is_broken(monkeypatch, tmp_path):
    (tmp_path / "a_plugin_that_exits.py").write_text("raise SystemExit(0)\n")
    monkeypatch.syspath_prepend(tmp_path)
    installed(monkeypatch, "a_plugin_that_exits:Thing")
    with pytest.raises(DependencyMissing, match="the provider 'mine' cannot be loaded: SystemExit"):
        make_provider("mine")


def test_a_plugin_that_is_no_provider_is_refused(monkeypatch):
    installed(monkeypatch, "builtins:str")
    with pytest.raises(DependencyMissing, match="it has no `complete`"):
        make_provider("mine")


@pytest.mark.parametrize(
    "secret",
    [
        "sk-" + "a1" * 20,
        "ghp_" + "b2" * 15,
        "AKIA" + "Q" * 16,
        'password = "hunter22"',
        "'api_key': 'abcdefgh'",
        "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----",
    ],
)
def test_what_looks_like_a_secret_is_taken_out(secret):
    shown = redact(f"x = 1\n{secret}\ny = 2\n")
    assert "[redacted]" in shown
    assert not any(part in shown for part in ("a1a1", "b2b2", "QQQ", "hunter", "abc"))
    assert shown.count("\n") == f"x = 1\n{secret}\ny = 2\n".count("\n")


@pytest.mark.parametrize(
    "text", ["token = next(tokens)", "secret_santa(1)", 'key = "name"', "task-force"]
)
def test_ordinary_code_stays(text):
    assert redact(text) == text


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "part",
    ["a-", "eyJ-", "password ", "api_key-", "secret='", "sk-", "-----BEGIN PRIVATE KEY-----"],
)
def test_no_answer_takes_long_to_be_redacted(part):
    redact(part * (200_000 // len(part)))


FRAGMENTS = st.sampled_from([
    "-----BEGIN ", "RSA PRIVATE KEY-----", "-----END ", "sk-", "gho_", "github_pat_", "xoxb-",
    "AKIA", "AIza", "eyJ", "a1" * 12, "QQ" * 8, ".", "-", " ", "\n", "=", ": ", "'", '"',
    "Passwd", "SECRET", "\u017fecret", "api_key", "APIKEY", "access_key", "AuthToken",
    "auth_to\u212aen",
])  # fmt: skip


@given(st.lists(FRAGMENTS, max_size=12).map("".join))
def test_looking_for_names_first_leaves_nothing_out(text):
    """What is redacted is what the patterns match, whether or not the text is looked at first."""
    block = redaction._BLOCK.sub(lambda found: "[redacted]" + "\n" * found[0].count("\n"), text)
    named = redaction._NAMED.sub(lambda found: f"{found[1]}{found[2]}[redacted]{found[2]}", block)
    assert redact(text) == redaction._KEYS.sub("[redacted]", named)


def run_python(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_of_the_libraries_of_providers_those_that_are_named_are_imported():
    pytest.importorskip("openai")
    program = (
        "import sys\n"
        "from sigil.llm.provider import load\n"
        "load(['stub', 'openai', 'a plugin'])\n"
        "print('openai' in sys.modules, 'anthropic' in sys.modules)\n"
    )
    assert run_python(program) == "True False"


def test_a_library_that_is_missing_is_for_the_first_request_to_tell(monkeypatch, capfd):
    monkeypatch.setitem(provider._LIBRARIES, "openai", "no_such_library")
    load(["openai"])
    assert capfd.readouterr().err == ""
