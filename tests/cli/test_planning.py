"""From settings, spec, eval and record to a plan."""

from pathlib import Path

import pytest
from tests.e2e.asking import make_repository

from sigil import errors
from sigil.cli.planning import make_plan
from sigil.optimize.plan import Plan
from sigil.optimize.spec import load_spec


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository")


def planned(repository: Path, **flags: object) -> Plan:
    return make_plan(load_spec(repository, "square"), None, flags)


def generate(repository: Path) -> None:
    """Have the inputs made by a generator, and held-out ones under the seed 2."""
    path = repository / ".sigil" / "points.eval.yaml"
    head, _, rest = path.read_text().partition("inputs:")
    tail = rest[rest.index("metrics:") :]
    made = "inputs: {generator: python make.py}\nholdout: {seed: 2}\n"
    path.write_text(head + made + tail)


def test_the_seed_of_what_is_held_out_is_refused_as_the_seed_of_a_run(repository: Path) -> None:
    generate(repository)
    with pytest.raises(errors.InvalidValue) as raised:
        planned(repository, seed=2)
    assert str(raised.value) == (
        ".sigil/points.eval.yaml:4: holdout.seed: the same generator under the same seed gives "
        "the same inputs; choose another seed than 2, which is the run's seed"
    )
    assert planned(repository, seed=3).seed == 3


def test_the_seed_of_what_is_held_out_is_refused_as_a_variable(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate(repository)
    monkeypatch.setenv("SIGIL_SEED", "2")
    with pytest.raises(errors.InvalidValue, match=r"holdout\.seed"):
        planned(repository)
