"""The policy is read strictly, with the defaults of the gate, and says where it is wrong."""

from __future__ import annotations

import pyrage
import pytest
from msgspec import to_builtins

from sigil.errors import InvalidValue, MalformedDocument, NotFound, UnknownKey
from sigil.gate.policy import load_policy

KEY = str(pyrage.x25519.Identity.generate().to_public())
API = "services:\n  api: {}\n"
WHOLE = f"""\
services:
  api:
    deploy: {{backend: process, command: "python3 server.py --port {{port}}", start_s: 20}}
    env: [SIGNUP_PASSWORD]
    recipients: [{KEY}]
policy:
  freshness_s: 120
  thresholds:
    P0: {{allow: 1, review: 0.9}}
  weights: {{visible: 1, holdout: 3}}
  repeats: 3
  submissions: 5
evaluators: ["ed25519:abc="]
"""


def test_what_is_not_said_has_the_defaults_of_the_gate():
    policy = load_policy(API.encode()).gate.policy
    assert to_builtins(policy) == {
        "freshness_s": 60.0,
        "thresholds": {
            "P0": {"allow": 0.95, "review": 0.85},
            "P1": {"allow": 0.90, "review": 0.75},
            "P2": {"allow": 0.80, "review": 0.60},
        },
        "weights": {"visible": 2.0, "holdout": 1.0},
        "repeats": 1,
        "max_seconds": 1800.0,
        "submissions": 20,
    }


def test_what_is_said_counts():
    gate = load_policy(WHOLE.encode()).gate
    assert gate.services["api"].recipients == [KEY]
    assert gate.services["api"].env == ["SIGNUP_PASSWORD"]
    assert gate.policy.thresholds.P0.allow == 1.0
    assert gate.policy.thresholds.P1.allow == 0.90
    assert (gate.policy.weights.holdout, gate.policy.repeats, gate.policy.submissions) == (3, 3, 5)
    assert gate.evaluators == ["ed25519:abc="]


def test_how_a_service_is_deployed_is_read_by_whoever_deploys():
    policy = load_policy(WHOLE.encode())
    assert policy.deployment("api").start_s == 20
    assert policy.document.where("services.api.deploy.start_s").line == 3


def test_a_service_that_is_not_there_is_said_with_those_that_are():
    with pytest.raises(NotFound, match=r"gate\.yaml:1: services: there is no service 'web'.*api"):
        load_policy(API.encode()).service("web")


@pytest.mark.parametrize(
    ("text", "said"),
    [(API + "polici: {}", "3: polici: unknown key; did you mean policy"),
     ("services:\n  api: {recipient: []}", r"2: services.api.recipient: unknown.*recipients"),
     (API + "policy: {thresholds: {P3: {allow: 1, review: 1}}}", "P3: unknown key.*P0, P1, P2")],
)  # fmt: skip
def test_a_misspelt_key_is_named_with_its_line(text, said):
    with pytest.raises(UnknownKey, match=said):
        load_policy(text.encode())


@pytest.mark.parametrize(
    ("text", "said"),
    [("services: {}", "services: names no service"),
     ("services:\n  api:", "2: services.api: expected a mapping"),
     ("services:\n  API: {}", "'API' is no name of a service"),
     ("services:\n  ../api: {}", "no name of a service"),
     ("services:\n  api: {recipients: [age1xyz]}", r"recipients\[0\]: no public"),
     ("services:\n  api: {recipients: [" + KEY + "," + KEY + "]}", "recipients: holds age.* twice"),
     ("services:\n  api: {env: [A, A]}", "env: holds A twice"),
     ("services:\n  api: {env: [A B]}", r"2: services.api.env\[0\]"),
     ("services:\n  api: {env: [1]}", "expected text, not 1; put it in quotes"),
     ("policy: {}", "services: this key is required"),
     ("services:\n  api: {reset: /x}", "2: services.api.reset: expected a method and a path"),
     ("services:\n  api: {reset: POST /a b}", "2: services.api.reset"),
     (API + "policy: {freshness_s: 0}", "3: policy.freshness_s"),
     (API + "policy: {freshness_s: .inf}", "3: policy.freshness_s"),
     (API + "policy: {freshness_s: .nan}", "3: policy.freshness_s"),
     (API + 'policy: {freshness_s: "60"}', "write 60, without quotes"),
     (API + "policy: {freshness_s: yes}", "3: policy.freshness_s: expected a number, not true"),
     (API + "policy: {repeats: 0}", "3: policy.repeats"),
     (API + "policy: {repeats: 1.5}", "3: policy.repeats"),
     (API + "policy: {repeats: true}", "3: policy.repeats: expected a whole number, not true"),
     (API + "policy: {submissions: -1}", "3: policy.submissions"),
     (API + "policy: {weights: {visible: 0, holdout: 0}}", "at least one half has to count"),
     (API + "policy: {weights: {visible: -1}}", "3: policy.weights.visible"),
     (API + "policy: {thresholds: {P0: {allow: 1.1, review: 1}}}", "thresholds.P0.allow"),
     (API + "policy: {thresholds: {P0: {allow: 0.5, review: 0.6}}}", "review is higher than allow"),
     (API + "policy: {thresholds: {P0: {allow: 0.9}}}", "P0.review: this key is required"),
     (API + "evaluators: ed25519:abc", "3: evaluators: expected a list"),
     (API + 'evaluators: ["a b"]', r"3: evaluators\[0\]"),
     (API + "evaluators: [a, a]", "evaluators: holds a twice")],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_named_with_its_line(text, said):
    with pytest.raises(InvalidValue, match=said):
        load_policy(text.encode())


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [("weights: {holdout: 0}", "policy.weights.holdout", "the holdout half counts for nothing"),
     ("weights: {visible: 0}", "policy.weights.visible", "the visible half counts for nothing"),
     ("thresholds: {P0: {allow: 0, review: 0}}", "policy.thresholds.P0.allow", "too low"),
     ("thresholds: {P2: {allow: 0.8, review: 0}}", "policy.thresholds.P2.review", "low enough")],
)  # fmt: skip
def test_what_can_hardly_be_meant_is_obeyed_and_doubted_with_its_line_and_a_remedy(
    text, place, said
):
    [doubt] = load_policy(f"{API}policy:\n  {text}\n".encode()).doubts()
    assert doubt.startswith(f".sigil/gate.yaml:4: {place}: ")
    assert said in doubt
    assert doubt.endswith("set it above 0, or leave it out")


def test_of_a_policy_as_it_is_meant_nothing_is_doubted():
    assert load_policy(WHOLE.encode()).doubts() == []


@pytest.mark.parametrize(
    "raw", [b"", b"- a\n", b"\xff\xfe", b"services: [", b"a: 1\na: 2\n", b"[" * 100_000]
)
def test_what_is_no_document_is_said(raw):
    with pytest.raises(MalformedDocument, match=r"gate\.yaml"):
        load_policy(raw)


@pytest.mark.parametrize("text", ["recipients: {}", "recipients: [{}]", "env: [{}]", "{}"])
def test_a_private_key_anywhere_is_refused_and_not_repeated(text):
    secret = str(pyrage.x25519.Identity.generate())
    raw = f"services:\n  api:\n    {text.format(secret)}\n".encode()
    with pytest.raises(InvalidValue, match=r"gate\.yaml:3: a private key stands") as refused:
        load_policy(raw)
    assert secret[20:40] not in str(refused.value)


@pytest.mark.parametrize(
    "name",
    [
        "GITHUB_TOKEN",
        "GH_TOKEN",
        "ACTIONS_RUNTIME_TOKEN",
        "SIGIL_KEYS",
        "OPENAI_API_KEY",
        "OWN_KEY",
    ],
)
def test_what_is_the_evaluators_own_is_handed_to_nobody(name):
    model = "{judge: {provider: openai, model: m, key_variable: OWN_KEY}}"
    text = f"services:\n  api: {{env: [{name}], models: {model}}}\n"
    with pytest.raises(InvalidValue, match=rf"env\[0\]: {name} is the evaluator's own"):
        load_policy(text.encode())


def test_the_token_of_the_forge_is_no_models_key():
    model = "{provider: openai, model: m, base_url: 'http://x.test', key_variable: GITHUB_TOKEN}"
    text = f"services:\n  api: {{models: {{judge: {model}}}}}\n"
    with pytest.raises(InvalidValue, match="key_variable: this variable is the evaluator's own"):
        load_policy(text.encode())
