"""Functions of a target, called through the real sandbox."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from sigil.errors import BaselineFailed, Where
from sigil.evaluate.calls import CallFace
from sigil.sandbox.model import CandidateFailed, Case, Limits, Raised, Returned

FILES = {
    "src/app/__init__.py": "",
    "src/app/fast.py": "from app import tables\n\ndef f(x):\n    return tables.SHIFT + x\n",
    "src/app/tables.py": "import json\nSHIFT = json.loads('100')\n",
    "tool.py": "from app.fast import f\n\ndef twice(x):\n    return f(f(x))\n",
}
FAST, TWICE = "src/app/fast.py:f", "tool.py:twice"


@pytest.fixture
def face(bed) -> Iterator[CallFace]:
    bed.write(FILES, pinned="src/app/fast.py")
    functions = {FAST: Where(), TWICE: Where()}
    with CallFace(bed.target, functions, bed.settings, Limits(wall_s=5)) as face:
        yield face


def results(face: CallFace, function: str, files: Mapping[str, str], *args: object) -> list[object]:
    batch = face.batch(function, face.sources(function, files), [Case((arg,)) for arg in args])
    return [r.value if isinstance(r, Returned) else r.error for r in batch.results]


def test_a_function_is_called_with_every_case(face: CallFace):
    assert results(face, FAST, {}, 1, 2) == [101, 102]


def test_a_function_that_only_reaches_the_pinned_file_runs_the_changed_text(face: CallFace):
    changed = {"src/app/fast.py": "def f(x):\n    return x * 10\n"}
    assert results(face, TWICE, changed, 3) == [300]


def test_only_live_modules_are_loaded(face: CallFace):
    assert set(face.sources(FAST, {})) == {"app.fast"}


def test_a_batch_leaves_nothing_for_the_next(face: CallFace):
    counting = {"src/app/fast.py": "n = 0\ndef f(x):\n    global n\n    n += 1\n    return n\n"}
    assert results(face, FAST, counting, 0, 0) == [1, 2]
    assert results(face, FAST, counting, 0, 0) == [1, 2]


def test_what_a_call_raises_is_a_result(face: CallFace):
    batch = face.batch(FAST, face.sources(FAST, {}), [Case(("text",))])
    assert isinstance(batch.results[0], Raised)


SUM = "sum(i * i % 7 for i in range(300_000))"


def least(face: CallFace, text: str) -> tuple[int, int]:
    """Return the least time of the calls and the least beside them, of several batches.

    Whatever else the machine does only adds to either.
    """
    sources = face.sources(FAST, {"src/app/fast.py": text})
    phases = [face.batch(FAST, sources, [Case((1,))]).phases for _ in range(12)]
    return min(one.call for one in phases), min(one.aside for one in phases)


def test_work_at_import_is_time_beside_the_calls(face: CallFace):
    call, aside = least(face, f"t = {SUM}\ndef f(x):\n    return t\n")
    assert aside > 5 * call


def test_work_in_a_call_is_time_of_the_calls(face: CallFace):
    call, aside = least(face, f"def f(x):\n    return {SUM}\n")
    assert call > 5 * aside


def test_a_source_that_does_not_compile_is_the_candidates_failure(face: CallFace):
    with pytest.raises(CandidateFailed, match="load"):
        results(face, FAST, {"src/app/fast.py": "def f(x) return"}, 1)


def test_a_stable_module_that_does_not_import_is_an_error_of_the_baseline(bed):
    bed.write(FILES | {"src/app/tables.py": "1 / 0\n"}, pinned="src/app/fast.py")
    with (
        CallFace(bed.target, {FAST: Where()}, bed.settings, Limits()) as face,
        pytest.raises(BaselineFailed, match="ZeroDivisionError"),
    ):
        face.open()
