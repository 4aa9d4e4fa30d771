"""What is no longer as it was when a run began? Which input, and which files or settings of it.

The adapters of other evals are no input; runs of old had them in their trees, so such a tree is
the same if nothing else of it differs.

Not here: what a run is a function of (`sigil.optimize.session`).
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Mapping
from typing import Any, cast

from sigil.errors import InvalidValue, Where
from sigil.optimize.plan import Plan
from sigil.optimize.workbench import foreign_adapters, whole_tree
from sigil.optimize.workspace import candidate_files, load_history
from sigil.sandbox.base import Base, changed_since
from sigil.store.records import RunRecord

_NAMED_AT_MOST = 3


def check_inputs(record: RunRecord, snapshots: Mapping[str, bytes], plan: Plan, base: Base) -> None:
    """Refuse to go on with, or to replay, a run whose inputs are not what they were.

    Args:
        record: of the run.
        snapshots: the `sigil.optimize.session.frozen_inputs` of now.
        plan: of now.
        base: the frozen tree of now.

    Raises:
        InvalidValue: names the first input that differs, and which of its files do.
        Corrupt: the record is not what was written.
    """
    for name, data in snapshots.items():
        began_with = record.snapshot(name)
        if began_with == data or (name == "tree" and _is_as_of_old(began_with, plan, base)):
            continue
        aside = foreign_adapters(plan.spec, plan.definition)
        what = said(name, began_with, data, base, aside)
        problem = f"{what} from what this run began with"
        remedy = "undo that, or begin a new run"
        if name == "pinned" and _is_applied(record, snapshots, plan, base):
            files = _keys(_fields(began_with), _fields(data))
            problem = f"{_files('pinned file', files, 'holds', 'hold')} this run's winner by now"
            remedy = (
                "put back what the run began with, from a commit before that: "
                f"git checkout COMMIT -- {shlex.join(files)}"
            )
        raise InvalidValue(problem, where=Where(record.directory.name), remedy=remedy)


def _is_as_of_old(then: bytes, plan: Plan, base: Base) -> bool:
    """Return whether a tree differs only in adapters of other evals."""
    digest = str(_fields(then).get("digest"))
    changed = changed_since(base, digest)
    if changed is not None:
        return set(changed) <= {*foreign_adapters(plan.spec, plan.definition)}
    return whole_tree(plan.spec, plan.definition).digest == digest


def _is_applied(record: RunRecord, snapshots: Mapping[str, bytes], plan: Plan, base: Base) -> bool:
    """Return whether all that differs is that the pinned files are as the winner has them."""
    kept = {name: record.snapshot(name) for name in snapshots}
    if any(kept[name] != snapshots[name] for name in snapshots.keys() - {"pinned", "tree"}):
        return False
    history = load_history(record.directory)
    if history.winner is None:
        return False
    began_with, now = _fields(kept["pinned"]), _fields(snapshots["pinned"])
    if candidate_files(history, history.chosen(None), began_with) != now:
        return False
    changed = changed_since(base, str(_fields(kept["tree"]).get("digest"))) or []
    return {*changed} <= {*now, *foreign_adapters(plan.spec, plan.definition)}


def said(name: str, then: bytes, now: bytes, base: Base, aside: Collection[str] = ()) -> str:
    """Return what differs, as a subject with its verb, such as ``the pinned file a.py differs``.

    Args:
        name: of the input, as `sigil.optimize.session.frozen_inputs` has it.
        then: its snapshot in the record.
        now: its snapshot now; another one.
        base: the frozen tree of now.
        aside: files that are not named, since they are no part of the tree by now.
    """
    if name in {"spec", "eval"}:
        return f"the {name} differs"
    if name == "prompts":
        return "the text of the prompts differs"
    before, after = _fields(then), _fields(now)
    if name == "tree":
        # None where its frozen copy has left the cache: nobody knows which they are.
        changed = changed_since(base, str(before.get("digest"))) or []
        return _files("file", [path for path in changed if path not in aside])
    keys = _keys(before, after)
    if name == "search":
        return f"how it searches ({_listed(keys)}) differs"
    return _files("pinned file" if name == "pinned" else "input file", keys)


def _fields(data: bytes) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(data))


def _keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the keys, in order, whose values are not the same."""
    gone = object()
    return sorted(key for key in {*before, *after} if before.get(key, gone) != after.get(key, gone))


def _files(noun: str, paths: list[str], one: str = "differs", several: str = "differ") -> str:
    if not paths:
        return "the tree differs"
    many = len(paths) > 1
    return f"the {noun}{'s' * many} {_listed(paths)} {several if many else one}"


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED_AT_MOST
    return ", ".join(names[:_NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
