"""The stub for editors names what the language has, and nothing else."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from sigil.gate.lua import stub as module
from sigil.gate.lua.declared import Declared
from sigil.gate.lua.names import GLOBALS, LIBRARIES
from sigil.gate.lua.stub import CONSTANTS, MARK, SIGNATURES, stub
from sigil.gate.lua.syntax import parse

FUNCTION = re.compile(r"^function ([\w.]+)\(", re.MULTILINE)
TABLE = re.compile(r"^([\w.]+) = \{\}$", re.MULTILINE)


def test_the_stub_is_lua():
    parse(stub(), "sigil.lua")


def test_the_stub_says_that_it_is_one():
    assert stub().splitlines()[:2] == ["---@meta", MARK]


def test_every_name_of_the_language_is_in_the_stub_and_no_other():
    named = {f"{library}.{name}" for library, names in LIBRARIES.items() for name in names}
    written = {*FUNCTION.findall(stub()), *TABLE.findall(stub())} - {"sigil"}
    assert written - {"expect", "invariant"} == named
    assert {"expect", "invariant", "sigil"} <= GLOBALS


def test_no_signature_is_of_a_name_that_is_gone():
    for library, names in SIGNATURES.items():
        assert set(names) | set(CONSTANTS.get(library, {})) <= set(LIBRARIES[library])


def test_a_name_that_nobody_described_is_noticed(monkeypatch):
    more = {**LIBRARIES, "sigil.yaml": (*LIBRARIES["sigil.yaml"], "encode")}
    monkeypatch.setattr(module, "LIBRARIES", more)
    with pytest.raises(KeyError, match="encode"):
        stub()


def test_every_type_that_is_used_is_described():
    described = set(re.findall(r"---@class (sigil\.\w+)", stub()))
    used = set(re.findall(r"(?<!class )\b(sigil\.[A-Z]\w+)", stub()))
    assert used <= described


def test_a_scenarios_fields_are_those_that_are_read():
    block = stub().split("---@class sigil.Scenario\n")[1].split("\n\n")[0]
    written = set(re.findall(r"---@field (\w+)", block))
    read = {field.name for field in fields(Declared)} - {"capabilities", "max_seconds"}
    assert written == read | {"policy", "budget", "run"}
