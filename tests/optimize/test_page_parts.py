"""The parts of a page: scales, escaping, colours, changes, thinning."""

from __future__ import annotations

import math
import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.optimize.made_up import candidate, history, improved, large, measured, recorded

from sigil.optimize.picture.changes import change
from sigil.optimize.picture.charts import bars, front_chart, progress_chart
from sigil.optimize.picture.colours import coloured
from sigil.optimize.picture.facts import Facts, Reading
from sigil.optimize.picture.markup import Markup, element, join
from sigil.optimize.picture.progress import MOST_POINTS, Point, progress, thinned
from sigil.optimize.picture.scales import Scale, fit
from sigil.search.patch import diff

NUMBERS = st.floats(-1e9, 1e9)


# --- scales ------------------------------------------------------------------------------


@given(st.lists(NUMBERS, min_size=1, max_size=30))
def test_every_value_has_a_place_within_the_chart(values: list[float]) -> None:
    scale = fit(values)
    assert all(0 <= scale.place(value) <= 1 for value in values)
    assert all(scale.holds(value) for value in values)


@given(st.lists(NUMBERS, min_size=2, max_size=30))
def test_more_never_stands_lower(values: list[float]) -> None:
    scale = fit(values)
    places = [scale.place(value) for value in sorted(values)]
    assert places == sorted(places)


@given(st.lists(NUMBERS, min_size=1, max_size=30))
def test_there_are_some_ticks_but_not_many(values: list[float]) -> None:
    scale = fit(values)
    ticks = scale.ticks(5)
    assert len(ticks) <= 8
    assert all(math.isfinite(tick) for tick in ticks)


def test_ticks_are_round_numbers() -> None:
    assert Scale(0.0, 1.0).ticks(5) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert Scale(0.4, 12.0, log=True).ticks(5) == pytest.approx([0.5, 1, 2, 5, 10])


def test_values_that_span_much_are_on_a_log_scale() -> None:
    assert fit([1.0, 50.0]).log
    assert not fit([1.0, 2.0]).log
    assert not fit([-1.0, 50.0]).log


# --- markup ------------------------------------------------------------------------------


@given(st.text())
def test_no_text_is_ever_markup(text: str) -> None:
    made = element("p", text, title=text)
    inside = made.removesuffix("</p>").split(">", 1)[1]
    assert "<" not in inside
    assert unescape(inside) == unescape(text) or unescape(inside) == text


def test_a_quote_does_not_end_an_attribute() -> None:
    assert element("p", title="\" onclick='x'") == '<p title="&quot; onclick=&#x27;x&#x27;"></p>'


def test_markup_is_not_escaped_twice() -> None:
    assert join((element("b", "a<b"), Markup("<hr>"))) == "<b>a&lt;b</b><hr>"


# --- colours -----------------------------------------------------------------------------


@given(st.text(alphabet="abc =+(\"'#\n\t0.5\\é{}[]:@", max_size=80))
def test_colours_change_no_character(code: str) -> None:
    for path in ("a.py", "a.cpp", "a.ts", "a.unknown"):
        lines = ["".join(text for _, text in line) for line in coloured(path, code)]
        assert "\n".join(lines) == code


def test_a_keyword_a_number_and_a_comment_are_told_apart() -> None:
    pieces = {text: kind for kind, text in coloured("a.py", "return 0.5  # half")[0]}
    assert (pieces["return"], pieces["0.5"], pieces["# half"]) == ("k", "n", "c")


def test_other_languages_have_colours_too() -> None:
    assert ("k", "for") in coloured("a.cpp", "for (;;) {}")[0]
    assert ("k", "const") in coloured("a.ts", "const x = 1")[0]


def test_a_carriage_return_is_kept_without_colours() -> None:
    assert coloured("a.py", "x = 1\r") == [[("", "x = 1\r")]]


# --- changes -----------------------------------------------------------------------------


def rows(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str]]:
    """Return sign and text of each line of a change as a reader sees it."""
    made = candidate(1, patch=diff(before, after), evaluation=measured(1.0))
    drawn = change(Facts(recorded(files=before), history(made)), made)
    found = re.findall(r'<td class="sign">(.)</td><td class="code">(.*?)</td></tr>', drawn)
    return [(sign, unescape(re.sub("<[^>]+>", "", line))) for sign, line in found]


def test_lines_stand_as_they_would_be_applied() -> None:
    assert rows({"a.py": "x = 1\ny = 2\n"}, {"a.py": "x = 1\n\ty = '<b>'\n"}) == [
        (" ", "x = 1"),
        ("−", "y = 2"),
        ("+", "\ty = '<b>'"),
    ]


def test_what_differs_within_a_line_is_marked() -> None:
    before, after = {"a.py": "cell = 0.5  # side\n"}, {"a.py": "cell = 0.25  # side\n"}
    made = candidate(1, patch=diff(before, after), evaluation=measured(1.0))
    drawn = change(Facts(recorded(files=before), history(made)), made)
    assert '<mark><span class="n">0.5</span></mark>' in drawn
    assert '<mark><span class="n">0.25</span></mark>' in drawn
    assert drawn.count("<mark>") == 2


def test_a_change_below_the_beginning_of_a_string_is_coloured_as_code() -> None:
    text = 'def f(x):\n    """Say\n    what\n    it\n    does."""\n    return x + 1\n'
    before, after = {"a.py": text}, {"a.py": text.replace("+ 1", "+ 2")}
    made = candidate(1, patch=diff(before, after), evaluation=measured(1.0))
    drawn = change(Facts(recorded(files=before), history(made)), made)
    assert drawn.count('<span class="k">return</span>') == 2
    assert '<span class="s">    it</span>' in drawn


def test_line_numbers_follow_both_sides() -> None:
    before = {"a.py": "".join(f"x{n} = {n}\n" for n in range(30))}
    after = {"a.py": before["a.py"].replace("x2 = 2\n", "").replace("x25 = 25", "x25 = 0")}
    made = candidate(1, patch=diff(before, after), evaluation=measured(1.0))
    drawn = change(Facts(recorded(files=before), history(made)), made)
    assert '<td class="at">26</td><td class="at"></td><td class="sign">−</td>' in drawn
    assert '<td class="at"></td><td class="at">25</td><td class="sign">+</td>' in drawn


def test_nothing_changed_is_said() -> None:
    made = candidate(1, evaluation=measured(1.0))
    assert "changes nothing" in change(Facts(recorded(), history(made)), made)


# --- pictures ----------------------------------------------------------------------------


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=200), st.integers(1, 40))
def test_thinned_points_are_few_and_were_there_before(
    places: list[tuple[float, float]], most: int
) -> None:
    who = candidate(1)
    points = [Point(x, y, Reading(y, y, y), who) for x, y in places]
    kept = thinned(points, most)
    assert len(kept) <= most
    assert all(point in points for point in kept)
    assert bool(kept) == bool(points)


def test_the_best_line_only_ever_gets_better() -> None:
    found = progress(large(500), 0)
    assert found is not None
    values = [point.reading.value for point in found.best]
    assert values == sorted(values, reverse=True)
    assert len(found.points) <= MOST_POINTS


def test_the_second_measurement_of_an_elite_is_what_is_drawn() -> None:
    lucky = candidate(1, evaluation=measured(1.0), remeasured=measured(4.0))
    found = progress(Facts(recorded(), history(lucky)), 0)
    assert found is not None
    assert [point.reading.value for point in found.points] == [4.0]


def test_a_few_terrible_evaluations_do_not_squeeze_the_others() -> None:
    made = [candidate(n, evaluation=measured(9.0 + n / 100)) for n in range(1, 60)]
    made += [candidate(99, evaluation=measured(1e9))]
    found = progress(Facts(recorded(), history(*made)), 0)
    assert found is not None
    assert found.scale.high < 20
    assert found.beyond == 1


def test_a_front_without_a_second_score_has_no_picture() -> None:
    assert front_chart(Facts(recorded("min(latency), min(memory)"), history()), {}) is None


def test_a_negative_value_has_no_bar() -> None:
    assert bars(improved(), 0, Reading(-1.0, -1.0, -1.0)) is None


def test_intervals_are_drawn_where_they_are_known() -> None:
    made = [candidate(n, evaluation=measured(5.0 + n, spread=0.1)) for n in range(1, 4)]
    facts = Facts(recorded(), history(*made))
    found = progress(facts, 0)
    assert found is not None
    assert 'class="intervals"' in progress_chart(facts, 0, found, {})
