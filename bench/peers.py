"""Sigil beside its peers: the same task, the same model, in the same run.

Each side runs in a process of its own, from its start to its exit, with two workers, asking a
model that answers at once with another valid program. Then one answer of twelve is hostile, and
a table says in a word what came of it on each side.

    python -m bench peers
    SIGIL_BENCH_CANDIDATES=40 python -m bench peers       fewer candidates
    SIGIL_BENCH_ROUNDS=1 python -m bench peers            one turn each instead of three
    SIGIL_BENCH_PEERS=gepa,openevolve python -m bench peers
    SIGIL_BENCH_PEERS=0 python -m bench peers             the hostile ones for Sigil alone

The peers are installed from PyPI at first use (`bench.peers_programs.installing`). One that
cannot be installed or run is said to be skipped, and why.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.peers_programs.bounded import Ran, run_bounded
from bench.peers_programs.hostile import HOSTILE, SECRET, Hostile
from bench.peers_programs.installing import NotInstalled, Peer, python_of
from bench.peers_programs.task import score
from bench.row import Row

PEERS = (
    Peer("OpenEvolve", "openevolve", "0.4.0", "run_openevolve.py"),
    Peer("ShinkaEvolve", "shinka-evolve", "0.0.7", "run_shinka.py", isolates=True),
    Peer("GEPA", "gepa", "0.1.4", "run_gepa.py"),
    Peer("SkyDiscover", "skydiscover", "0.1.0", "run_skydiscover.py"),
)
CANDIDATES = int(os.environ.get("SIGIL_BENCH_CANDIDATES", "200"))
ROUNDS = int(os.environ.get("SIGIL_BENCH_ROUNDS", "3"))
FEW = 12
SECONDS, HOSTILE_SECONDS = 300, 60
AHEAD_OF_ISOLATING, AHEAD_OF_OTHERS = 3, 1
EXACT = 1 - 1e-9
RIGHT = score([0.0, 0.0, 0.0])
"""Of the model's first answer, the best of the honest ones."""
PROGRAMS = Path(__file__).with_name("peers_programs")


@dataclass(frozen=True, slots=True)
class Side:
    """Sigil or a peer, ready to run.

    Args:
        name: for the table.
        command: its interpreter and driver.
        isolates: whether a candidate runs in a process of its own.
    """

    name: str
    command: tuple[str, ...]
    isolates: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """What one run of one side came to.

    Args:
        ran: how its process ended.
        candidates: distinct programs evaluated, the unchanged one not counted.
        asking_s: from its first request to the model to its last.
        result: what its driver wrote; empty if it did not get there.
        files: what it left in its temporary folder.
    """

    ran: Ran
    candidates: int
    asking_s: float
    result: dict[str, Any]
    files: tuple[str, ...]


def rows() -> Iterator[Row]:
    """Yield candidates a second and processor time, then how often hostile ones did harm."""
    ours = Side("Sigil", (sys.executable, str(PROGRAMS / "run_sigil.py")), isolates=True)
    sides = [ours, *installed()]
    yield from rates(sides)
    yield from harm(sides)


def installed() -> Iterator[Side]:
    """Yield the peers that can be had here, and say of the others why not."""
    chosen = os.environ.get("SIGIL_BENCH_PEERS", "")
    for peer in PEERS:
        if chosen and peer.package not in chosen.split(","):
            continue
        try:
            python = python_of(peer)
        except NotInstalled as failed:
            print(f"  {peer.name} {peer.version}: skipped, not installed: {failed}", flush=True)
            continue
        yield Side(peer.name, (str(python), str(PROGRAMS / peer.program)), peer.isolates)


def rates(sides: list[Side]) -> Iterator[Row]:
    """Yield how fast each side is, and what a candidate costs, beside ours."""
    found = taking_turns(sides)
    ours, *peers = [side for side in sides if side.name in found]

    def beside(peer: Side, measure: Callable[[Finding], float]) -> tuple[float, float, str]:
        us, them = (statistics.median(map(measure, found[side.name])) for side in (ours, peer))
        return us, them, peer.name

    for peer in peers:
        name = f"{CANDIDATES} candidates end to end, beside {peer.name}"
        least = AHEAD_OF_ISOLATING if peer.isolates else AHEAD_OF_OTHERS
        yield Row(name, *beside(peer, rate), "1/s", at_least=least)
    for peer in peers:
        yield Row(f"candidates once asking, beside {peer.name}", *beside(peer, steady), "1/s")
    for peer in peers:
        name = f"processor time a candidate, beside {peer.name}"
        yield Row(name, *beside(peer, cpu_ms), "ms")


def taking_turns(sides: list[Side]) -> dict[str, list[Finding]]:
    """Return what `ROUNDS` searches of each side found, by name.

    One after the other in each round, so that what else the machine does falls on all of them.
    A peer that does not run is skipped from then on.
    """
    found: dict[str, list[Finding]] = {side.name: [] for side in sides}
    for side in sides * ROUNDS:
        if side.name not in found:
            continue
        finding = searched(side, CANDIDATES, SECONDS)
        if finding.candidates and finding.ran.code == 0 and finding.result:
            found[side.name].append(finding)
        elif side is sides[0]:
            raise SystemExit(f"{side.name} itself did not run: {reason(finding)}")
        else:
            del found[side.name]
            print(f"  {side.name}: skipped, {reason(finding)}", flush=True)
    return found


def harm(sides: list[Side]) -> Iterator[Row]:
    """Print what came of each hostile program; yield how many of them did harm to Sigil."""
    print(f"  {'':<18}" + "".join(f"{side.name:>14}" for side in sides), flush=True)
    words: dict[str, list[str]] = {side.name: [] for side in sides}
    files = 0
    for hostile in HOSTILE:
        for side in sides:
            finding = searched(side, FEW, HOSTILE_SECONDS, hostile)
            words[side.name].append(word(finding, hostile))
            files += len(finding.files) if side is sides[0] else 0
        line = "".join(f"{words[side.name][-1]:>14}" for side in sides)
        print(f"  {hostile.name:<18}{line}", flush=True)
    for side in sides:
        name = f"hostile programs that did harm, {side.name}"
        count = sum(said != "held" for said in words[side.name])
        yield Row(
            name, count, None, "", f"of {len(HOSTILE)}", at_most=None if side in sides[1:] else 0
        )
    yield Row("temporary files that Sigil left of these", files, None, "", "", at_most=0)


def searched(side: Side, count: int, seconds: float, hostile: Hostile | None = None) -> Finding:
    """Let one side search ``count`` candidates, in at most ``seconds``."""
    with tempfile.TemporaryDirectory(prefix="sigil-bench-") as name:
        place = Path(name)
        folder, scratch, log = place / "run", place / "tmp", place / "evaluated"
        folder.mkdir()
        scratch.mkdir()
        environment = {
            **{key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ},
            "PYTHONPATH": f"{PROGRAMS}:{PROGRAMS.parents[1]}",
            "XDG_CACHE_HOME": str(place / "cache"),
            "TMPDIR": str(scratch),
            "BENCH_EVALUATED": str(log),
            "OPENAI_API_KEY": SECRET,
        }
        with served(place, hostile) as (url, asking_s):
            command = (*side.command, url, str(count), str(folder))
            ran = run_bounded(command, environment, folder, seconds)
        written = folder / "result.json"
        result = json.loads(written.read_text()) if written.exists() else {}
        seen = set(log.read_text().split()) if log.exists() else set[str]()
        return Finding(
            ran,
            result.get("evaluated", max(0, len(seen) - 1)),
            asking_s(),
            result,
            tuple(sorted(path.name for path in scratch.iterdir())),
        )


@contextmanager
def served(place: Path, hostile: Hostile | None) -> Iterator[tuple[str, Callable[[], float]]]:
    """Run the model in a process of its own; yield its address and, for later, its seconds."""
    command = [sys.executable, str(PROGRAMS / "model.py")]
    if hostile:
        program = place / "hostile.py"
        program.write_text(hostile.program)
        command.append(str(program))
    said: list[str] = []
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip(), lambda: float(said[0])
        said.append(server.communicate()[0])


def word(finding: Finding, hostile: Hostile) -> str:
    """Return in a word what came of a hostile program: ``held`` if no harm did."""
    ran, result = finding.ran, finding.result
    if not result or ran.code is None:
        return {None: "hung", 0: "ended"}.get(ran.code, "crashed")
    if ran.left:
        return "orphaned"
    if got(finding, hostile):
        return hostile.got or "believed"
    if finding.candidates < FEW - 1:
        return "stopped"
    return "held" if abs(result["score"] - RIGHT) < 1e-9 else "wrong"


def got(finding: Finding, hostile: Hostile) -> bool:
    """Say whether a hostile program got what it was after."""
    filled = 0 < hostile.peak_mib < finding.ran.peak_mib
    return filled or finding.result["score"] > EXACT or bool(finding.result.get("accepted"))


def reason(finding: Finding) -> str:
    """Return why a run has no figures."""
    if finding.ran.code is None:
        return f"did not end in {SECONDS} s"
    lines = finding.ran.said.strip().splitlines()
    return f"exit {finding.ran.code}: {lines[-1] if lines else 'said nothing'}"


def rate(finding: Finding) -> float:
    """Return candidates a second, from the start of the process to its exit."""
    return finding.candidates / finding.ran.elapsed_s


def steady(finding: Finding) -> float:
    """Return candidates a second while it asks the model: without its start and its end."""
    return finding.candidates / finding.asking_s


def cpu_ms(finding: Finding) -> float:
    """Return processor time a candidate, in ms."""
    return 1000 * finding.ran.cpu_s / finding.candidates
