"""Scenarios that a model wrote: what they may not do, what they are called, what they begin with.

A person who writes a scenario may use all of the language. A model may use less: what it writes
runs where the exam runs, against a service that whoever wrote the prompt may know, so it reaches
that service over HTTP and nothing else. That is decided by the text, before any of it runs.

Pure. Not here: the three stages that every scenario has to pass (`validating`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from sigil.errors import MalformedScenario
from sigil.gate.generate.answers import Written
from sigil.gate.generate.marks import DRAFTED, is_drafted
from sigil.gate.generate.traceability import lines_of
from sigil.gate.generate.validating import Candidate
from sigil.gate.intent import Intent
from sigil.gate.lua import declare
from sigil.gate.lua.syntax import Node, Program, parse, walk
from sigil.gate.model import Capability, Scenario

ALLOWED = frozenset({
    "get", "post", "put", "patch", "delete", "head", "options", "request", "gen", "json",
    "expect_status_class",
})  # fmt: skip
"""What a draft may use of ``sigil``."""
_CAPABILITIES = frozenset({Capability.HTTP, Capability.PROPERTY})
_HEAD = re.compile(rf"{re.escape(DRAFTED)}\S+ \(([a-z0-9., -]+)\)\.\n")


def named(written: Sequence[Written], intent: Intent, there: Mapping[str, str]) -> list[Candidate]:
    """Return drafts as visible candidates, each under a name that no other draft has.

    Args:
        written: by a model.
        intent: that they are for.
        there: text of scenarios that exist, by name; one with the same text keeps its name.
    """
    known = {text: name for name, text in there.items()}
    taken, found = set(there), dict[str, Candidate]()
    for one in written:
        text = f"{DRAFTED}{intent.path} ({', '.join(one.clauses)}).\n{one.text}"
        name = known.get(text) or _free(f"{intent.slug}/{one.clauses[0].replace('.', '-')}", taken)
        taken.add(name)
        found.setdefault(text, Candidate(name, "visible", one.clauses, text))
    return list(found.values())


def _free(start: str, taken: set[str]) -> str:
    number = 1
    while f"{start}-drafted-{number}" in taken:
        number += 1
    return f"{start}-drafted-{number}"


def standing(there: Mapping[str, str], intent: Intent) -> list[Candidate]:
    """Return the drafts that exist, as far as the intent still has one of their clauses.

    Args:
        there: text of visible scenarios of the intent, by name.
        intent: as it is now.
    """
    known = lines_of(intent)
    found: list[Candidate] = []
    for name, text in there.items():
        head = _HEAD.match(text) if is_drafted(text) else None
        clauses = tuple(one for one in (head[1].split(", ") if head else ()) if one in known)
        if clauses:
            found.append(Candidate(name, "visible", clauses, text))
    return found


def forbidden(candidate: Candidate, intent: Intent) -> str:
    """Return what a draft does that no draft may, as a clause; empty for nothing."""
    scenario = Scenario(candidate.name, "visible", candidate.text, candidate.name)
    try:
        program = parse(candidate.text, candidate.name)
        reason = next(_reaching(program), "")
        if reason:
            return reason
        declared = declare(scenario)
    except MalformedScenario:
        return ""  # which the first stage says better
    more = sorted(one.value for one in declared.capabilities - _CAPABILITIES)
    if more:
        return f"a draft has no capability {', '.join(more)}"
    if declared.priority != intent.priority:
        return f"its priority is not {intent.priority.value}, that of the intent"
    return ""


def _reaching(program: Program) -> Iterator[str]:
    """Yield each use of more than a draft may use."""
    for node in walk(program.root):
        if node.type != "identifier":
            continue
        name, line = program.text(node), node.start_point[0] + 1
        if name == "require":
            yield f"line {line}: a draft stands alone, without require"
        elif name == "base_url":
            yield f"line {line}: a draft asks the service itself, without base_url"
        elif name == "sigil" and not _is_field_of(node):
            used = _used(program, node)
            if used not in ALLOWED:
                what = f"sigil.{used}" if used else "sigil but for one of its functions"
                yield f"line {line}: a draft may not use {what}"


def _is_field_of(node: Node) -> bool:
    """Say whether a name is that of a field, such as ``x.sigil``, and not a variable."""
    parent = node.parent
    if parent.type != "dot_index_expression":
        return False
    return bool(parent.child_by_field_name("field").id == node.id)


def _used(program: Program, node: Node) -> str:
    """Return the name behind ``sigil.``; empty where the table is used in another way."""
    parent = node.parent
    if parent.type != "dot_index_expression":
        return ""
    if parent.child_by_field_name("table").id != node.id:
        return ""
    return program.text(parent.child_by_field_name("field"))
