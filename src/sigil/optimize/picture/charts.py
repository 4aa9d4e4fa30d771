"""The pictures of a page, as inline SVG.

Places are percentages, so a chart fills whatever width it gets while its letters keep their
size; lines and dots are drawn in an inner square of 1000 × 1000 that is stretched, with
strokes that are not. Pure. Not here: colours (``page.css``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sigil.optimize.picture.facts import Facts, Reading
from sigil.optimize.picture.markup import Markup, element, join
from sigil.optimize.picture.progress import Point, Progress, thinned
from sigil.optimize.picture.scales import Scale, fit
from sigil.optimize.present import SHORT, number

LEFT, RIGHT = 0.075, 0.985
TOP, BOTTOM = 0.06, 0.84
FAILED_FROM, FAILED_TO = 0.885, 0.925
_SQUARE = 1000
_BAR = 0.72
_WHISKERS_UP_TO = 400
"""More points than that have no room for intervals, but for those that are pointed out."""


def across(x: float) -> float:
    """Return the share of the width at which the place ``x`` is drawn."""
    return LEFT + x * (RIGHT - LEFT)


def down(y: float) -> float:
    """Return the share of the height at which the place ``y`` is drawn; 1 is on top."""
    return BOTTOM - y * (BOTTOM - TOP)


def progress_chart(facts: Facts, index: int, found: Progress, hues: Mapping[str, int]) -> Markup:
    """Return one goal over the evaluations of a run."""
    unit = f" {facts.unit(index)}" if facts.unit(index) else ""
    baseline = facts.reading(facts.history.baseline, index)
    name = f"{facts.goal_name(index)}{unit} over {found.count} evaluations"
    return _chart(
        name,
        _grid(found.scale, unit),
        _numbers_below(found.count),
        _square(
            _ticks(found.failed),
            _dots(found.points, hues),
            _intervals(found) if len(found.points) <= _WHISKERS_UP_TO else None,
            _steps(found.best),
        ),
        element("text", "failed", x="0", y=_percent(FAILED_TO), class_="tick")
        if found.failed
        else None,
        _reference(found.scale, baseline),
        *(_ringed(facts, index, found.scale, point) for point in found.fresh),
    )


def front_chart(facts: Facts, hues: Mapping[str, int]) -> Markup | None:
    """Return the first two goals against each other; None if nothing has both."""
    pairs = [
        (candidate, one, other)
        for candidate in facts.ranked
        if (one := facts.reading(candidate.verdict, 0))
        and (other := facts.reading(candidate.verdict, 1))
    ]
    if not pairs:
        return None
    before = [facts.reading(facts.history.baseline, index) for index in (0, 1)]
    level = fit([one.value for _, one, _ in pairs] + [r.value for r in before[:1] if r])
    upright = fit([other.value for _, _, other in pairs] + [r.value for r in before[1:] if r])
    points = [
        Point(level.place(one.value), upright.place(other.value), other, candidate)
        for candidate, one, other in pairs
    ]
    kept = {candidate.id for candidate in facts.front}
    front = [point for point in points if point.candidate.id in kept]
    return _chart(
        f"{facts.goal_name(1)} against {facts.goal_name(0)}",
        _grid(upright, _spaced(facts.unit(1))),
        *_values_below(level, _spaced(facts.unit(0))),
        _square(_dots(thinned(points), hues), _steps(sorted(front, key=lambda p: p.x))),
        *(_spot(facts, point) for point in front),
        _cross(level, upright, before),
    )


def bars(facts: Facts, index: int, now: Reading) -> Markup | None:
    """Return a goal before and after as two bars with their intervals."""
    before = facts.reading(facts.history.baseline, index)
    if before is None or min(before.value, now.value) < 0:
        return None
    most = max(before.high, now.high, before.value, now.value) or 1.0
    rows = (("unchanged", before, "before"), ("now", now, "after"))
    unit = _spaced(facts.unit(index))
    drawn = [
        child
        for label, reading, kind in rows
        for child in (element("span", label), _bar(reading, kind, most, unit))
    ]
    return element("div", *drawn, class_="bars")


def shares(parts: Sequence[tuple[str, int]], most: int) -> Markup:
    """Return counts side by side as one bar, of which ``most`` would fill the width.

    Args:
        parts: the class of each part, and its count.
        most: at least their sum.
    """
    pieces: list[Markup] = []
    done = 0
    for kind, count in parts:
        if count:
            width = max(count / most, 0.004)
            pieces.append(
                element("rect", x=_percent(done / most), y=0, width=_percent(width), height="100%",
                        class_=kind)
            )  # fmt: skip
            done += count
    return element("svg", *pieces, class_="shares", aria_hidden="true")


# --- parts of a chart --------------------------------------------------------------------


def _chart(name: str, *children: Markup | None) -> Markup:
    return element("svg", element("title", name), *children, class_="chart", role="img")


def _square(*children: Markup | None) -> Markup:
    return element(
        "svg",
        *children,
        viewBox=f"0 0 {_SQUARE} {_SQUARE}",
        preserveAspectRatio="none",
        width="100%",
        height="100%",
    )


def _grid(scale: Scale, unit: str) -> Markup:
    lines: list[Markup] = []
    ticks = scale.ticks(5)
    for value in ticks:
        y = _percent(down(scale.place(value)))
        last = unit if value == ticks[-1] else ""
        lines.append(element("line", x1="0", x2="100%", y1=y, y2=y, class_="grid"))
        lines.append(element("text", f"{number(value)}{last}", x="0", y=y, dy="-4", class_="tick"))
    return join(lines)


def _numbers_below(count: int) -> Markup:
    ticks = [int(t) for t in Scale(0.0, float(max(count, 2))).ticks(6) if t >= 1 and t == int(t)]
    places = [(t, across((t - 1) / max(count - 1, 1))) for t in ticks if t <= count]
    return join(
        element("text", f"{t:,}".replace(",", " "), x=_percent(x), y="99%", class_="tick middle")
        for t, x in places
    )


def _values_below(scale: Scale, unit: str) -> Iterable[Markup]:
    ticks = scale.ticks(5)
    for value in ticks:
        x = _percent(across(scale.place(value)))
        last = unit if value == ticks[-1] else ""
        yield element("line", x1=x, x2=x, y1="2%", y2="90%", class_="grid")
        yield element("text", f"{number(value)}{last}", x=x, y="98%", class_="tick middle")


def _reference(scale: Scale, baseline: Reading | None) -> Markup | None:
    if baseline is None:
        return None
    y = _percent(down(scale.place(baseline.value)))
    return join(
        (
            element("line", x1="0", x2="100%", y1=y, y2=y, class_="baseline"),
            element(
                "text", "unchanged code", x="100%", y=y, dy="-5", class_="tick end baseline-name"
            ),
        )
    )


def _dots(points: Iterable[Point], hues: Mapping[str, int]) -> Markup:
    """Return one path per proposer, of strokes without length: a round cap makes a dot."""
    drawn: dict[int, list[str]] = defaultdict(list)
    for point in points:
        x, y = _inner(point)
        drawn[hues.get(point.candidate.proposer, 0)].append(f"M{x} {y}h0")
    return join(
        element("path", d="".join(dots), class_=f"dots p{hue}")
        for hue, dots in sorted(drawn.items())
    )


def _intervals(found: Progress) -> Markup | None:
    strokes = [
        f"M{_inner(point)[0]} {_height(found.scale, point.reading.low)}"
        f"V{_height(found.scale, point.reading.high)}"
        for point in found.points
        if point.reading.low < point.reading.high
    ]
    return element("path", d="".join(strokes), class_="intervals") if strokes else None


def _ticks(places: Iterable[float]) -> Markup | None:
    start, end = round(FAILED_FROM * _SQUARE), round(FAILED_TO * _SQUARE)
    strokes = "".join(f"M{round(across(x) * _SQUARE)} {start}V{end}" for x in places)
    return element("path", d=strokes, class_="failed") if strokes else None


def _steps(points: Sequence[Point]) -> Markup | None:
    if not points:
        return None
    corners = dict(map(_inner, points))  # of several at one place the last is seen
    (x, y), *others = corners.items()
    steps = "".join(f"H{x}V{y}" for x, y in others)
    return element("path", d=f"M{x} {y}{steps}H{round(RIGHT * _SQUARE)}", class_="best")


def _ringed(facts: Facts, index: int, scale: Scale, point: Point) -> Markup:
    """Return a fresh measurement: a ring, its interval, and how far it lies from the first."""
    x = _percent(across(point.x))
    first = facts.reading(point.candidate.screened, index)

    def place(value: float) -> str:
        return _percent(down(scale.place(value)))

    kind = "winner" if facts.winner and point.candidate.id == facts.winner.id else "other"
    told = point.candidate.confirmed
    label = (
        f"{point.candidate.id[:SHORT]} measured anew: {facts.value(told, index) if told else ''}"
    )
    parts = [
        element("line", x1=x, x2=x, y1=place(point.reading.low), y2=place(point.reading.high),
                class_="whisker"),
        element("circle", element("title", label), cx=x, cy=place(point.reading.value),
                r=4),
    ]  # fmt: skip
    if first is not None:
        parts.insert(
            0,
            element("line", x1=x, x2=x, y1=place(first.value), y2=place(point.reading.value),
                    class_="moved"),
        )  # fmt: skip
    return element("g", *parts, class_=f"fresh {kind}")


def _spot(facts: Facts, point: Point) -> Markup:
    kind = "winner" if facts.winner and point.candidate.id == facts.winner.id else "other"
    title = element("title", point.candidate.id[:SHORT])
    x, y = _percent(across(point.x)), _percent(down(point.y))
    return element("g", element("circle", title, cx=x, cy=y, r=4.5), class_=f"fresh {kind}")


def _cross(level: Scale, upright: Scale, before: Sequence[Reading | None]) -> Markup | None:
    one, other = before
    if one is None or other is None:
        return None
    x, y = _percent(across(level.place(one.value))), _percent(down(upright.place(other.value)))
    return element("text", "✕ unchanged", x=x, y=y, dy="4", class_="tick baseline-name")


def _bar(reading: Reading, kind: str, most: float, unit: str) -> Markup:
    """Return one bar; what it amounts to stands behind it, in the room that is left."""
    end, low, high = (
        _BAR * min(value, most) / most for value in (reading.value, reading.low, reading.high)
    )
    name = f"{number(reading.value)}{unit}"
    return element(
        "svg",
        element("rect", y="15%", height="70%", width=_percent(end), class_=kind, rx=2),
        element("line", x1=_percent(low), x2=_percent(high), y1="50%", y2="50%", class_="whisker"),
        element("text", name, x=_percent(max(end, high)), y="50%", dx="8", dy="5", class_="amount"),
        role="img",
        aria_label=name,
    )


def _inner(point: Point) -> tuple[int, int]:
    return round(across(point.x) * _SQUARE), round(down(point.y) * _SQUARE)


def _height(scale: Scale, value: float) -> int:
    return round(down(scale.place(value)) * _SQUARE)


def _percent(share: float) -> str:
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"


def _spaced(unit: str) -> str:
    return f" {unit}" if unit else ""
