"""Whatever fails in a stage is noted as a failed stage, and told without a word too many."""

from __future__ import annotations

import pytest
from tests.gate.evaluations import Quiet

from sigil.errors import DiskFull, SigilError
from sigil.gate.decision import Stage
from sigil.gate.stages import Stages, Stopped


@pytest.fixture
def stages() -> Stages:
    return Stages(Quiet())


def fail(stages: Stages, stage: Stage, error: BaseException) -> None:
    with stages.at(stage):
        raise error


def test_a_stage_that_ends_well_is_not_noted(stages):
    with stages.at(Stage.RUN):
        pass
    assert (stages.failed, stages.troubles) == (frozenset(), [])


def test_an_error_of_ours_is_told_with_its_remedy(stages):
    with pytest.raises(Stopped):
        fail(stages, Stage.DOSSIER, DiskFull("no space", remedy="make some"))
    assert stages.failed == {Stage.DOSSIER}
    assert stages.troubles[0].problem == "no space; make some"


@pytest.mark.parametrize("kind", [ValueError, KeyError, RecursionError, MemoryError, OSError])
def test_an_error_that_nobody_foresaw_is_told_by_its_kind_alone(stages, kind):
    with pytest.raises(Stopped):
        fail(stages, Stage.RUN, kind("canary of a holdout"))
    assert stages.troubles[0].problem == f"unexpected {kind.__name__}"


@pytest.mark.parametrize("kind", [KeyboardInterrupt, GeneratorExit])
def test_an_interruption_passes_through(stages, kind):
    with pytest.raises(kind):
        fail(stages, Stage.RUN, kind())
    assert stages.troubles == []


def test_whoever_would_exit_as_an_allow_does_has_failed(stages):
    with pytest.raises(Stopped):
        fail(stages, Stage.DEPLOY_PR, SystemExit(0))
    assert stages.troubles[0].problem == "unexpected SystemExit"


def exiting_and_not_taken_down(stages: Stages) -> None:
    with stages.noting(Stage.TEARDOWN):
        try:
            fail(stages, Stage.DEPLOY_PR, SystemExit(0))
        finally:
            raise OSError(5, "cannot be taken down")


def test_whoever_would_exit_has_failed_though_taking_down_fails_as_well(stages):
    with pytest.raises(Stopped):
        exiting_and_not_taken_down(stages)
    assert stages.failed == {Stage.DEPLOY_PR, Stage.TEARDOWN}


def test_a_stage_inside_of_a_stage_is_noted_once(stages):
    with pytest.raises(Stopped), stages.at(Stage.RUN):
        fail(stages, Stage.DEPLOY_PR, SigilError("gone"))
    assert stages.failed == {Stage.DEPLOY_PR}


def test_the_watch_hears_of_each_stage_in_order(stages):
    for stage in (Stage.POLICY, Stage.BUNDLE):
        with stages.at(stage):
            pass
    assert stages.watch.stages == [Stage.POLICY, Stage.BUNDLE]


def interrupted_and_not_taken_down(stages: Stages) -> None:
    with stages.noting(Stage.TEARDOWN):
        try:
            raise KeyboardInterrupt
        finally:
            raise OSError(5, "cannot be taken down")


def test_an_interruption_is_one_though_taking_down_fails_as_well(stages):
    with pytest.raises(KeyboardInterrupt):
        interrupted_and_not_taken_down(stages)
    assert not stages.troubles
