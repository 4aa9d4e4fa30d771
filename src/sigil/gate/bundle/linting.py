"""What is wrong with the scenarios of a service, before anything runs.

Of a visible scenario a finding says what the problem is; of one that is sealed, the line and the
rule alone, because a problem quotes the text. Of a draft it says that too, and what its grammar
lacks in the parser's fixed words; all of it to whoever typed it, at a terminal.

Not here: the rules (`sigil.gate.lua.lint`), opening (`sigil.gate.evaluator`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from sigil.errors import MalformedScenario, Where
from sigil.gate.bundle.changing import Draft
from sigil.gate.bundle.read import folder_of, library_files, lua_text, visible_files
from sigil.gate.lua import lint, lint_helper
from sigil.gate.model import Scenario
from sigil.gate.trees import Tree, place
from sigil.printable import printable

MALFORMED = "malformed"
DRAFT = "the scenario"
_GRAMMAR = re.compile(
    r"(syntax error|unexpected symbol|malformed number|<name> expected|function arguments expected"
    r"|unfinished (?:long )?(?:string|comment)(?: \(starting at line \d+\))?"
    r"|'(?:end|then|do|until|in|=|[^\w\s'])' expected"
    r"(?: \(to close '(?:function|if|for|while|repeat|do|[^\w\s'])' at line \d+\))?"
    r")(?: near .*)|(policy\.capabilities): .*",
    re.DOTALL,
)
"""What a problem of reading says in words of its own, before those of the text."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something to correct in a scenario.

    Args:
        path: of the scenario.
        line: 1-based.
        severity: an error cannot do what it says; a warning does less than it seems to.
        rule: such as ``undeclared-capability``.
        problem: what is wrong; empty for a holdout.
    """

    path: str
    line: int
    severity: Literal["error", "warning"]
    rule: str
    problem: str = ""

    def __str__(self) -> str:
        """Render as one line."""
        text = f": {self.problem}" if self.problem else ""
        return f"{self.path}:{self.line}: {self.severity}: {self.rule}{text}"


def flaws(scenarios: Iterable[Scenario]) -> Iterator[Flaw]:
    """Yield what is wrong with scenarios, of holdouts and drafts without a word of their text.

    Raises:
        DependencyMissing: the extra ``gate`` is not installed.
    """
    for scenario in scenarios:
        for found in lint(scenario):
            problem = found.problem if scenario.half == "visible" else ""
            if not problem and scenario.path == DRAFT:
                problem = own_words(found.problem)
            yield Flaw(scenario.path, found.line, found.severity, found.rule, problem)


def own_words(problem: str) -> str:
    """Return what a problem says without a word of the text that has it; empty if that is unsure.

    Args:
        problem: as Lua's parser tells it, such as ``')' expected near 'secret'``.
    """
    found = _GRAMMAR.fullmatch(problem)
    return (found[1] or found[2]) if found else ""


def flaws_of_helpers(tree: Tree, service: str) -> Iterator[Flaw]:
    """Yield what keeps helpers, which everybody may read, from being required.

    Raises:
        MalformedScenario, Unreadable: as `visible_scenarios`.
        DependencyMissing: the extra ``gate`` is not installed.
    """
    for name, data in library_files(tree, service).items():
        path = f"{folder_of(service)}/{name}"
        for found in lint_helper(lua_text(data, place(tree, path)), path):
            yield Flaw(path, found.line, found.severity, found.rule, found.problem)


def visible_scenarios(tree: Tree, service: str) -> list[Scenario]:
    """Return the visible half as it stands, recorded or not.

    Raises:
        MalformedScenario: a file that cannot be a scenario at all.
        Unreadable: the system refuses.
    """
    library = helpers(tree, service)
    found: list[Scenario] = []
    for id_, data in visible_files(tree, service).items():
        path = f"{folder_of(service)}/visible/{id_}.lua"
        text = lua_text(data, place(tree, path))
        found.append(Scenario(id_, "visible", text, path, library=library))
    return found


def helpers(tree: Tree, service: str) -> dict[str, str]:
    """Return the helpers as they stand, by the name that a scenario requires them by.

    Raises:
        MalformedScenario, Unreadable: as `visible_scenarios`.
    """
    return {
        path.removesuffix(".lua").replace("/", "."): lua_text(
            data, place(tree, f"{folder_of(service)}/{path}")
        )
        for path, data in library_files(tree, service).items()
    }


def flaws_of_draft(draft: Draft, library: Mapping[str, str], *, quotes: bool = False) -> list[Flaw]:
    """Return what is wrong with a scenario that is to be sealed.

    Args:
        draft: it.
        library: helpers, by name.
        quotes: whether its text may be quoted: it is its author who reads, at a terminal.

    Raises:
        MalformedScenario: it cannot be read as a scenario; the message names line and rule.
        DependencyMissing: the extra ``gate`` is not installed.
    """
    half = "visible" if quotes else "holdout"
    found = list(flaws([Scenario(DRAFT, half, draft.text, DRAFT, draft.spec, library)]))
    for flaw in found:
        if flaw.rule == MALFORMED:
            problem = f": {printable(flaw.problem)}" if flaw.problem else ""
            raise MalformedScenario(
                f"cannot be read as a scenario{problem}",
                where=Where(DRAFT, flaw.line),
                remedy="mend it; sigil scenario lint - says more of it at your terminal",
            )
    return found
