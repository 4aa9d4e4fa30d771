"""Compile an intent: which sketches of scenarios it comes to, and what it could not compile.

Each clause is held to in a scenario of its own, behind the clauses that it needs: those that it
goes on from ("then", "after", "the same"), those that give a value to a slot of it, and the one
that gives out the session token that its requests carry.

Pure. Not here: which half a sketch goes to (`halves`), other scenarios of the same claim
(`variants`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from sigil.gate.generate.clauses import (
    NotUnderstood,
    Recognised,
    gist,
    recognise,
    refuse_misnamed,
)
from sigil.gate.generate.conventions import with_status, with_usual_body
from sigil.gate.generate.lua import is_token
from sigil.gate.generate.model import (
    Exchange,
    Property,
    Sketch,
    Step,
    Uncompiled,
)
from sigil.gate.generate.names import captures, compared, exchange_in, names_used, offered, wanted
from sigil.gate.generate.properties import recognise_property
from sigil.gate.generate.prose import sentences
from sigil.gate.generate.rules import Rule, rules_of, unread
from sigil.gate.generate.slots import TYPES
from sigil.gate.generate.tables import Tied, exchange_of, tie
from sigil.gate.generate.words import not_used, refers
from sigil.gate.intent import Clause, Intent, Kind, Table

_MOST_TITLE = 120
PROSE = "text"
"""Stands for the id of a sentence that is no clause."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """What became of an intent.

    Args:
        sketches: in its order.
        rules: of its tables, as far as their rows bear them out.
        uncompiled: ascending by line.
    """

    sketches: tuple[Sketch, ...]
    rules: tuple[Rule, ...]
    uncompiled: tuple[Uncompiled, ...]


def compile_intent(intent: Intent) -> Compiled:
    """Return what becomes of an intent, in its order."""
    compiler = _Compiler(intent)
    compiler.criteria()
    compiler.tables()
    rules = compiler.rules()
    return Compiled(
        tuple(compiler.sketches),
        rules,
        tuple(sorted(compiler.uncompiled, key=lambda one: (one.line, one.clause))),
    )


@dataclass(slots=True)
class _Compiler:
    """What is known so far.

    Args:
        intent: what is compiled.
        known: exchanges of each clause that could be read, setup included.
        sketches: of scenarios.
        uncompiled: what none is made of.
        tied: tables that requests are made of.
    """

    intent: Intent
    known: dict[str, tuple[Exchange, ...]] = field(default_factory=dict[str, tuple[Exchange, ...]])
    sketches: list[Sketch] = field(default_factory=list[Sketch])
    uncompiled: list[Uncompiled] = field(default_factory=list[Uncompiled])
    tied: list[Tied] = field(default_factory=list[Tied])

    def criteria(self) -> None:
        """Compile all clauses: criteria first, because others may rest on them."""
        for kind in (Kind.CRITERION, Kind.EDGE, Kind.INVARIANT):
            before: Clause | None = None
            for clause in self.intent.of(kind):
                try:
                    self._clause(clause, before)
                except NotUnderstood as refused:
                    self._refuse(clause.id, clause.line, refused.reason)
                before = clause
        for clause in self.intent.of(Kind.QUALITY):
            self._refuse(
                clause.id, clause.line, "a matter of judgement; write a scenario with a judge"
            )

    def _clause(self, clause: Clause, before: Clause | None) -> None:
        about_all = recognise_property(clause) if clause.kind is Kind.INVARIANT else None
        if about_all is not None:
            claim, left = about_all
            refuse_misnamed(claim.exchange)
            setup = self._setup((claim.exchange,), (), frozenset(claim.drawn))
            self._add(clause, (*setup, claim), left)
            return
        found = recognise(clause)
        own = tuple(with_status(with_usual_body(exchange)) for exchange in found.exchanges)
        for exchange in own:
            refuse_misnamed(exchange)
        chain = self._chain(found, before)
        setup = self._setup(own, chain)
        steps = _once((*chain, *setup, *own))
        self.known[clause.id] = steps
        earlier = "" if before is None else before.text
        calling = [said for said in found.calling if not refers(said, earlier)]
        self._add(clause, steps, (*calling, *found.unused))

    def _chain(self, found: Recognised, before: Clause | None) -> tuple[Exchange, ...]:
        """Return the exchanges that a clause goes on from."""
        if not found.follows or before is None:
            return ()
        if before.id not in self.known:
            raise NotUnderstood(f"it goes on from {before.id}, which is not compiled")
        return self.known[before.id]

    def _setup(
        self,
        own: Sequence[Exchange],
        chain: Sequence[Exchange],
        drawn: frozenset[str] = frozenset(),
    ) -> tuple[Exchange, ...]:
        """Return the exchanges that give values to slots, and the one that gives the session.

        Args:
            own: of the clause.
            chain: what comes before it anyway.
            drawn: names that need no exchange.
        """
        found: list[Exchange] = []
        known = {*drawn, *_all_offered(chain)}
        for exchange in own:
            for name in wanted(exchange):
                if name not in known:
                    found += self._source(name)
                    known.add(name)
            known |= set(offered(exchange))
            for name in compared(exchange):
                if name not in known | _all_offered(found) | TYPES:
                    found += self._source(name, is_compared=True)
        if not chain and not any(exchange.request.anonymous for exchange in own):
            found = [*self._session(own), *found]
        return _once(found)

    def _source(self, name: str, *, is_compared: bool = False) -> tuple[Exchange, ...]:
        """Return the exchanges after which a value of this name is known.

        Args:
            name: of the value.
            is_compared: whether an answer is compared with it, which one that was sent is good for.
        """
        for steps in self.known.values():
            received = {given for one in steps for given, _ in captures(one)}
            if name in (_all_offered(steps) if is_compared else received):
                return steps
        verb = "sends or receives" if is_compared else "receives"
        raise NotUnderstood(f"nothing before it {verb} `{name}`, so <{name}> has no value")

    def _session(self, own: Sequence[Exchange]) -> tuple[Exchange, ...]:
        if any(is_token(name) for one in own for name, _ in captures(one)):
            return ()  # it gives out a token itself
        for steps in self.known.values():
            for place, exchange in enumerate(steps):
                if any(is_token(name) for name, _ in captures(exchange)):
                    return steps[: place + 1]
        return ()

    def _add(self, clause: Clause, steps: Sequence[Step], left: Sequence[str]) -> None:
        """Keep the scenario of a clause, and list what it says besides.

        Args:
            clause: which.
            steps: of the scenario.
            left: what nothing was made of.
        """
        if left:
            self._in_part(clause.id, clause.line, not_used(left))
        title = f"{self.intent.title}: {clause.id}"
        self.sketches.append(
            Sketch(
                f"{self.intent.slug}/{clause.id}",
                title[:_MOST_TITLE],
                (clause.id,),
                tuple(with_captures(steps)),
            )
        )

    def _refuse(self, name: str, line: int, reason: str) -> None:
        self.uncompiled.append(Uncompiled(name, line, reason))

    def _in_part(self, name: str, line: int, reason: str) -> None:
        self.uncompiled.append(Uncompiled(name, line, reason, whole=False))

    # --- tables -----------------------------------------------------------------------------

    def tables(self) -> None:
        """Compile all tables: a scenario for each row."""
        for table in self.intent.tables:
            try:
                tied = tie(table)
            except NotUnderstood as refused:
                self._refuse(table.id, table.line, refused.reason)
                continue
            self.tied.append(tied)
            if tied.unused:
                self._in_part(table.id, table.line, not_used(tied.unused))
            self._rows(table, tied)

    def _rows(self, table: Table, tied: Tied) -> None:
        for row in table.rows:
            try:
                exchange = exchange_of(tied, row)
            except NotUnderstood as refused:
                self._refuse(row.id, row.line, refused.reason)
                continue
            title = f"{self.intent.title}: {row.id}"
            self.sketches.append(
                Sketch(f"{self.intent.slug}/{row.id}", title[:_MOST_TITLE], (row.id,), (exchange,))
            )

    def rules(self) -> tuple[Rule, ...]:
        """Read the rules of all tables, and list what none is made of."""
        said = tuple(sentences(self.intent))
        rules: list[Rule] = []
        for tied, rule, reason in rules_of(said, self.tied):
            if rule is not None:
                rules.append(rule)
            if reason:
                self._in_part(tied.table.id, tied.table.line, reason)
        for one in unread(said, rules) if self.intent.tables else ():
            self._refuse(
                PROSE,
                one.line,
                f'"{gist(one.text)}" is part of no rule that rows of a table bear out',
            )
        return tuple(rules)


def _all_offered(steps: Iterable[Exchange]) -> set[str]:
    return {name for one in steps for name in offered(one)}


def with_captures(steps: Sequence[Step]) -> list[Step]:
    """Return steps in which each exchange keeps what later ones use, and nothing else."""
    made: list[Step] = []
    for place, step in enumerate(steps):
        if isinstance(step, Property):
            made.append(step)
            continue
        later = steps[place + 1 :]
        used = {name for one in later for name in names_used(exchange_in(one))}
        session = any(not exchange_in(one).request.anonymous for one in later)
        kept = {
            name: path
            for name, path in captures(step)
            if name in used or (session and is_token(name))
        }
        made.append(replace(step, captured=tuple(kept.items())))
    return made


def _once(steps: Iterable[Exchange]) -> tuple[Exchange, ...]:
    """Return exchanges in order, each clause's own but once."""
    made: list[Exchange] = []
    for step in steps:
        if step not in made:
            made.append(step)
    return tuple(made)
