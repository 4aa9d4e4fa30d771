"""What is wrong with a scenario before it ever runs.

An error is a scenario that cannot do what it says; a warning is one that does less than it seems
to. Its chunk is run to read its table, and none of its calls is answered.

Not here: whether it tells a good service from a bad one, which only running it can say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sigil.errors import MalformedScenario
from sigil.gate.lua.limits import Limits
from sigil.gate.lua.names import GLOBALS, LIBRARIES, capability_of, unknown
from sigil.gate.lua.outline import Outline, outline
from sigil.gate.lua.rewrite import Rewritten, Site, rewrite
from sigil.gate.lua.run import accept, declare
from sigil.gate.lua.syntax import Node, Program, parse, walk
from sigil.gate.model import Capability, Declared, Scenario

_INSTRUCTIONS = 5_000_000
_DECLARING = frozenset({"variable_list", "parameters"})
_VALUES = frozenset({"identifier", "function_call", "vararg_expression"})
_OF_AGENTS = frozenset({Capability.HTTP, Capability.BROWSER})


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something to correct.

    Args:
        line: 1-based; 1 where no line is to blame.
        rule: such as ``undeclared-capability``.
        severity: see the module.
        problem: what is wrong.
    """

    line: int
    rule: str
    severity: Literal["error", "warning"]
    problem: str


def lint(scenario: Scenario) -> list[Finding]:
    """Return what is wrong with a scenario, in the order of its lines.

    Raises:
        DependencyMissing: the extra ``gate`` is not installed.
    """
    try:
        declared = declare(scenario, limits=Limits(instructions=_INSTRUCTIONS))
        program = parse(scenario.text, scenario.path)
    except MalformedScenario as error:
        return [_malformed(error)]
    shape = outline(program)
    rewritten = rewrite(program, shape)
    findings = [
        *_names(program),
        *_capabilities(program, shape, declared, scenario),
        *_claims(program, shape, rewritten, scenario),
        *_rubrics(rewritten),
        *_sections(shape),
    ]
    return sorted(set(findings))


def lint_helper(text: str, path: str) -> list[Finding]:
    """Return what keeps a helper from being required by any scenario.

    Raises:
        DependencyMissing: the extra ``gate`` is not installed.
    """
    try:
        accept(text, path)
    except MalformedScenario as error:
        return [_malformed(error)]
    return []


def _malformed(error: MalformedScenario) -> Finding:
    line = error.where.line if error.where is not None and error.where.line else 1
    field = error.where.field if error.where is not None else None
    remedy = f"; {error.remedy}" if error.remedy else ""
    problem = f"{f'{field}: ' if field else ''}{error.problem}{remedy}"
    return Finding(line, "malformed", "error", problem)


def _line(node: Node) -> int:
    return node.start_point[0] + 1


def _paths(program: Program) -> Iterator[tuple[Node, str]]:
    """Yield each ``sigil.a.b`` of the text, as long as it is one of plain names."""
    for node in walk(program.root):
        if node.type != "identifier" or program.text(node) != "sigil" or not _is_variable(node):
            continue
        path = node
        while path.parent.type == "dot_index_expression" and _is_table_of(path, path.parent):
            path = path.parent
        if path.id != node.id:
            yield path, program.text(path)


def _is_table_of(node: Node, parent: Node) -> bool:
    return bool(parent.child_by_field_name("table").id == node.id)


def _names(program: Program) -> Iterator[Finding]:
    for node, path in _paths(program):
        library, rest = "sigil", path.split(".")[1:]
        while rest and library in LIBRARIES:
            name = rest.pop(0)
            if name not in LIBRARIES[library]:
                yield Finding(_line(node), "unknown-name", "error", unknown(library, name))
                break
            library = f"{library}.{name}"
    declared = set(_declared_names(program))
    for node in walk(program.root):
        if node.type != "identifier" or not _is_variable(node):
            continue
        name = program.text(node)
        if name not in declared and name not in GLOBALS:
            yield Finding(_line(node), "undefined-name", "error", f"{name} is nowhere defined")
        if name == "assert" and node.parent.type == "function_call":
            problem = "assert ends the scenario as an error; a check is an expect"
            yield Finding(_line(node), "assert", "warning", problem)


def _declared_names(program: Program) -> Iterator[str]:
    for node in walk(program.root):
        if node.type in _DECLARING:
            yield from (program.text(n) for n in node.named_children if n.type == "identifier")
        elif node.type == "for_numeric_clause":
            yield program.text(node.named_children[0])
        elif node.type == "function_declaration":
            yield program.text(node.child_by_field_name("name"))


def _is_variable(node: Node) -> bool:
    parent = node.parent
    if parent.type in {"dot_index_expression", "method_index_expression"}:
        return _is_table_of(node, parent)
    if parent.type == "field":
        name = parent.child_by_field_name("name")
        return name is None or name.id != node.id or parent.children[0].type == "["
    return parent.type not in {"attribute", "goto_statement", "label_statement"}


def _capabilities(
    program: Program, shape: Outline, declared: Declared, scenario: Scenario
) -> Iterator[Finding]:
    used = dict[Capability, tuple[int, str]]()
    for node, path in _paths(program):
        capability = capability_of(path)
        if capability is not None:
            used.setdefault(capability, (_line(node), path))
    for node in walk(program.root):
        if node.type == "identifier" and program.text(node) == "invariant" and _is_variable(node):
            used.setdefault(Capability.PROPERTY, (_line(node), "invariant"))
    for capability in sorted(set(used) - declared.capabilities):
        line, path = used[capability]
        problem = f'{path} needs the capability "{capability}" in policy.capabilities'
        yield Finding(line, "undeclared-capability", "error", problem)
    if scenario.library:
        return  # a helper may use what the text does not
    lent = _OF_AGENTS if Capability.INTENT in used else frozenset[Capability]()
    for capability in sorted(declared.capabilities - set(used) - lent):
        problem = f'the capability "{capability}" is declared and not used'
        yield Finding(shape.lines.get("policy", 1), "unused-capability", "warning", problem)


def _claims(
    program: Program, shape: Outline, rewritten: Rewritten, scenario: Scenario
) -> Iterator[Finding]:
    if not rewritten.sites and not scenario.library:
        line = shape.lines.get("run", 1)
        yield Finding(line, "no-expect", "error", "it claims nothing: there is no expect in it")
    for node in walk(program.root):
        if node.type != "function_call":
            continue
        called, arguments = (node.child_by_field_name(name) for name in ("name", "arguments"))
        if program.text(called) == "expect" and not any(n.type in _VALUES for n in walk(arguments)):
            problem = "this expect is the same whatever the service does"
            yield Finding(_line(node), "constant-expect", "warning", problem)


def _rubrics(rewritten: Rewritten) -> Iterator[Finding]:
    for block in rewritten.orphans:
        problem = "this --- block belongs to no sigil.intent and no sigil.judge"
        yield Finding(block.first, "rubric-without-judge", "warning", problem)
    for site in rewritten.sites:
        if _wants_rubric(site):
            problem = f"sigil.{site.kind} has no --- block above it"
            yield Finding(site.span.line, "no-rubric", "error", problem)


def _wants_rubric(site: Site) -> bool:
    text = "" if site.rubric is None else site.rubric.text
    return site.kind in {"intent", "judge"} and not text.strip()


def _sections(shape: Outline) -> Iterator[Finding]:
    for place, (node, label) in enumerate(zip(shape.sections, shape.labels, strict=True), 1):
        if label != place:
            problem = f"this is step {place}, and its comment says {label}"
            yield Finding(_line(node), "step-number", "warning", problem)
