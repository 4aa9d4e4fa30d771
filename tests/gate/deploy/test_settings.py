"""The ``deploy`` section of gate.yaml: what fits, and where it is wrong."""

from __future__ import annotations

import pytest

from sigil.errors import InvalidValue, SigilError, UnknownKey
from sigil.gate.deploy.settings import Compose, Deploy, External, Process, model_of
from sigil.store.documents import parse_document, validate
from sigil.store.shapes import Shape, read_section


class Service(Shape, frozen=True, kw_only=True):
    deploy: Deploy

    def __post_init__(self) -> None:
        read_section(self, "deploy", model_of)


class Gate(Shape, frozen=True, kw_only=True):
    services: dict[str, Service]


def read(*lines: str) -> Deploy:
    text = "services:\n  api:\n    deploy:\n" + "".join(f"      {line}\n" for line in lines)
    return validate(parse_document(text.encode(), "gate.yaml"), Gate).services["api"].deploy


def test_the_example_of_the_docs_fits():
    section = read(
        "backend: process",
        'command: "python3 server.py --port {port}"',
        "build: []",
        "env: {MODE: exam}",
        "health: /healthz?deep=1",
        "start_s: 20",
    )
    assert isinstance(section, Process)
    assert (section.health, section.env, section.start_s) == (
        "/healthz?deep=1",
        {"MODE": "exam"},
        20,
    )


def test_each_backend_has_a_section_of_its_own():
    assert isinstance(read("backend: compose", "service: web", "port: 80"), Compose)
    urls = "urls: {pr: http://127.0.0.1:1/, baseline: 'https://B.example'}"
    section = read("backend: external", urls)
    assert isinstance(section, External)
    assert (section.urls.pr, section.urls.baseline) == ("http://127.0.0.1:1", "https://b.example")


PROCESS, EXTERNAL = "backend: process", "backend: external"
COMPOSE = ["backend: compose", "service: web", "port: 80"]
COMMAND = "command: server {port}"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([COMMAND], "gate.yaml:3: services.api.deploy: expected a mapping with backend"),
        (["backend: 3"], "gate.yaml:3: services.api.deploy: expected a mapping with backend"),
        (["backend: proces", COMMAND], "no backend 'proces' (did you mean process)"),
        (["backend: k8s"], "no backend 'k8s' (there are: compose, external, process)"),
        ([PROCESS], "services.api.deploy.command: this key is required; add it"),
        ([PROCESS, "command: server"], "nothing says which port the service listens on"),
        ([PROCESS, "command: 'x {port} \"'"], "the command does not parse"),
        ([PROCESS, "command: ' '"], "the command is empty"),
        ([PROCESS, COMMAND, "build: make"], "expected a list"),
        ([PROCESS, COMMAND, "env: {A: 1}"], "gate.yaml:6: services.api.deploy.env.A"),
        ([PROCESS, COMMAND, "env: {'A=B': x}"], "not the name of a variable"),
        ([PROCESS, COMMAND, "health: healthz"], "expected tcp, or a path"),
        ([PROCESS, COMMAND, 'health: "/a\\r\\nb"'], "expected tcp, or a path"),
        ([PROCESS, COMMAND, "start_s: 0"], "should be greater than 0"),
        ([PROCESS, COMMAND, "start_s: .inf"], "services.api.deploy.start_s"),
        ([PROCESS, COMMAND, "start_s: '20'"], "write 20, without quotes"),
        ([PROCESS, COMMAND, "port: 65536"], "less than or equal to 65535"),
        ([*COMPOSE, "file: ../x.yaml"], "inside the repository"),
        ([*COMPOSE, "engine: nerdctl"], "'docker' or 'podman'"),
        ([EXTERNAL, "urls: {pr: http://a}"], "urls.baseline: this key is required"),
        ([EXTERNAL, "urls: {pr: http://a, baseline: http://A/}"], "the same service"),
        ([EXTERNAL, "urls: {pr: http://u:p@a, baseline: http://b}"], "expected an origin"),
        ([EXTERNAL, "urls: {pr: http://a/x, baseline: http://b}"], "expected an origin"),
        ([EXTERNAL, "urls: {pr: ftp://a, baseline: http://b}"], "expected an origin"),
        ([EXTERNAL, "urls: {pr: 'http://a:x', baseline: http://b}"], "expected an origin"),
    ],
    ids=str,
)  # fmt: skip
def test_what_does_not_fit_is_told_in_one_line(lines: list[str], said: str):
    with pytest.raises(InvalidValue) as failed:
        read(*lines)
    assert said in str(failed.value)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([PROCESS, COMMAND, "heatlh: /"], "deploy.heatlh: unknown key; did you mean health?"),
        (["backend: compose", "servce: web", "port: 80"], "unknown key; did you mean service?"),
    ],
)
def test_a_misspelt_key_is_told_with_the_keys_of_its_backend(lines: list[str], said: str):
    with pytest.raises(UnknownKey) as failed:
        read(*lines)
    assert said in str(failed.value)


def test_a_section_that_is_no_mapping_is_told():
    document = parse_document(b"services: {api: {deploy: 5}}\n", "gate.yaml")
    with pytest.raises(SigilError, match="expected a mapping with backend"):
        validate(document, Gate)
