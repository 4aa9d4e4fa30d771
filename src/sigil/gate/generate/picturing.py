"""The picture of why a visible scenario was refused, which no file shows because none is written.

Pure. Not here: how a failure is drawn (`sigil.gate.view.frames`), which of them are shown
(`sigil.cli`).
"""

from __future__ import annotations

from dataclasses import replace

from sigil.gate.generate.traceability import lines_of
from sigil.gate.generate.validating import Validation
from sigil.gate.intent import Intent
from sigil.gate.model import Status
from sigil.gate.view.frames import failure_frame

_ENDED = {
    Status.FAIL: "failed",
    Status.ERROR: "ended in an error",
    Status.INCONCLUSIVE: "is inconclusive",
}


def picture(found: Validation, intent: Intent) -> str | None:
    """Return what a scenario stopped at on the baseline, with the line of its claim.

    Args:
        found: of a scenario.
        intent: that it stems from.

    Returns:
        None where there is nothing to show: of a holdout, and of what never ran.
    """
    if found.evidence is None or found.baseline is None:
        return None
    scenario = found.candidate.scenario(intent.path, {})
    lines = lines_of(intent)
    claims = [f"{intent.path}:{lines[clause]}: {clause}" for clause in found.candidate.clauses]
    return failure_frame(
        replace(scenario, path=f"visible/{scenario.id}.lua"),
        found.evidence,
        priority=intent.priority,
        outcome=_ENDED[found.baseline],
        roll_up=[f"it asks for {', '.join(claims)}", "it is refused, so there is no such file"],
    )
