"""What is sealed and recorded, by public keys alone."""

from __future__ import annotations

import pyrage
import pytest
from tests.gate.exams import UPGRADE, Exam, an_exam, counted

from sigil.errors import InvalidValue, MalformedScenario, SealBroken
from sigil.gate.bundle.changing import Draft, Edit, plan
from sigil.gate.evaluator import open_bundle
from sigil.gate.trees import FolderTree


@pytest.fixture
def exam(tmp_path) -> Exam:
    return an_exam(tmp_path)


def planned(exam: Exam, *drafts: Draft, **edit: object):
    asked = Edit((exam.recipient,), drafts, **edit)
    return plan(FolderTree(exam.root), exam.service, asked, counted())


def texts(exam: Exam) -> dict[str, str]:
    return {s.id: s.text for s in open_bundle(exam.read(), exam.identities).holdouts}


def test_a_draft_becomes_the_next_holdout(exam):
    exam.seal("return { title = 'third' }\n")
    assert list(texts(exam)) == ["holdout_001", "holdout_002", "holdout_003"]
    assert texts(exam)["holdout_003"] == "return { title = 'third' }\n"


def test_planning_writes_nothing(exam):
    before = sorted(path for path in exam.root.rglob("*"))
    planned(exam, Draft("return {}"))
    assert sorted(path for path in exam.root.rglob("*")) == before


def test_what_is_there_stays_sealed_as_it_was(exam):
    before = (exam.folder / "holdout" / "holdout_001.lua.age").read_bytes()
    exam.seal("return {}")
    assert (exam.folder / "holdout" / "holdout_001.lua.age").read_bytes() == before


def test_two_equal_drafts_have_digests_that_differ(exam):
    manifest = planned(exam, Draft("return {}"), Draft("return {}")).manifest
    third, fourth = manifest.holdouts[2:]
    assert third.digest != fourth.digest


def test_the_same_chance_gives_the_same_digests(exam):
    digests = [[q.digest for q in planned(exam, Draft("return {}")).manifest.holdouts]] * 2
    assert digests[0] == digests[1]


def test_a_scenario_that_moves_keeps_its_intent(exam):
    exam.seal(specs={"billing/upgrade": "docs/specs/upgrade.md"})
    moved = Draft(UPGRADE, name="billing/upgrade")
    update = planned(exam, moved, removed=("billing/upgrade",))
    assert update.manifest.holdouts[-1].spec == "docs/specs/upgrade.md"
    assert update.removed == ("visible/billing/upgrade.lua",)
    assert update.manifest.visible == ()


def test_an_intent_that_is_recorded_stays_when_nothing_else_is_said(exam):
    exam.seal(spec="docs/specs/first.md")
    exam.seal(spec="docs/specs/second.md")
    assert exam.read().manifest.visible[0].spec == "docs/specs/first.md"


def test_a_seed_is_kept_until_another_is_given(exam):
    exam.seal(seed=0xDEAD)
    exam.seal("return {}")
    assert exam.read().manifest.seed == 0xDEAD


def test_nothing_changes_nothing(exam):
    assert not planned(exam).changes


def test_recipients_are_one_set_in_one_order(exam):
    other = str(pyrage.x25519.Identity.generate().to_public())
    first, second = (
        plan(FolderTree(exam.root / "new"), "web", Edit(keys, [Draft("return {}")]))
        for keys in ((other, exam.recipient), (exam.recipient, other, other))
    )
    assert first.manifest.recipients == second.manifest.recipients


def test_holdouts_sealed_for_others_need_a_rotation(exam):
    other = str(pyrage.x25519.Identity.generate().to_public())
    with pytest.raises(InvalidValue, match="sigil scenario rotate --service api"):
        plan(FolderTree(exam.root), "api", Edit((other,)))


def test_without_holdouts_nobody_needs_to_be_named(tmp_path):
    exam = Exam(tmp_path)
    exam.write("visible/a.lua", UPGRADE)
    assert plan(FolderTree(tmp_path), "api", Edit(())).manifest.visible[0].id == "a"


def test_a_draft_without_recipients_is_refused(tmp_path):
    with pytest.raises(InvalidValue, match="nobody is named"):
        plan(FolderTree(tmp_path), "api", Edit((), [Draft("return {}")]))


@pytest.mark.parametrize(
    "text", ["", " \n", "SECRET\0", "\x1bLuaSECRET", "SECRET" * 2**18, "\ud800"]
)
def test_what_is_no_scenario_is_refused_and_not_repeated(exam, text):
    with pytest.raises(MalformedScenario) as refused:
        planned(exam, Draft(text))
    assert "SECRET" not in str(refused.value)


def test_a_holdout_that_was_changed_is_not_blessed(exam):
    exam.write("holdout/holdout_001.lua.age", "other")
    with pytest.raises(SealBroken, match=r"holdout_001\.lua\.age: is not what was recorded"):
        exam.seal("return {}")


def test_a_holdout_that_no_record_lists_is_not_blessed(exam):
    (exam.folder / "bundle.json").unlink()
    with pytest.raises(SealBroken, match="is in no bundle"):
        exam.seal()


def test_no_representation_shows_a_draft(exam):
    draft = Draft("return 'SECRET'", name="SECRET")
    update = planned(exam, draft)
    assert "SECRET" not in f"{draft} {Edit((), [draft])} {update}"
