"""The operator's picture of a failure."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from tests.gate.lua.worlds import billing, run, scenario, serving, upgrade

from sigil.gate.lua import run_scenario
from sigil.gate.model import Evidence, Scenario, Span, Value
from sigil.gate.view.frames import failure_frame

GOLDEN = Path(__file__).parents[1] / "golden"
ROLL_UP = (
    "scenario score: 0.00  (P0, blocking)",
    "rolled up: eval.complete → decision = BLOCK",
)


def drawn(body: str, value: object = None) -> str:
    done = run(body, serving(value))
    assert done.evidence is not None
    return failure_frame(scenario(body), done.evidence)


def pictures() -> dict[str, str]:
    """Every golden picture by its name."""
    done = run_scenario(upgrade(), billing(total_cents=7900), seed=1)
    assert done.evidence is not None
    property_ = """
      invariant("never twelve", { for_all = { n = sigil.gen.int(0, 999), s = sigil.gen.string(2) },
        check = function(case)
          expect(case.n < 12 and
            "日本" ~= case.s)
        end })
    """
    wide = 'local 名 = "日本"\n  expect(("日本語"):upper() == sigil.get("/").json.名, "off")'
    return {
        "charge": failure_frame(
            upgrade(), done.evidence, priority=done.declared.priority, roll_up=ROLL_UP
        ),
        "property": drawn(property_),
        "wide": drawn(wide.replace("local 名", "local n").replace(".名", '["名"]'), {"名": "日本"}),
        "shape": drawn('expect(sigil.get("/").json.user.name == "x")', {"user": None}),
        "error": failure_frame(
            scenario("x"), Evidence("nobody answers http"), outcome="ended in an error"
        ),
    }


@pytest.mark.parametrize("name", ["charge", "property", "wide", "shape", "error"])
def test_a_picture_is_the_golden_one(name):
    assert pictures()[name] + "\n" == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_a_pillar_stands_under_its_value_in_wide_text():
    lines = pictures()["wide"].splitlines()
    text = next(number for number, line in enumerate(lines) if line.startswith('   │  ("日'))
    operator = cell_len(lines[text].split("==")[0])
    rung = next(line for line in lines[text + 2 :] if "false" in line)
    assert cell_len(rung.split("false")[0]) == operator


def test_what_a_terminal_obeys_is_escaped():
    evil = "\x1b[2J\u202e\r"
    frame = failure_frame(
        Scenario(evil, "visible", f'expect("{evil}")', evil),
        Evidence(evil, Span(1, 1, 1, 9), (Value(Span(1, 8, 1, 9), evil, evil),)),
        roll_up=[evil],
    )
    assert "\x1b" not in frame
    assert "\u202e" not in frame
    assert "\r" not in frame


SPANS = st.builds(Span, *[st.integers(1, 9)] * 4)
VALUES = st.builds(
    Value,
    SPANS,
    st.text(max_size=9),
    st.text(max_size=3),
    st.none() | st.tuples(*[st.integers(1, 9)] * 2),
)
EVIDENCE = st.builds(
    Evidence, st.text(max_size=20), st.none() | SPANS, st.lists(VALUES, max_size=5).map(tuple)
)


@given(st.text(max_size=60), EVIDENCE)
def test_any_evidence_is_drawn_in_lines_that_can_be_printed(text, evidence):
    frame = failure_frame(Scenario("a", "visible", text, "a.lua"), evidence)
    assert all(line.isprintable() for line in frame.split("\n"))


@given(st.integers(1, 40), st.integers(1, 12))
def test_the_underline_is_as_wide_as_the_span(start, length):
    text = "local x = " + "日a" * 30
    span = Span(1, start, 1, start + length)
    frame = failure_frame(Scenario("a", "visible", text, "a.lua"), Evidence("m", span)).splitlines()
    underline = frame[5].split("│ ", 1)[1]
    assert len(underline.strip()) == cell_len(text[start - 1 : start - 1 + length])
    assert len(underline) - len(underline.lstrip()) == cell_len(text[: start - 1])
