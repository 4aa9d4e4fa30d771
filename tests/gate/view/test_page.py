"""The operator's page and the author's comment: nothing foreign in them is markup."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.summaries import FAILED, SUMMARY, told, visible

from sigil.gate.decision import Verdict
from sigil.gate.feedback import Disclosure
from sigil.gate.pictures import as_text
from sigil.gate.record.summary import Figures
from sigil.gate.view.comment import markdown
from sigil.gate.view.frames import Frames
from sigil.gate.view.page import page

ALLOWED = replace(SUMMARY, verdict=Verdict.REVIEW, recommended=Verdict.ALLOW)
HOSTILE = '<script>alert("x")</script>\u202e</pre>'


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)


def tags(text: str) -> list[str]:
    reader = Tags()
    reader.feed(text)
    return reader.seen


def test_a_page_loads_and_runs_nothing():
    shown = page(SUMMARY, told(visible("a", FAILED)), Frames(("a frame",)))
    assert not {"script", "link", "img", "iframe", "object"} & set(tags(shown))
    assert "http" not in shown.replace("http-equiv", "")


def test_a_stage_that_failed_stands_once_with_its_problem():
    trouble = {"stage": "deploy pr", "problem": "it exited"}
    reason = {"code": "stage_failed", "verdict": "REVIEW", "about": "deploy pr"}
    found = replace(
        SUMMARY, reasons=[reason], lines=["deploy pr failed"], troubles=[trouble, trouble]
    )
    shown = page(found, told(), Frames())
    assert shown.count("deploy pr failed") == 1
    assert '<b class="of-REVIEW">REVIEW</b><span>deploy pr failed: it exited</span>' in shown


def test_screenshots_are_shown_from_within_the_page():
    url = as_text(b"\x89PNG\r\n")
    shown = page(SUMMARY, told(), Frames(), {'a"><script>': url})
    assert f'src="{url}"' in shown
    assert "img-src data:" in shown
    assert tags(shown).count("img") == 1
    assert "script" not in tags(shown)


@pytest.mark.parametrize("field", ["ref", "service"])
def test_foreign_text_adds_no_tag_to_a_page(field):
    plain = page(replace(SUMMARY, **{field: "x"}), told(), Frames())
    hostile = page(replace(SUMMARY, **{field: HOSTILE}), told(), Frames())
    assert tags(hostile) == tags(plain)
    assert "\u202e" not in hostile


def test_a_frame_is_shown_to_the_letter():
    shown = page(SUMMARY, told(), Frames(("a < b && <i>",)))
    assert "a &lt; b &amp;&amp; &lt;i&gt;" in shown


@given(st.text(max_size=20))
def test_any_name_is_one_cell_of_the_comment(name):
    text = markdown(SUMMARY, told(visible(name, FAILED)))
    [row] = [line for line in text.split("\n") if "**fail**" in line]
    assert row.count("|") == 4


def test_a_comment_names_the_steps_of_what_failed_and_no_others():
    text = markdown(SUMMARY, told(visible("good"), visible("bad", FAILED)))
    assert "`bad`" in text
    assert "`good`" not in text


def test_a_comment_keeps_the_problems_of_stages_to_the_operator():
    troubled = replace(SUMMARY, troubles=[{"stage": "deploy pr", "problem": "canary"}])
    assert "canary" not in markdown(troubled, told())
    assert "canary" in page(troubled, told(), Frames())


def test_an_intent_that_is_missed_is_named_where_steps_are_not_told():
    text = markdown(SUMMARY, told(disclosed=Disclosure.SPECS, specs=["docs/specs/a.md"]))
    assert "holdouts miss `docs/specs/a.md`" in text


def test_each_reason_stands_beside_the_best_that_it_leaves():
    reasons = [{"verdict": "BLOCK"}, {"verdict": "REVIEW"}]
    shown = page(replace(SUMMARY, reasons=reasons), told(), Frames())
    for word, line in (("BLOCK", SUMMARY.lines[0]), ("REVIEW", SUMMARY.lines[1])):
        assert f'<b class="of-{word}">{word}</b><span>{line}</span>' in shown


@pytest.mark.parametrize(
    "shown", [page(ALLOWED, told(), Frames()), markdown(ALLOWED, told())], ids=["page", "comment"]
)
def test_what_the_exam_alone_says_stands_beside_what_was_decided(shown):
    alone = "y the exam alone: ALLOW, and with the trust earned so far: REVIEW"
    assert alone in shown


def test_a_loss_is_marked_and_a_gain_is_not():
    gained = replace(SUMMARY, scores={"visible": Figures("1.00", "0.50", "+0.50")})
    assert 'class="n less"' in page(SUMMARY, told(), Frames())
    assert 'class="n less"' not in page(gained, told(), Frames())


def test_without_intents_there_is_no_column_of_them():
    nameless = replace(visible("a"), spec="")
    assert "<th>intent</th>" not in page(SUMMARY, told(nameless), Frames())
    assert "<th>intent</th>" in page(SUMMARY, told(visible("a")), Frames())


def test_what_the_baseline_alone_failed_stands_after_what_the_change_failed():
    shown = page(SUMMARY, told(), Frames(("of the change",), ("of the baseline",)))
    order = ["<h2>What failed, of", "of the change", "on its baseline alone", "of the baseline"]
    places = [shown.index(one) for one in order]
    assert places == sorted(places)


def test_a_good_change_has_no_heading_of_what_failed_on_it():
    shown = page(SUMMARY, told(), Frames((), ("of the baseline",)))
    assert "<h2>What failed, of" not in shown


def test_what_a_service_printed_before_it_ended_stands_on_the_page():
    trouble = {"stage": "deploy pr", "problem": "it exited", "output": "about\n<b>to</b> start"}
    shown = page(replace(SUMMARY, troubles=[trouble]), told(), Frames())
    assert "<h2>Printed last, at deploy pr</h2>" in shown
    assert "about\n&lt;b&gt;to&lt;/b&gt; start" in shown


def test_a_page_names_the_service_that_did_not_last():
    shown = page(replace(SUMMARY, ended=("pr",)), told(), Frames())
    assert "the service of the change ended before its exam was over" in shown
