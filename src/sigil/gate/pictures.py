"""Screenshots: text in a recorded call, files for the operator.

A screenshot is a reply like any other, as a ``data:`` URL, so it is recorded and sealed with the
calls. Those of the visible half are files as well; of a holdout there is never one.

What a page shows is on them: a service that prints a secret has it photographed.

Not here: taking them (`sigil.gate.browser`), the page that they are shown on
(`sigil.gate.view.page`).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sigil.gate.effects import Json
from sigil.gate.sittings import Observed
from sigil.store.files import make_directory, read_file, write_atomic

FOLDER: Final = "screenshots"
_PREFIX: Final = "data:image/png;base64,"


def as_text(png: bytes) -> str:
    """Return a picture as a ``data:`` URL."""
    return _PREFIX + base64.b64encode(png).decode()


def picture(reply: Json) -> bytes | None:
    """Return the PNG in a reply; None for any other reply."""
    if not isinstance(reply, str) or not reply.startswith(_PREFIX):
        return None
    try:
        return base64.b64decode(reply.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        return None


def keep_pictures(folder: Path, observed: Sequence[Observed]) -> list[Path]:
    """Write the screenshots of visible scenarios, below ``folder/screenshots``.

    Returns:
        The files: ``billing/dashboard.pr.0.1.png`` is the first one on that side, in that repeat,
        so what is shown begins with the scenario's id.

    Raises:
        DiskFull, Unwritable: one cannot be written.
    """
    written: list[Path] = []
    for one in observed:
        sitting = one.sitting
        if sitting.scenario.half != "visible":
            continue
        taken = [
            picture(answered.reply)
            for answered in one.answered
            if answered.call.kind == "browser" and answered.call.request["action"] == "screenshot"
        ]
        name = f"{sitting.scenario.id}.{sitting.side}.{sitting.repeat}"
        for number, png in enumerate((png for png in taken if png is not None), 1):
            path = folder / FOLDER / f"{name}.{number}.png"
            make_directory(path.parent)
            write_atomic(path, png)
            written.append(path)
    return written


def read_pictures(folder: Path) -> dict[str, str]:
    """Return the screenshots that are files, as ``data:`` URLs by name, in the order of names."""
    files = {
        path.relative_to(folder / FOLDER).as_posix().removesuffix(".png"): path
        for path in (folder / FOLDER).rglob("*.png")
    }
    return {name: as_text(read_file(path)) for name, path in sorted(files.items())}
