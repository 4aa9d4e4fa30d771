"""Whole runs under every optimizer: workers, resuming, second measurements, parameters."""

import json
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from sigil import errors
from sigil.cli.planning import make_plan
from sigil.cli.progress import Silent
from sigil.optimize import searching as running
from sigil.optimize import shelf
from sigil.optimize.history import History
from sigil.optimize.report import Summary
from sigil.optimize.run import run
from sigil.optimize.spec import load_spec
from sigil.optimize.workspace import load_history, open_workspace
from sigil.search.model import Outcome, Proposal, View
from sigil.search.patch import diff
from sigil.store.frames import encode
from sigil.store.journal import read
from sigil.store.records import JOURNAL, RunRecord
from sigil.store.verify import verify

OPTIMIZERS: dict[str, tuple[str, dict[str, int]]] = {
    "simple": ("simple", {}),
    "best-of-n": ("best-of-n", {}),
    "alphaevolve": ("alphaevolve", {}),
    "alphaevolve with grids": ("alphaevolve", {"islands": 1, "features": 3, "bins": 16}),
    "tree": ("tree", {}),
    "anneal": ("anneal", {"cooling": 10}),
    "mads": ("mads", {}),
    "bandit-rl": ("bandit-rl", {}),
}
NOISY = """\
version: "0.1"
name: points
inputs: {cases: [1, 2]}
metrics:
  - {id: same, kind: call, measure: matches}
  - {id: latency, kind: call, measure: time}
aggregate: {objective: "min(latency) subject_to same==true"}
accept: {rule: latency <= 0.5 * baseline.latency}
budgets: {precision: 0.5, max_blocks: 12}
replay: {seed: 1}
"""
LOOP = """\
def square(x):
    total = 0
    for i in range({turns}):
        total += x
    return x
"""


class Constants:
    """Proposes to return another number, or the argument times one; can be put down."""

    name = "constants"

    def __init__(self) -> None:
        self.told = 0

    def ask(self, view: View, count: int) -> list[Proposal]:
        return [self.propose(view) for _ in range(count)]

    def propose(self, view: View) -> Proposal:
        parent = view.parents[view.random.randrange(len(view.parents))]
        text = f"def square(x):\n    return {view.random.choice(['', 'x * ', '-x + '])}{{}}\n"
        after = {"square.py": text.format(view.random.randrange(10_000 + self.told))}
        return Proposal(parent.id, diff(parent.files, after), self.name, seed=view.seed)

    def tell(self, proposal: Proposal, outcome: Outcome) -> None:
        self.told += 1


class Shorter:
    """Proposes the loop with ever fewer turns, so that each is an elite whatever the noise."""

    name = "shorter"

    def __init__(self) -> None:
        self.turns = 2000.0

    def ask(self, view: View, count: int) -> list[Proposal]:
        return [self.propose(view) for _ in range(count)]

    def propose(self, view: View) -> Proposal:
        self.turns /= 1.6
        after = {"square.py": LOOP.format(turns=int(self.turns))}
        return Proposal(view.parents[0].id, diff(view.parents[0].files, after), self.name)

    def tell(self, proposal: Proposal, outcome: Outcome) -> None:
        """Learn nothing."""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(params=OPTIMIZERS)
def optimizer(repository: Path, request: pytest.FixtureRequest) -> str:
    """Return the name of each optimizer, whose parameters stand in the repository."""
    name, params = OPTIMIZERS[request.param]
    config = json.dumps({"optimizer_params": {name: params}})
    (repository / ".sigil" / "sigil.yaml").write_text(config)
    return name


@pytest.fixture
def _put_down_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "LEAST", 8)
    monkeypatch.setattr(running, "make_proposers", lambda *_: [Constants()])


@pytest.fixture(autouse=True)
def _no_goal(repository: Path) -> None:
    path = repository / ".sigil" / "points.eval.yaml"
    path.write_text(path.read_text().replace("    goal: 1\n", ""))


def search(repository: Path, workspace: str = "w", resume: bool = False, **flags: Any) -> Summary:
    spec = load_spec(repository, "square")
    place = open_workspace(spec, workspace)
    existing = place.find_run() if resume else None
    plan = make_plan(spec, None, {"num": 4, "lanes": 2, **flags}, recorded=existing)
    return run(plan, place, Silent(), existing=existing)


def tried(history: History) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [(one.ids, one.again) for one in history.rounds]


def cut(folder: Path, rounds: int) -> None:
    """Leave of a run what a kill right after the asking of round ``rounds`` leaves."""
    RunRecord.open(folder).reopen()
    frames = list(read(folder / JOURNAL))
    asked = [frame.seq for frame in frames if frame.kind == "asked"]
    kept = frames[: asked[rounds - 1]]
    lines = [encode(frame.seq, frame.kind, frame.body, 0) for frame in kept]
    (folder / JOURNAL).write_bytes(b"".join(lines))


def test_the_number_of_lanes_changes_nothing_that_is_tried(
    repository: Path, optimizer: str
) -> None:
    found = [
        tried(search(repository, f"w{n}", lanes=n, budget_evals=24, optimizer=optimizer).history)
        for n in (1, 4)
    ]
    assert found[0] == found[1]


def test_a_run_that_was_killed_at_any_round_goes_on_as_if_it_had_not_been(
    repository: Path, optimizer: str
) -> None:
    whole = search(repository, optimizer=optimizer, budget_evals=24)
    expected = tried(whole.history)
    for rounds in range(1, len(expected) + 1, 3):
        cut(whole.run, rounds)
        resumed = search(repository, resume=True, budget_evals=24)
        assert tried(resumed.history) == expected
        assert verify(resumed.run).intact


@pytest.mark.usefixtures("_put_down_often")
def test_a_search_that_was_put_down_is_resumed_with_the_same_candidates(
    repository: Path, optimizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = search(repository, "whole", optimizer=optimizer, budget_evals=40)
    search(repository, "parts", optimizer=optimizer, budget_evals=28)
    taken: list[int] = []
    take_up = running.Shelf.take_up

    def watched(shelf: Any, history: History) -> Any:
        found = take_up(shelf, history)
        taken.append(found.rounds if found else 0)
        return found

    monkeypatch.setattr(running.Shelf, "take_up", watched)
    resumed = search(repository, "parts", resume=True, budget_evals=40)
    assert taken[0] >= 4
    assert tried(resumed.history) == tried(whole.history)


@pytest.mark.usefixtures("_put_down_often")
def test_without_its_state_a_search_is_rebuilt_from_the_journal_and_is_the_same(
    repository: Path, tmp_path: Path
) -> None:
    whole = search(repository, "whole", budget_evals=40)
    search(repository, "parts", budget_evals=28)
    states = list((tmp_path / "cache").rglob("*.search"))
    assert states
    for path in states:
        path.unlink()
    resumed = search(repository, "parts", resume=True, budget_evals=40)
    assert tried(resumed.history) == tried(whole.history)


def test_no_program_is_measured_twice(repository: Path) -> None:
    history = search(repository, budget_evals=60).history
    frames = [one for one in history.candidates.values() if one.evaluation]
    assert len(frames) == 60


def test_a_noisy_elite_is_measured_again_and_the_journal_says_so(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "make_proposers", lambda *_: [Shorter()])
    (repository / ".sigil" / "points.eval.yaml").write_text(NOISY)
    (repository / "square.py").write_text(LOOP.format(turns=2000))
    summary = search(repository, lanes=1, budget_evals=12)
    again = [name for one in summary.history.rounds for name in one.again]
    assert again
    kinds = [frame.kind for frame in read(summary.run / JOURNAL)]
    assert kinds.count("remeasured") == len(again)
    for name in again:
        candidate = summary.history.candidates[name]
        assert candidate.remeasured is not None
        assert candidate.screened == candidate.remeasured != candidate.evaluation
    assert len(again) == len(set(again))
    rounds = len(summary.history.rounds)
    cut(summary.run, rounds)
    resumed = search(repository, resume=True, lanes=1, budget_evals=14)
    assert tried(resumed.history)[:rounds] == tried(summary.history)


def test_parameters_come_from_sigil_yaml_and_are_part_of_the_run(repository: Path) -> None:
    plain = search(repository, "a", optimizer="alphaevolve", budget_evals=8)
    config = repository / ".sigil" / "sigil.yaml"
    config.write_text("optimizer_params: {alphaevolve: {islands: 2}}\n")
    other = search(repository, "b", optimizer="alphaevolve", budget_evals=8)
    facts = RunRecord.open(other.run).snapshot("search")
    assert b'"islands": 2' in facts
    assert plain.run.name[-8:] != other.run.name[-8:]
    config.unlink()
    assert load_history(search(repository, "b", resume=True, budget_evals=12).run).measured() == 12


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("optimizer_params: {alphaevolve: {island: 2}}", r"sigil\.yaml:1.*'island'.*islands"),
        ("optimizer_params: {alphaevolv: {}}", r"sigil\.yaml:1.*did you mean alphaevolve"),
        ("optimizer_params: {simple: {parents: many}}", r"sigil\.yaml:1.*from 1 to 64"),
    ],
)
def test_parameters_that_do_not_fit_are_one_line(repository: Path, text: str, message: str) -> None:
    (repository / ".sigil" / "sigil.yaml").write_text(f"{text}\n")
    with pytest.raises(errors.InvalidValue, match=message):
        search(repository)


def brings(monkeypatch: pytest.MonkeyPatch, *points: EntryPoint) -> None:
    found = {point.group: [p for p in points if p.group == point.group] for point in points}
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: found.get(group, []))


def test_a_proposer_of_a_plugin_joins_and_the_run_records_its_name(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brings(monkeypatch, EntryPoint("constants", f"{__name__}:Constants", "sigil.proposers"))
    summary = search(repository, budget_evals=16)
    assert "constants" in {one.proposer for one in summary.history.candidates.values()}
    assert b'"constants"' in RunRecord.open(summary.run).snapshot("search")
    brings(monkeypatch, EntryPoint("other", "json:loads", "sigil.proposers"))
    with pytest.raises(errors.DependencyMissing, match=r"'constants'.*not installed"):
        search(repository, resume=True, budget_evals=20)


def test_a_broken_plugin_is_a_warning_with_its_name(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brings(monkeypatch, EntryPoint("mine", "no.such.module:x", "sigil.proposers"))

    class Watching(Silent):
        def started(self, run: Path, *, resumed: bool, warnings: Sequence[str]) -> None:
            seen.extend(warnings)

    seen: list[str] = []
    spec = load_spec(repository, "square")
    plan = make_plan(spec, None, {"num": 4, "lanes": 1, "budget_evals": 4})
    run(plan, open_workspace(spec, "w"), Watching())
    assert any("'mine'" in line for line in seen)
