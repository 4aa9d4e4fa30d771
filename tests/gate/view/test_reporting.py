"""The operator's view of a dossier: which frames there are, and whose."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from tests.gate.evaluations import Bench, Quiet, cheating, honest

from sigil.errors import Corrupt, NotFound, SealBroken
from sigil.gate.bundle.keys import Identities
from sigil.gate.evaluation import evaluate
from sigil.gate.model import Declared, Evidence, Priority, Result, Scenario, Status
from sigil.gate.record import dossier
from sigil.gate.record.dossier import Kept
from sigil.gate.view import reporting
from sigil.gate.view.frames import Frames
from sigil.gate.view.summarizing import summary
from sigil.store.files import write_atomic

WHY = Evidence("assertion is false")
ASKED = {
    name: Scenario(name, "visible", "return {}", f"visible/{name}.lua") for name in ("one", "two")
}


def sat(
    name="one", side="pr", repeat=0, *, status=Status.FAIL, evidence: Evidence | None = WHY
) -> Kept:
    declared = Declared(name, Priority.P1)
    return Kept(name, side, repeat, 1, declared, Result(name, status, ()), evidence, 5)


def every(found: Frames) -> list[str]:
    return [*found.change, *found.baseline]


def frames(*found: Kept) -> list[str]:
    return every(reporting.frames(ASKED, found))


def test_what_passed_has_no_frame():
    assert frames(sat(status=Status.PASS, evidence=None)) == []


def test_what_failed_alike_on_both_sides_is_one_frame_that_says_so():
    [frame] = frames(sat(), sat(side="baseline"))
    assert "seen on the change and its baseline" in frame


def test_what_failed_on_one_side_names_it():
    assert "seen on the change" in frames(sat())[0]
    assert "its baseline" not in frames(sat())[0]
    assert "seen on its baseline" in frames(sat(side="baseline"))[0]


def test_what_the_baseline_alone_failed_is_apart_from_what_the_change_failed():
    found = [sat(side="baseline"), sat("two", side="baseline"), sat("two")]
    shown = reporting.frames(ASKED, found)
    assert ["failed: two" in one for one in shown.change] == [True]
    assert ["failed: one" in one for one in shown.baseline] == [True]


def test_what_failed_in_two_ways_is_two_frames():
    assert len(frames(sat(), sat(evidence=replace(WHY, message="another")))) == 2
    assert len(frames(sat(), sat(status=Status.ERROR))) == 2
    assert len(frames(sat(), sat("two"))) == 2


def test_repeats_that_failed_alike_are_counted():
    [frame] = frames(sat(), sat(repeat=1), sat(repeat=2), sat(side="baseline"))
    assert "seen on the change (3 times) and its baseline" in frame


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.FAIL, "failed"),
        (Status.ERROR, "ended in an error"),
        (Status.INCONCLUSIVE, "is inconclusive"),
    ],
)
def test_a_frame_says_how_it_ended(status, words):
    assert f"scenario {words}: one" in frames(sat(status=status))[0]


def test_what_could_not_be_read_counts_as_the_worst():
    assert "[P0]" in frames(replace(sat(), declared=None))[0]


def test_a_sitting_of_another_exam_is_left_out():
    assert frames(sat("three")) == []


# --- out of a dossier -----------------------------------------------------------------------


@pytest.fixture
def folder(bench: Bench):
    """The dossier of a change that fails in both halves."""
    bench.serving.pr = lambda seats: cheating(seats) if seats == 1 else 0
    outcome = evaluate(bench.wanted(), bench.parts(), Quiet())
    found = dossier.folder_of(bench.root, outcome.eval)
    dossier.keep_summary(found, summary(outcome), outcome.feedback)
    return found


def test_the_exam_of_that_time_is_read_and_not_that_of_now(bench, folder):
    for path in (bench.exam.folder / "visible").iterdir():
        path.write_text("return {}")
    bench.exam.seal()
    bench.git("commit", "-q", "-a", "-m", "another exam")
    exam = reporting.exam_of(bench.root, folder)
    assert all("sigil.get" in one.text for one in exam.visible)


def test_a_dossier_that_names_another_exam_is_refused(bench, folder):
    found = dossier.read_summary(folder)
    assert found.provenance is not None
    other = replace(found, provenance=replace(found.provenance, scenarios="sha256:0"))
    write_atomic(folder / dossier.EVAL, msgspec.json.encode(msgspec.to_builtins(other)))
    with pytest.raises(Corrupt, match="another exam"):
        reporting.exam_of(bench.root, folder)


def test_without_a_key_only_the_visible_half_has_frames(bench, folder):
    exam = {one.id: one for one in reporting.exam_of(bench.root, folder).visible}
    text = "\n".join(every(reporting.frames(exam, dossier.read_visible(folder))))
    assert "quote_2" in text
    assert "holdout" not in text
    assert "8400" not in text


def test_with_the_key_the_sealed_half_has_frames_too(bench, folder):
    exam, everything = reporting.opened(bench.root, folder, bench.exam.identities)
    assert "8400" in "\n".join(every(reporting.frames(exam, everything)))


def test_a_holdout_of_the_feedback_is_found_again_by_whoever_has_the_key(bench, folder):
    exam, everything = reporting.opened(bench.root, folder, bench.exam.identities)
    failed = {one.name for one in dossier.read_feedback(folder).lines if one.failed}
    sealed = [one for one in every(reporting.frames(exam, everything)) if "failed: holdout_" in one]
    called = {one.rpartition("called ")[2].split()[0] for one in sealed if "the change" in one}
    assert called == {name for name in failed if name.startswith("holdout-")} != set()


def test_what_the_feedback_calls_a_holdout_is_written_beside_no_id_of_a_file(bench, folder):
    sealed = [one for one in dossier.read_feedback(folder).lines if one.half == "holdout"]
    assert sealed
    assert not any(one.name in (folder / dossier.VISIBLE).read_text() for one in sealed)


def test_where_nothing_was_observed_nothing_is_opened(bench, folder):
    (folder / dossier.SEALED).unlink()
    with pytest.raises(NotFound, match="nothing was observed in this evaluation"):
        reporting.opened(bench.root, folder, bench.exam.identities)


def test_with_another_key_nothing_is_opened(bench, folder):
    import pyrage

    other = Identities((pyrage.x25519.Identity.generate(),))
    with pytest.raises(SealBroken):
        reporting.opened(bench.root, folder, other)


def test_where_nothing_was_observed_there_is_nothing_to_open(bench, folder):
    (folder / dossier.SEALED).unlink()
    with pytest.raises(NotFound):
        reporting.opened(bench.root, folder, bench.exam.identities)


def test_a_good_change_has_no_frames(bench):
    bench.serving.pr = honest
    outcome = evaluate(bench.wanted(), bench.parts(), Quiet())
    found = dossier.folder_of(bench.root, outcome.eval)
    dossier.keep_summary(found, summary(outcome), outcome.feedback)
    exam, everything = reporting.opened(bench.root, found, bench.exam.identities)
    assert every(reporting.frames(exam, everything)) == []
