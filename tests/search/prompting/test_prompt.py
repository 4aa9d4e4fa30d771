from dataclasses import replace

import pytest

from sigil.search.model import BASELINE, Parent
from sigil.search.pins import Pin
from sigil.search.prompting import prompt
from sigil.search.prompting.fence import Fence
from sigil.search.prompting.prompt import (
    Memory,
    Prompter,
    Subject,
    costs_in_words,
    measured_in_words,
    mending,
)
from sigil.search.prompting.templates import load_templates, recorded_templates

SOURCE = "".join(f"a{n} = {n}\n" for n in range(60)) + "\n\ndef f(x):\n    return x\n"
BASE = {"a.py": SOURCE}
PINS = [Pin("f", None, ("a.py",), "f")]
FENCE = Fence("feedfacecafebeef")
SUBJECT = Subject("Make it fast.", ("time_ms",), BASE)
PROMPTER = Prompter(load_templates(None), FENCE, SUBJECT)
ROOT = Parent(BASELINE, BASE, (2.0,))
CHANGED = Parent("c1", {"a.py": SOURCE.replace("return x", "return x * 2")}, (1.5,))
OTHER = Parent("c2", {"a.py": SOURCE.replace("return x", "return x + x")}, (1.25,))


def user(parent=ROOT, relatives=(), memory=None, prompter=PROMPTER):
    conversation = prompter.messages(PINS, parent, relatives, memory or Memory())
    assert [message.role for message in conversation] == ["system", "user"]
    return conversation[1].content


def test_it_says_what_may_change_and_shows_a_little_around():
    text = user()
    assert "a.py, of which lines 63 to 64 may change; shown from line 43:" in text
    assert "a41 = 41" not in text
    assert "a42 = 42" in text


def test_the_task_comes_first_as_data():
    assert user().startswith(
        "The task, and how a change is judged:\n<<<feedfacecafebeef\nMake it fast.\nfeed"
    )


def test_the_parent_is_shown_with_costs_and_as_a_difference():
    text = user(CHANGED)
    assert "This code is c1. Measured: time_ms 1.5 (lower is better)." in text
    assert "-    return x\n+    return x * 2" in text


def test_the_baseline_differs_from_nothing():
    assert "(not at all: it is the baseline)" in user()


def test_relatives_are_shown_as_differences_from_the_baseline():
    text = user(CHANGED, [OTHER])
    assert "Another candidate, c2. Measured: time_ms 1.25" in text
    assert "-    return x\n+    return x + x" in text


def test_without_a_baseline_they_are_shown_as_differences_from_the_parent():
    text = user(CHANGED, [OTHER], prompter=replace(PROMPTER, subject=Subject("", (), {})))
    assert "-    return x * 2\n+    return x + x" in text


V1 = {
    "task": "The task, and how a change is judged:\n$text\n",
    "parent": "This code is $id. $costs\nHow it differs from the baseline:\n$diff\n",
    "relative": "Another candidate, $id. $costs\nHow it differs from the baseline:\n$diff\n",
}
"""The texts of version 1 that are others now, as runs have them on record."""


def beside(candidate):
    return {"same": True, "size": 93.0} if candidate != "c2" else {"same": False}


def test_what_is_measured_is_told_as_data_after_the_task():
    prompter = replace(PROMPTER, subject=replace(SUBJECT, metrics="time_ms: a time"))
    _, _, told = user(prompter=prompter).partition("feedfacecafebeef>>>\n\n")
    assert told.startswith("What is measured:\n<<<feedfacecafebeef\ntime_ms: a time\nfeed")


def test_parent_and_relatives_are_shown_with_what_else_was_measured():
    prompter = replace(PROMPTER, subject=replace(SUBJECT, besides=beside))
    text = user(CHANGED, [OTHER], prompter=prompter)
    assert (
        "This code is c1. Measured: time_ms 1.5 (lower is better). "
        "Besides: same yes, size 93 (no objective)." in text
    )
    assert "c2. Measured: time_ms 1.25 (lower is better). Besides: same no." in text


def test_a_run_that_began_under_version_1_asks_what_it_asked_then():
    snapshot = load_templates(None).snapshot()
    recorded = {**snapshot, "version": "v1", "texts": {**snapshot["texts"], **V1}}
    then = replace(PROMPTER, templates=recorded_templates(recorded))
    now = replace(then, subject=replace(SUBJECT, metrics="time_ms: a time", besides=beside))
    assert user(CHANGED, [OTHER], prompter=now) == user(CHANGED, [OTHER], prompter=then)
    assert user(prompter=now).startswith(
        "The task, and how a change is judged:\n<<<feedfacecafebeef\nMake it fast.\n"
        "feedfacecafebeef>>>\n\na.py, of which"
    )
    assert "This code is c1. Measured: time_ms 1.5 (lower is better).\nHow" in user(
        CHANGED, prompter=now
    )


def test_attempts_are_told_as_data():
    text = user(memory=Memory(("loop: it timed out",), ("table: Costs: time_ms 3",)))
    assert "failed, latest last:\n<<<feedfacecafebeef\nloop: it timed out\n" in text
    assert "tried already, latest last:\n<<<feedfacecafebeef\ntable:" in text


def test_what_there_is_nothing_of_has_no_heading():
    assert "latest last" not in user()
    assert "\n\n\n" not in user().replace(SOURCE, "").partition("of which")[0]


def test_a_region_has_a_budget_and_first_gives_up_what_is_around_it(monkeypatch):
    monkeypatch.setattr(prompt, "CODE_BUDGET", 30)
    text = user()
    assert "def f(x):\n    return x" in text
    assert "a58" not in text.partition("may change")[2].partition("This code is")[0]


def test_a_region_that_is_larger_than_the_budget_loses_its_middle(monkeypatch):
    monkeypatch.setattr(prompt, "CODE_BUDGET", 300)
    text = "def f(x):\n" + "".join(f"    x += {n}\n" for n in range(200)) + "    return x\n"
    shown = user(Parent("c", {"a.py": text}))
    assert "characters left out" in shown
    assert "def f(x):" in shown
    assert "    return x\n" in shown


@pytest.mark.parametrize("answer", ["", "I won't.\n```"])
def test_a_faulty_answer_is_shown_as_data_with_what_is_wrong(answer):
    asked = PROMPTER.messages(PINS, ROOT, [], Memory())
    fence = Fence("0123456789abcdef")
    again = mending(load_templates(None), fence, asked, answer, "answer:2: no diff")
    assert again[0] == asked[0]
    assert again[1].content.startswith(asked[1].content)
    assert f"<<<0123456789abcdef\n{answer or '(nothing)'}\n0123456789abcdef>>>" in again[1].content
    assert "<<<0123456789abcdef\nanswer:2: no diff\n" in again[1].content


@pytest.mark.parametrize(
    ("objectives", "costs", "words"),
    [
        (["t", "s"], (1.0, 2.5), "Measured: t 1 (lower is better), s 2.5 (lower is better)."),
        (["-right"], (-25.0,), "Measured: right 25 (higher is better)."),
        ([], (0.1,), "Measured: 0.1 (lower is better)."),
        (["t"], (), "It was not measured."),
    ],
)
def test_costs_are_named(objectives, costs, words):
    assert costs_in_words(objectives, costs) == words


@pytest.mark.parametrize(
    ("costs", "besides", "words"),
    [
        ((1.0,), {}, "Measured: t 1 (lower is better)."),
        ((1.0,), {"n": 2.0}, "Measured: t 1 (lower is better). Besides: n 2 (no objective)."),
        ((), {"right": False}, "It has no costs: right no."),
        ((), {}, "It was not measured."),
    ],
)
def test_what_else_was_measured_stands_beside_the_costs(costs, besides, words):
    assert measured_in_words(["t"], costs, besides) == words
