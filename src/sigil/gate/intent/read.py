"""Read an intent, strictly: what is unclear is an error with its line, never a guess.

    ---
    title: "Price quotes"
    owner: "@pricing"
    priority: P0
    ---
    ## Acceptance criteria
    1. `GET /api/quote?seats=3` returns 200 and `{ "total_cents": 3600 }`.

Promises: every numbered criterion, invariant, edge case, quality bar and table has an id that is a
function of its place, every row one of what it says, and all of them their line.

Pure. Not here: what a clause means to a compiler (`sigil.gate.generate`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta

from sigil.errors import IntentMalformed, SigilError, Where
from sigil.gate.intent.blocks import Block, Unclosed, blocks
from sigil.gate.intent.cells import read_cell
from sigil.gate.intent.model import Cell, Clause, Intent, Kind, Row, Table
from sigil.gate.intent.rows import names_of_rows
from sigil.gate.model import Priority
from sigil.store.documents import parse_document, validate
from sigil.store.shapes import Shape

MAX_BYTES = 2**20
_MARK = "---"
_HEADINGS = (
    ("acceptance", Kind.CRITERION),
    ("criteria", Kind.CRITERION),
    ("invariant", Kind.INVARIANT),
    ("edge case", Kind.EDGE),
    ("quality", Kind.QUALITY),
)


class _Front(Shape, frozen=True, kw_only=True):
    title: Annotated[str, Meta(min_length=1, max_length=200)]
    owner: Annotated[str, Meta(min_length=1, max_length=200)]
    priority: Priority


def read_intent(raw: bytes, path: str) -> Intent:
    """Return what the bytes of an intent say.

    Args:
        raw: Markdown in UTF-8.
        path: relative to the repository, for ids and messages.

    Raises:
        IntentMalformed: no front matter, an unknown or missing key of it, a table whose rows do
            not fit its heads, a fence that never ends, or no acceptance criteria.
    """
    if len(raw) > MAX_BYTES:
        raise IntentMalformed(f"larger than {MAX_BYTES // 2**20} MiB", where=Where(path))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise IntentMalformed(
            "not UTF-8 text", where=Where(path, line), remedy="save the file as UTF-8"
        ) from None
    lines = text.replace("\r\n", "\n").split("\n")
    front, begins = _front_matter(lines, path)
    reader = _Reader(path)
    try:
        found = list(blocks(list(enumerate(lines, 1))[begins:]))
    except Unclosed as unclosed:
        raise IntentMalformed(
            f"this {unclosed.what} never ends", where=Where(path, unclosed.line), remedy="close it"
        ) from None
    reader.read(found)
    return reader.intent(front)


def _front_matter(lines: list[str], path: str) -> tuple[_Front, int]:
    """Return the front matter, and how many lines it takes."""
    if lines[0].strip() != _MARK:
        raise IntentMalformed(
            "there is no front matter",
            where=Where(path, 1),
            remedy="begin with --- and title, owner and priority",
        )
    end = next((n for n, text in enumerate(lines[1:], 1) if text.strip() == _MARK), None)
    if end is None:
        raise IntentMalformed(
            "the front matter never ends", where=Where(path, 1), remedy="end it with ---"
        )
    yaml = "\n".join(["", *lines[1:end]])  # an empty first line keeps the numbers
    try:
        return validate(parse_document(yaml.encode(), path), _Front), end + 1
    except SigilError as error:
        raise IntentMalformed(error.problem, where=error.where, remedy=error.remedy) from None


@dataclass(slots=True)
class _Reader:
    """What was read so far, and under which heading."""

    path: str
    kind: Kind | None = None
    level: int = 0
    section: str = ""
    before: str = ""
    clauses: list[Clause] = field(default_factory=list[Clause])
    tables: list[Table] = field(default_factory=list[Table])
    prose: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    counts: Counter[str] = field(default_factory=Counter[str])
    criteria_line: int | None = None

    def read(self, found: Iterable[Block]) -> None:
        """Take in all blocks of a document."""
        for block in found:
            match block.kind:
                case "heading":
                    self._heading(block)
                case "table":
                    self.tables.append(self._table(block))
                case "paragraph" if self.kind is not Kind.QUALITY:
                    self._more(block)
                case _:
                    self._item(block)
            self.before = "" if block.kind in {"heading", "table"} else block.text

    def intent(self, front: _Front) -> Intent:
        """Return the whole, if there is something to hold a service to."""
        if not self.counts[Kind.CRITERION]:
            raise IntentMalformed(
                "there are no acceptance criteria",
                where=Where(self.path, self.criteria_line),
                remedy="list them, numbered, under ## Acceptance criteria",
            )
        return Intent(
            self.path,
            front.title,
            front.owner,
            front.priority,
            tuple(self.clauses),
            tuple(self.tables),
            tuple(self.prose),
        )

    def _heading(self, block: Block) -> None:
        lowered = block.text.lower()
        kind = next((kind for word, kind in _HEADINGS if word in lowered), None)
        if kind is not None or block.level <= self.level or self.kind is None:
            self.kind, self.level = kind, block.level
        self.section = block.text
        if kind is Kind.CRITERION:
            self.criteria_line = block.line

    def _more(self, block: Block) -> None:
        """Take in a paragraph: it goes on with an item if it is indented, else it is prose."""
        if block.level and self._goes_on(block):
            return
        self.prose.append((block.line, block.text))

    def _goes_on(self, block: Block) -> bool:
        """Join a block to the clause above it, if there is one; say whether there was."""
        if self.kind is None or not self.clauses or self.clauses[-1].kind is not self.kind:
            return False
        last = self.clauses.pop()
        self.clauses.append(Clause(last.id, last.kind, f"{last.text} {block.text}", last.line))
        return True

    def _item(self, block: Block) -> None:
        if self.kind is None:
            self.prose.append((block.line, block.text))
            return
        if self.kind is Kind.CRITERION and block.kind == "bullet" and not block.level:
            raise IntentMalformed(
                "an acceptance criterion without a number",
                where=Where(self.path, block.line),
                remedy="number the criteria: 1. 2. 3.",
            )
        if block.level and self._goes_on(block):
            return
        self.counts[self.kind] += 1
        name = f"{self.kind}-{self.counts[self.kind]}"
        self.clauses.append(Clause(name, self.kind, block.text, block.line))

    def _table(self, block: Block) -> Table:
        name = f"table-{len(self.tables) + 1}"
        (_, heads), *rows = block.rows
        said: list[tuple[int, tuple[Cell, ...]]] = []
        for line, cells in rows:
            if len(cells) != len(heads):
                raise IntentMalformed(
                    f"this row has {len(cells)} cells, and the table {len(heads)} columns",
                    where=Where(self.path, line),
                    remedy="write a dash where there is nothing to say",
                )
            said.append((line, tuple(map(read_cell, cells))))
        names = names_of_rows(heads, self.before, [cells for _, cells in said])
        made = tuple(
            Row(f"{name}.row-{row}", line, cells)
            for row, (line, cells) in zip(names, said, strict=True)
        )
        return Table(name, block.line, heads, made, self.before, self.section)
