"""The operator's view of an evaluation: what failed, with frames, out of its dossier.

Frames of the visible half need no key. Those of holdouts are opened for a terminal, by whoever has
the key, and are written nowhere.

Not here: the author's view (`sigil.gate.feedback`), the files (`sigil.gate.dossier`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sigil.errors import Corrupt, Where
from sigil.gate import dossier
from sigil.gate.bundle import Bundle, read_bundle
from sigil.gate.dossier import Kept
from sigil.gate.evaluator import open_bundle, open_observations
from sigil.gate.frames import failure_frame
from sigil.gate.keys import Identities
from sigil.gate.model import Priority, Scenario, Status
from sigil.gate.trees import CommitTree
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
    if taken is not None and bundle.manifest.set_hash != taken.scenarios:
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
    scenarios = open_bundle(exam_of(root, folder), identities).scenarios
    path = folder / dossier.SEALED
    data = open_observations(read_file(path), identities, Where(str(path)))
    return {one.id: one for one in scenarios}, dossier.parse_observations(data)


def frames(scenarios: Mapping[str, Scenario], sat: Sequence[Kept]) -> list[str]:
    """Return the picture of each sitting that did not pass.

    Args:
        scenarios: by id; a sitting of another one is left out.
        sat: of any side.
    """
    return [
        failure_frame(
            scenarios[one.scenario],
            one.evidence,
            priority=Priority.P0 if one.declared is None else one.declared.priority,
            outcome=_ENDED[one.result.status],
        )
        for one in sat
        if one.evidence is not None and one.scenario in scenarios
    ]
