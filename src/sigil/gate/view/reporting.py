"""The operator's view of an evaluation: what failed, with frames, out of its dossier.

Frames of the visible half need no key. Those of holdouts are opened for a terminal, by whoever has
the key, and are written nowhere.

Not here: the author's view (`sigil.gate.feedback`), the files (`sigil.gate.record.dossier`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from sigil.errors import Corrupt, NotFound, Where
from sigil.gate.bundle.keys import Identities
from sigil.gate.bundle.read import Bundle, read_bundle
from sigil.gate.evaluator import open_bundle, open_observations
from sigil.gate.model import Evidence, Priority, Scenario, Status
from sigil.gate.record import dossier
from sigil.gate.record.dossier import Kept
from sigil.gate.sittings import Observed
from sigil.gate.trees import CommitTree
from sigil.gate.view.frames import Frames, failure_frame
from sigil.store.files import read_file

_ENDED = {
    Status.FAIL: "failed",
    Status.ERROR: "ended in an error",
    Status.INCONCLUSIVE: "is inconclusive",
}


def exam_of(root: Path, folder: Path) -> Bundle:
    """Return the exam that an evaluation was about, with its sealed half closed.

    Raises:
        SealBroken: git no longer holds the exam of that time.
        Corrupt: the dossier was changed.
    """
    found = dossier.read_summary(folder)
    bundle = read_bundle(CommitTree(root, found.commits["control"]), found.service)
    taken = found.provenance
    if taken is None or bundle.manifest.set_hash != taken.scenarios:
        raise Corrupt(
            "names another exam than its commit holds", where=Where(str(folder / dossier.EVAL))
        )
    return bundle


def opened(
    root: Path, folder: Path, identities: Identities
) -> tuple[dict[str, Scenario], list[Kept]]:
    """Return the whole exam by id, and all that was observed.

    Raises:
        SealBroken: no key fits, or something was changed.
        NotFound: nothing was observed.
    """
    path = folder / dossier.SEALED
    if not path.exists():
        raise NotFound(
            "nothing was observed in this evaluation, so nothing can be shown or repeated",
            where=Where(str(path)),
            remedy=f"sigil report {folder.name} says what failed before",
        )
    scenarios = open_bundle(exam_of(root, folder), identities).scenarios
    data = open_observations(read_file(path), identities, Where(str(path)))
    return {one.id: one for one in scenarios}, dossier.parse_observations(data)


def frames(scenarios: Mapping[str, Scenario], sat: Sequence[Kept]) -> Frames:
    """Return the picture of each way in which a scenario did not pass, with where it was seen.

    Args:
        scenarios: by id; a sitting of another one is left out.
        sat: of any side; sittings that ended in the same way are one picture.
    """
    alike: dict[tuple[str, Status, Evidence], list[Kept]] = {}
    for one in sat:
        if one.evidence is not None and one.scenario in scenarios:
            alike.setdefault((one.scenario, one.result.status, one.evidence), []).append(one)
    drawn: dict[bool, list[str]] = {True: [], False: []}
    for (name, status, evidence), same in alike.items():
        picture = failure_frame(
            scenarios[name],
            evidence,
            priority=_priority(same[0]),
            outcome=_ENDED[status],
            roll_up=[_seen(same), *_told(same[0])],
        )
        drawn[any(one.side == "pr" for one in same)].append(picture)
    return Frames(tuple(drawn[True]), tuple(drawn[False]))


def frame(observed: Observed) -> str:
    """Return the picture of why a scenario did not pass in a rehearsal, which has no two sides."""
    assert observed.evidence is not None  # else it passed, and there is nothing to show
    return failure_frame(
        observed.sitting.scenario,
        observed.evidence,
        priority=_priority(dossier.kept(observed)),
        outcome=_ENDED[observed.result.status],
    )


def _priority(sat: Kept) -> Priority:
    return Priority.P0 if sat.declared is None else sat.declared.priority


def _told(sat: Kept) -> list[str]:
    """Return what the author's view calls a holdout: there each has a letter by chance."""
    return [f"called {sat.told_as} in the feedback of this evaluation"] if sat.told_as else []


def _seen(same: Sequence[Kept]) -> str:
    """Return on which side, and if it was repeated how often."""
    sides = Counter(one.side for one in same)
    is_repeated = any(one.repeat for one in same)
    told = [
        f"{name} ({sides[side]} times)" if is_repeated and sides[side] > 1 else name
        for side, name in (("pr", "the change"), ("baseline", "its baseline"))
        if side in sides
    ]
    return f"seen on {' and '.join(told)}"
