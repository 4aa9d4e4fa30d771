"""`sigil plugins`: the exchangeable parts, who brings each, and whether it works."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import asdict, dataclass
from importlib.util import find_spec

import click

from sigil import __version__
from sigil.cli.options import as_json, print_json
from sigil.errors import install

NEEDS = {
    ("proposer", "rewrite"): ("libcst", "rewrite"),
    ("provider", "anthropic"): ("anthropic", "anthropic"),
    ("provider", "openai"): ("openai", "openai"),
}
"""The library that one of ours needs, and our extra that brings it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A line of the table.

    Args:
        kind: such as ``optimizer``.
        name: that it is chosen by.
        distribution: that brings it.
        version: of the distribution.
        works: whether it can be had here.
        missing: whether it only has to be installed.
        why: why not, one line.
    """

    kind: str
    name: str
    distribution: str | None
    version: str | None
    works: bool
    why: str | None
    missing: bool = False


@click.command()
@as_json
def plugins(as_json: bool) -> None:
    """List what can be chosen or joins a run, ours first, and why what is broken is broken.

    Plugins are imported to see whether they load; one that does not is a line here and left out
    elsewhere.
    """
    with contextlib.redirect_stdout(sys.stderr):  # which plugins may print on while they load
        parts = [
            part for kind, (group, ours) in _kinds().items() for part in _of(kind, group, ours)
        ]
    if as_json:
        print_json([asdict(part) for part in parts])
        return
    rows = [("kind", "name", "from", ""), *map(_row, parts)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        click.echo("  ".join([*cells, row[3]]).rstrip())


def _kinds() -> dict[str, tuple[str, list[str]]]:
    """Return the group of entry points and the names of ours, by kind of part."""
    from sigil.gate.deploy import names as deployers
    from sigil.llm import provider
    from sigil.optimize import backends, proposing
    from sigil.search import optimizers

    return {
        "optimizer": (optimizers.GROUP, optimizers.built_in_names()),
        "proposer": (proposing.GROUP, [*proposing.OFFLINE]),
        "provider": (provider.GROUP, provider.built_in_names()),
        "backend": (backends.GROUP, [*backends.BUILT_IN]),
        "deployer": (deployers.GROUP, [*deployers.BUILT_IN]),
    }


def _of(kind: str, group: str, ours: list[str]) -> list[Part]:
    from sigil.search.plugins import installed

    theirs = installed(group, taken=ours)
    return [
        *(_ours(kind, name) for name in ours),
        *(
            Part(kind, one.name, one.distribution, one.version, one.failure is None, one.failure)
            for one in theirs
        ),
    ]


def _ours(kind: str, name: str) -> Part:
    library, extra = NEEDS.get((kind, name), ("sys", ""))
    works = find_spec(library) is not None
    why = None if works else f"it needs {library}: {install(extra)}"
    return Part(kind, name, "sigil", __version__, works, why, missing=not works)


def _row(part: Part) -> tuple[str, str, str, str]:
    from sigil.printable import printable, printable_once

    origin = " ".join(filter(None, (part.distribution or "?", part.version)))
    state = (
        "works" if part.works else f"{'not installed' if part.missing else 'broken'}: {part.why}"
    )
    return part.kind, printable(part.name), printable(origin), printable_once(state)
