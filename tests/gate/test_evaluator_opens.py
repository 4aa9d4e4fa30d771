"""What is sealed is what is opened, by a recipient alone."""

from __future__ import annotations

from dataclasses import replace

import pyrage
import pytest
from tests.gate.exams import MONEY, UPGRADE, Exam, an_exam

from sigil import canonical
from sigil.errors import InvalidValue, MalformedScenario, NotFound, SealBroken
from sigil.gate.bundle.envelope import Envelope
from sigil.gate.bundle.keys import Identities
from sigil.gate.bundle.manifest import manifest_bytes
from sigil.gate.bundle.read import read_manifest
from sigil.gate.bundle.sealing import seal
from sigil.gate.evaluator import open_bundle, reseal
from sigil.gate.model import Scenario
from sigil.gate.trees import FolderTree


@pytest.fixture
def exam(tmp_path) -> Exam:
    return an_exam(tmp_path)


def test_both_halves_are_read_once_a_recipient_opens_them(exam):
    opened = open_bundle(exam.read(), exam.identities)
    folder = ".sigil/scenarios/api"
    library = {"lib.money": MONEY}
    spec = "docs/specs/billing.md"
    assert tuple(replace(one, salt=b"") for one in opened.scenarios) == (
        Scenario("billing/upgrade", "visible", UPGRADE, f"{folder}/visible/billing/upgrade.lua",
                 "", library),
        Scenario("holdout_001", "holdout", "return { title = 'first' }\n",
                 f"{folder}/holdout/holdout_001.lua", spec, library),
        Scenario("holdout_002", "holdout", "return { title = 'second' }\n",
                 f"{folder}/holdout/holdout_002.lua", spec, library),
    )  # fmt: skip


def test_nobody_else_opens_them(exam):
    stranger = Identities((pyrage.x25519.Identity.generate(),))
    with pytest.raises(SealBroken, match="sealed for other keys"):
        open_bundle(exam.read(), stranger)


# --- sealed anew ----------------------------------------------------------------------------


def test_a_rotation_keeps_the_questions_and_changes_all_that_could_link_them(exam):
    before, titles = exam.read(), exam.titles()
    exam.rotate()
    after = exam.read()
    assert sorted(exam.titles().values()) == sorted(titles.values())
    assert {q.digest for q in after.manifest.holdouts}.isdisjoint(
        q.digest for q in before.manifest.holdouts
    )
    assert (before.manifest.version, after.manifest.version) == ("api.v1", "api.v2")


def test_the_new_order_depends_on_the_salts_and_the_seed(exam):
    exam.seal(*(f"return {{ title = '{number}' }}\n" for number in range(6)))
    bundle = exam.read()

    def order(start: int, seed: int) -> tuple[object, ...]:
        salts = iter(range(start, start + 100))
        entropy = lambda count: next(salts).to_bytes(count, "big")  # noqa: E731 (one expression)
        update = reseal(bundle, exam.identities, [exam.recipient], seed=seed, entropy=entropy)
        return tuple(update.renamed[id_] for id_ in sorted(update.renamed))

    assert order(0, 1) == order(0, 1)
    assert len({order(0, 1), order(50, 1), order(0, 2)}) == 3


def test_new_recipients_open_and_former_ones_do_not(exam):
    other = pyrage.x25519.Identity.generate()
    exam.rotate(str(other.to_public()))
    bundle = exam.read()
    assert len(open_bundle(bundle, Identities((other,))).holdouts) == 2
    with pytest.raises(SealBroken, match="sealed for other keys"):
        open_bundle(bundle, exam.identities)


def test_a_retired_holdout_is_gone(exam):
    exam.rotate(retired=("holdout_001",))
    assert exam.titles() == {"holdout_001": "return { title = 'second' }\n"}
    assert [p.name for p in (exam.folder / "holdout").iterdir()] == ["holdout_001.lua.age"]


def test_all_holdouts_can_be_retired(exam):
    exam.rotate(retired=("holdout_001", "holdout_002"))
    assert exam.read().sealed == ()


def test_an_id_that_is_no_holdout_s_cannot_be_retired(exam):
    with pytest.raises(NotFound, match="there is no holdout holdout_009"):
        exam.rotate(retired=("holdout_009",))


def test_a_stranger_cannot_rotate(exam):
    before = (exam.folder / "bundle.json").read_bytes()
    stranger = Identities((pyrage.x25519.Identity.generate(),))
    with pytest.raises(SealBroken):
        reseal(exam.read(), stranger, [exam.recipient])
    assert (exam.folder / "bundle.json").read_bytes() == before


def test_a_rotation_for_nobody_is_refused(exam):
    with pytest.raises(InvalidValue, match="nobody is named"):
        reseal(exam.read(), exam.identities, [])


def test_a_recipient_who_is_not_recorded_opens_nothing(exam):
    manifest = exam.read().manifest
    other = str(pyrage.x25519.Identity.generate().to_public())
    exam.write("bundle.json", manifest_bytes(replace(manifest, recipients=(other,))))
    with pytest.raises(SealBroken, match="sealed for other keys"):
        open_bundle(exam.read(), exam.identities)


def test_a_seal_with_one_more_reader_is_found_without_a_key(exam):
    other = str(pyrage.x25519.Identity.generate().to_public())
    forged(exam, Envelope("api", "holdout_001", "return {}", bytes(32)), readers=(other,))
    with pytest.raises(SealBroken, match="is sealed for 2 keys, not for the 1 recorded"):
        exam.read()


# --- what was sealed by somebody else --------------------------------------------------------


def forged(
    exam: Exam, envelope: Envelope, digest: str | None = None, readers: tuple[str, ...] = ()
) -> None:
    """Replace the first holdout, and record it as anybody with the public key could."""
    ciphertext = seal(envelope, [exam.recipient, *readers])
    exam.write("holdout/holdout_001.lua.age", ciphertext)
    manifest = read_manifest(FolderTree(exam.root), exam.service)
    first, *rest = manifest.entries
    first = replace(first, sealed=canonical.digest(ciphertext), digest=digest or first.digest)
    exam.write("bundle.json", manifest_bytes(replace(manifest, entries=(first, *rest))))


@pytest.mark.parametrize(
    "envelope",
    [Envelope("api", "holdout_001", "return { title = 'easy' }", bytes(32)),
     Envelope("api", "holdout_002", "return { title = 'easy' }", bytes(32)),
     Envelope("web", "holdout_001", "return { title = 'easy' }", bytes(32))],
)  # fmt: skip
def test_another_text_than_was_recorded_is_found_on_opening(exam, envelope):
    forged(exam, envelope)
    with pytest.raises(SealBroken, match=r"holdout_001\.lua\.age: holds another question") as found:
        open_bundle(exam.read(), exam.identities)
    assert "easy" not in str(found.value)


@pytest.mark.parametrize(("service", "id_"), [("web", "holdout_001"), ("api", "holdout_002")])
def test_a_seal_of_another_place_is_found_even_if_its_digest_is_recorded(exam, service, id_):
    envelope = Envelope(service, id_, "return { title = 'easy' }", bytes(32))
    forged(exam, envelope, envelope.digest)
    with pytest.raises(SealBroken, match="holds another question"):
        open_bundle(exam.read(), exam.identities)


def test_two_seals_that_were_swapped_with_their_records_are_found(exam):
    first, second = (exam.folder / f"holdout/holdout_00{n}.lua.age" for n in (1, 2))
    one, other = first.read_bytes(), second.read_bytes()
    manifest = exam.read().manifest
    (a, b), visible = manifest.holdouts, manifest.visible
    swapped = (
        replace(a, digest=b.digest, sealed=b.sealed),
        replace(b, digest=a.digest, sealed=a.sealed),
    )
    exam.write("bundle.json", manifest_bytes(replace(manifest, entries=(*swapped, *visible))))
    first.write_bytes(other)
    second.write_bytes(one)
    with pytest.raises(SealBroken, match="holds another question"):
        open_bundle(exam.read(), exam.identities)


@pytest.mark.parametrize("text", ["SECRET\0", "\x1bLua SECRET", " "])
def test_what_is_sealed_and_no_scenario_is_malformed_and_not_repeated(exam, text):
    envelope = Envelope("api", "holdout_001", text, bytes(32))
    forged(exam, envelope, envelope.digest)
    with pytest.raises(MalformedScenario, match=r"holdout_001\.lua\.age") as refused:
        open_bundle(exam.read(), exam.identities)
    assert "SECRET" not in str(refused.value)


def test_an_opened_exam_is_shown_without_its_holdouts(exam):
    assert "first" not in repr(open_bundle(exam.read(), exam.identities))
