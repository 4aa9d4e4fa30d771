"""What is kept of an evaluation, below ``.sigil/gate/<eval>/``.

    eval.json            what was compared, scores, decision, troubles: as `sigil eval --json`
    feedback.json        what the change's author may read
    visible.json         the visible half as the operator sees it: results and evidence
    observations.age     every call with its reply, both halves, sealed for the exam's recipients
    screenshots/         of the visible half (`sigil.gate.pictures`)
    exchanges.age        what models were asked and said, sealed likewise; only if there were any
    compared_….age       the same of `sigil compare`, which asks other judges afterwards

Holdouts are in the sealed ones alone. A value of the vault is in no text: what is handed in holds
its name in its place (`sigil.gate.secrets`), and is repeated with the name.

Not here: repeating it (`sigil.gate.repeating`), printing it (`sigil.gate.view.present`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from sigil.canonical import digest, snapshot_json
from sigil.errors import Corrupt, NotFound, Where
from sigil.gate.effects import Answered
from sigil.gate.feedback import Feedback
from sigil.gate.model import Declared, Evidence, Result, SideName
from sigil.gate.pictures import keep_pictures
from sigil.gate.record.summary import Summary
from sigil.gate.sittings import Observed, Written
from sigil.store.disk_errors import read_error
from sigil.store.files import make_directory, read_file, temporary_directory, write_atomic

FOLDER = ".sigil/gate"
EVAL = "eval.json"
FEEDBACK = "feedback.json"
VISIBLE = "visible.json"
SEALED = "observations.age"
EXCHANGES = "exchanges.age"


@dataclass(frozen=True, slots=True)
class Kept:
    """A sitting as it is kept.

    Args:
        scenario: its id.
        side: where.
        repeat: from 0.
        seed: of its generators.
        declared: what the scenario says of itself; None if it is none.
        result: what scores are made of.
        evidence: why it did not pass.
        elapsed_ms: wall clock.
        answered: every call with its reply; empty where it is not sealed.
        told_as: what the feedback of this evaluation calls a holdout.
        is_whole: whether its calls are all there.
        written: where values of the vault stand in its own text; empty where it is not sealed.
    """

    scenario: str
    side: SideName
    repeat: int
    seed: int
    declared: Declared | None
    result: Result
    evidence: Evidence | None
    elapsed_ms: int
    answered: tuple[Answered, ...] = ()
    told_as: str = ""
    is_whole: bool = True
    written: tuple[Written, ...] = ()


def kept(observed: Observed) -> Kept:
    """Return what is kept of a sitting."""
    sitting = observed.sitting
    return Kept(
        scenario=sitting.scenario.id,
        side=sitting.side,
        repeat=sitting.repeat,
        seed=sitting.seed,
        declared=observed.declared,
        result=observed.result,
        evidence=observed.evidence,
        elapsed_ms=observed.elapsed_ms,
        answered=observed.answered,
        told_as=observed.told_as,
        is_whole=observed.is_whole,
        written=observed.written,
    )


# --- files ------------------------------------------------------------------------------


def folder_of(root: Path, name: str) -> Path:
    """Return the folder of an evaluation."""
    return root / FOLDER / name


def refuse_unwritable(root: Path, seal: Callable[[bytes], bytes]) -> None:
    """Try to write below the folder of evaluations, before there is anything to lose.

    Args:
        root: the repository.
        seal: encrypts for those who shall read it.

    Raises:
        DiskFull, Unwritable: it cannot be written.
        InvalidValue: nothing can be sealed for them.
    """
    make_directory(root / FOLDER)
    sealed = seal(b"")
    with temporary_directory(root / FOLDER) as tried:
        write_atomic(tried / SEALED, sealed)


def keep_observations(
    folder: Path, observed: Sequence[Observed], seal: Callable[[bytes], bytes]
) -> str:
    """Write what was observed, before anything is decided on it; return its digest as sealed.

    Args:
        folder: which need not exist yet.
        observed: of both halves.
        seal: encrypts for the exam's recipients.

    Raises:
        DiskFull, Unwritable: it cannot be written.
    """
    make_directory(folder)
    everything = [kept(one) for one in observed]
    visible = {
        one.sitting.scenario.id for one in observed if one.sitting.scenario.half == "visible"
    }
    shown = [replace(one, answered=(), written=()) for one in everything if one.scenario in visible]
    sealed = seal(msgspec.msgpack.encode(everything))
    write_atomic(folder / SEALED, sealed)
    write_atomic(folder / VISIBLE, snapshot_json(msgspec.to_builtins(shown)))
    keep_pictures(folder, observed)
    return digest(sealed)


def keep_exchanges(
    folder: Path, exchanges: bytes, seal: Callable[[bytes], bytes], name: str = EXCHANGES
) -> None:
    """Write what models were asked and said, if they were.

    Args:
        folder: of the evaluation.
        exchanges: one JSON object a line.
        seal: encrypts for those who shall read it.
        name: of the file.

    Raises:
        DiskFull, Unwritable: it cannot be written.
    """
    if exchanges:
        make_directory(folder)
        write_atomic(folder / name, seal(exchanges))


def keep_summary(folder: Path, found: Summary, told: Feedback) -> None:
    """Write what it came to.

    Raises:
        DiskFull, Unwritable: it cannot be written.
    """
    make_directory(folder)
    write_atomic(folder / FEEDBACK, snapshot_json(plain(told)))
    write_atomic(folder / EVAL, snapshot_json(plain(found)))


def plain(part: Summary | Feedback) -> dict[str, Any]:
    """Return a part of a dossier as JSON-like values."""
    return msgspec.to_builtins(part)


def names(root: Path) -> list[str]:
    """Return the ids of the evaluations that are kept, oldest first.

    Raises:
        Unreadable: the system refuses.
    """
    folder = root / FOLDER
    try:
        kept = [path.name for path in folder.iterdir() if (path / EVAL).is_file()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as refused:
        raise read_error(refused, folder) from refused
    return sorted(kept)


def find(root: Path, name: str | None) -> Path:
    """Return the folder of an evaluation: of the latest if ``name`` is None.

    Raises:
        NotFound: there is none.
        Unreadable: the system refuses.
    """
    known = names(root)
    if name is None and known:
        return folder_of(root, known[-1])
    if name not in known:
        raise NotFound(
            "there is no evaluation" if name is None else f"there is no evaluation {name} here",
            where=Where(FOLDER),
            remedy="sigil eval REF --service S"
            if name is None
            else "it may be kept where it was held: another machine, or a job of the CI",
        )
    return folder_of(root, name)


def read_summary(folder: Path) -> Summary:
    """Return what an evaluation came to.

    Raises:
        NotFound: there is no such file.
        Corrupt: it is not as it was written.
    """
    return _read(folder / EVAL, Summary)


def read_feedback(folder: Path) -> Feedback:
    """Return what the author of a change may read.

    Raises:
        NotFound, Corrupt: as `read_summary`.
    """
    return _read(folder / FEEDBACK, Feedback)


def read_visible(folder: Path) -> list[Kept]:
    """Return the visible half of a dossier; nothing where nothing was run.

    Raises:
        Corrupt: it is not as it was written.
    """
    try:
        return _read(folder / VISIBLE, list[Kept])
    except NotFound:
        return []


def parse_observations(data: bytes) -> list[Kept]:
    """Return what was sealed.

    Raises:
        Corrupt: it is of another shape.
    """
    try:
        return msgspec.msgpack.decode(data, type=list[Kept])
    except (msgspec.DecodeError, RecursionError) as error:
        raise Corrupt("holds no observations", where=Where(SEALED)) from error


def _read(path: Path, kind: Any) -> Any:
    try:
        return msgspec.json.decode(read_file(path), type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Corrupt(
            f"is not as it was written: {error}", where=Where(str(path)), remedy="sigil eval again"
        ) from error
