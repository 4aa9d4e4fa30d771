"""What a scenario says of itself in the table that it returns, read strictly.

Pure but for the table of Lua that it reads. Not here: whether it is a good scenario (`lint`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sigil.errors import MalformedScenario, Where
from sigil.gate.lua.values import Refused, Translator, is_table
from sigil.gate.model import Capability, Declared, Priority, Scenario

_FIELDS = ("title", "priority", "tags", "endpoints", "budget", "policy", "run")
MOST_SECONDS = 3600.0
_MOST_TITLE = 200


def read_declared(
    table: Any, scenario: Scenario, lines: Mapping[str, int], translator: Translator
) -> tuple[Declared, Any]:
    """Return what is declared, and the function ``run``.

    Args:
        table: what the chunk returned.
        scenario: for its id and path.
        lines: line of each field, as far as it is known.
        translator: of its values.

    Raises:
        MalformedScenario: a field is unknown, missing or of the wrong type.
    """
    reader = _Reader(scenario, lines)
    if not is_table(table):
        raise reader.refuse(
            None, "a scenario returns a table", "begin with return { and end with }"
        )
    fields = dict(table.items())
    run = fields.pop("run", None)
    if run is None or isinstance(run, str | int | float) or is_table(run):
        raise reader.refuse("run", "it is a function")
    for name in sorted(map(str, fields)):
        if name not in _FIELDS:
            raise reader.refuse(name, "there is no such field", f"there are {', '.join(_FIELDS)}")
    return reader.declared(
        {name: reader.json(name, fields[name], translator) for name in fields}
    ), run


class _Reader:
    """The fields of one scenario, and its place in errors."""

    def __init__(self, scenario: Scenario, lines: Mapping[str, int]):
        self._scenario, self._lines = scenario, lines

    def refuse(
        self, field: str | None, problem: str, remedy: str | None = None
    ) -> MalformedScenario:
        """Return the error that names the field and its line."""
        line = self._lines.get((field or "").split(".")[0])
        return MalformedScenario(
            problem, where=Where(self._scenario.path, line, field), remedy=remedy
        )

    def json(self, name: str, value: Any, translator: Translator) -> Any:
        """Return a field as plain data."""
        try:
            return translator.to_json(value)
        except Refused as refused:
            raise self.refuse(name, refused.problem) from None

    def declared(self, fields: dict[str, Any]) -> Declared:
        """Return all but ``run``."""
        return Declared(
            title=self._title(fields.get("title")),
            priority=self._priority(fields.get("priority")),
            tags=self._texts("tags", fields.get("tags")),
            endpoints=self._texts("endpoints", fields.get("endpoints")),
            capabilities=self._capabilities(fields.get("policy")),
            max_seconds=self._max_seconds(fields.get("budget")),
        )

    def _title(self, value: Any) -> str:
        if value is None:
            return self._scenario.id
        if not isinstance(value, str) or not value.strip() or len(value.splitlines()) > 1:
            raise self.refuse("title", "it is a text on one line")
        if len(value) > _MOST_TITLE:
            raise self.refuse("title", f"it is longer than {_MOST_TITLE} characters")
        return value

    def _priority(self, value: Any) -> Priority:
        if value is None:
            return Priority.P1
        if value not in set(Priority):
            raise self.refuse("priority", "it is none of P0, P1 and P2")
        return Priority(value)

    def _texts(self, name: str, value: Any) -> tuple[str, ...]:
        if value is None or value == {}:
            return ()
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):  # type: ignore[reportUnknownVariableType]
            raise self.refuse(name, "it is a list of texts")
        return tuple(value)  # type: ignore[reportUnknownArgumentType]

    def _capabilities(self, policy: Any) -> frozenset[Capability]:
        names = self._texts("policy.capabilities", self._only("policy", policy, "capabilities"))
        for name in names:
            if name not in set(Capability):
                raise self.refuse(
                    "policy.capabilities", f"there is no capability {name[:60]}",
                    f"there are {', '.join(Capability)}",
                )  # fmt: skip
        return frozenset(Capability(name) for name in names)

    def _max_seconds(self, budget: Any) -> float | None:
        value = self._only("budget", budget, "max_seconds")
        if value is None:
            return None
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not math.isfinite(value) or not 0 < value <= MOST_SECONDS:
            raise self.refuse("budget.max_seconds", f"it is a number up to {MOST_SECONDS:g}")
        return float(value)

    def _only(self, name: str, table: Any, field: str) -> Any:
        if table is None:
            return None
        if not isinstance(table, dict):
            raise self.refuse(name, f"it is a table with {field}")
        for key in sorted(map(str, table)):  # type: ignore[reportUnknownArgumentType]
            if key != field:
                raise self.refuse(f"{name}.{key}", "there is no such field", f"there is {field}")
        return table.get(field)  # type: ignore[reportUnknownVariableType]
