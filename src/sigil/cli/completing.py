"""What the shell proposes for a name: of what is in the repository here, or a file.

Promises: whatever is wrong there, nothing is printed and nothing raised, only fewer names are
proposed; names that a terminal or a shell would obey are none; what is not asked for is not
loaded.

Not here: the script that asks (`sigil.cli.completion`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import click
from click.shell_completion import CompletionItem

_PLAIN = re.compile(r"[\w./][\w./+-]*", re.ASCII)
_TYPED = re.compile(r"[\w./~+-]+")
_BRANCHES = "refs/heads/"
_SPEC = ".sigil.yaml"
_GIT_S = 2.0


def functions(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return files, and once one is there, the functions that it defines."""
    del ctx, parameter
    path, colon, name = incomplete.partition(":")
    found: list[str] = []
    if _TYPED.fullmatch(path) and path.endswith(".py"):
        from sigil.cli.naming import named_functions

        with suppress(Exception):  # a home that nobody has
            found = [one for one in named_functions(Path(path).expanduser()) if one.isprintable()]
    if colon or found:
        return [CompletionItem(f"{path}:{one}") for one in found if one.startswith(name)]
    return [CompletionItem(incomplete, type="file", unfinished=True)]


def specs(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the specs that stand here."""
    del parameter
    return _fitting(ctx, incomplete, _specs)


def workspaces(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the workspaces that have been used here."""
    del parameter
    return _fitting(ctx, incomplete, _workspaces)


def services(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the services that the policy names, and those that have scenarios."""
    del parameter
    return _fitting(ctx, incomplete, _services)


def evaluations(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the ids of the evaluations that are kept here, but for those named already."""
    del parameter
    named = set(map(str, ctx.params.values()))
    return [one for one in _fitting(ctx, incomplete, _evaluations) if one not in named]


def branches(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the local branches."""
    del parameter
    return _fitting(ctx, incomplete, _branches)


def optimizers(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the optimizers that there are."""
    del ctx, parameter
    from sigil.search.optimizers import optimizer_names

    return [one for one in optimizer_names() if one.startswith(incomplete)]


def providers(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the providers that there are."""
    del ctx, parameter
    from sigil.llm.provider import provider_names

    return [one for one in provider_names() if one.startswith(incomplete)]


def _fitting(
    ctx: click.Context, incomplete: str, known: Callable[[Path], Iterable[str]]
) -> list[str]:
    from sigil.cli.options import repository_or_none

    found: list[str] = []
    with suppress(Exception):  # a line that is being typed is no place for an error
        given = ctx.params.get("repo_root")
        root = repository_or_none(given if isinstance(given, Path) else None)
        found += [] if root is None else known(root)
    return sorted(one for one in set(found) if one.startswith(incomplete) and _PLAIN.fullmatch(one))


def _specs(root: Path) -> Iterable[str]:
    return (path.name.removesuffix(_SPEC) for path in (root / ".sigil").glob(f"*{_SPEC}"))


def _workspaces(root: Path) -> Iterable[str]:
    return (path.name for path in (root / ".sigil").glob("*/workspaces/*") if path.is_dir())


def _services(root: Path) -> Iterable[str]:
    folder = root / ".sigil" / "scenarios"
    with suppress(OSError):
        yield from (one.name for one in folder.iterdir() if (one / "bundle.json").is_file())
        yield from (one.name for one in folder.iterdir() if (one / "visible").is_dir())
    with suppress(Exception):  # a policy that is being written
        from sigil.cli.scenario.choosing import policy_of

        policy = policy_of(root)
        yield from () if policy is None else policy.gate.services


def _evaluations(root: Path) -> Iterable[str]:
    from sigil.gate.record import dossier

    return dossier.names(root)


def _branches(root: Path) -> Iterable[str]:
    from sigil.store.git_command import run_git

    asked = ("for-each-ref", "--count=200", "--format=%(refname)", _BRANCHES)
    listed = run_git(*asked, folder=root, timeout_s=_GIT_S).stdout.splitlines()
    return [line.removeprefix(_BRANCHES) for line in listed]
