"""When a condition over measured samples is true, false or neither."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.evaluate.expressions import parse_rule
from sigil.evaluate.judgement import Exact, Paired, Samples, Truth, Undefined, Verdict, column
from sigil.evaluate.syntax import Parser

IDS = ["x", "y", "ok", "sure"]
TRUTHS: list[Truth] = [True, False, None]


def judge(text: str, samples: Samples, confidence: float = 0.99) -> Verdict:
    return parse_rule(text, IDS).judge(samples, confidence)


def decide(text: str, **samples: Exact | Paired) -> Truth:
    return judge(text, samples).value


def paired(candidate: Sequence[float], baseline: float = 1.0) -> Paired:
    return Paired(candidate, [baseline] * len(candidate))


def answer(value: Truth) -> Exact | Paired:
    """Return samples of a check; one that answered differently is undecided."""
    return Paired([True, False], [True, True]) if value is None else Exact(value, True)


# --- three values -----------------------------------------------------------------------


@pytest.mark.parametrize("left", TRUTHS)
@pytest.mark.parametrize("right", TRUTHS)
def test_and_or_and_not_follow_kleene(left: Truth, right: Truth):
    samples = {"ok": answer(left), "sure": answer(right)}
    both: Truth = False if False in (left, right) else None if None in (left, right) else True
    either: Truth = True if True in (left, right) else None if None in (left, right) else False
    assert judge("ok and sure", samples).value is both
    assert judge("ok or sure", samples).value is either
    assert judge("not ok", samples).value is (None if left is None else not left)
    assert judge("not (not ok or not sure)", samples).value is both


@pytest.mark.parametrize("left", TRUTHS)
@pytest.mark.parametrize("right", TRUTHS)
def test_truths_are_compared_as_truths(left: Truth, right: Truth):
    samples = {"ok": answer(left), "sure": answer(right)}
    same = None if None in (left, right) else left is right
    assert judge("ok == sure", samples).value is same
    assert judge("ok != sure", samples).value is (None if same is None else not same)


def test_a_check_of_the_baseline_can_be_named():
    assert decide("baseline.ok and not ok", ok=Exact(False, True))


def test_a_check_whose_answers_differ_says_so():
    verdict = judge("ok==true", {"ok": answer(None)})
    assert verdict == Verdict(None, "ok: different answers for the same code")


# --- exact numbers ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x < 2", False), ("x <= 2", True), ("x > 2", False), ("x >= 2", True),
        ("x == 2", True), ("x != 2", False), ("x <= 0.5 * baseline.x", True),
        ("x + 1 == 3 and x * 3 == 6 and x - 3 == -1 and x / 4 == 0.5", True),
    ],
)  # fmt: skip
def test_exact_numbers_are_simply_compared(text: str, expected: bool):
    assert decide(text, x=Exact(2.0, 4.0)) is expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x / y < 1", "x / y: division by zero"),
        ("x * 1e308 < 1", "x * 1e+308: not a finite number"),
        ("ok < 1", "ok < 1.0: a number is compared with true or false"),
        ("x == true", "x == true: a number is compared with true or false"),
        ("ok < ok", "ok < ok: true and false have no order"),
        ("x and ok", "x: a number, not true or false"),
        ("sure and ok", "sure: not measured"),
        ("sure < 1", "sure: not measured"),
    ],
)
def test_what_has_no_value_is_undecided_and_says_why(text: str, reason: str):
    samples = {"x": Exact(20.0, 1.0), "y": Exact(0.0, 1.0), "ok": Exact(True, True)}
    assert judge(text, samples) == Verdict(None, reason)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400])
@pytest.mark.parametrize("text", ["x <= 1", "x > 1", "x != 1", "not x <= 1"])
def test_what_is_no_finite_number_is_never_true(text: str, value: float):
    assert decide(text, x=Exact(value, 1.0)) is None


# --- noisy numbers ----------------------------------------------------------------------


def noisy(centre: float, count: int, spread: float = 0.01) -> list[float]:
    stream = random.Random(f"{centre}/{count}")
    return [centre * stream.lognormvariate(0, spread) for _ in range(count)]


@pytest.mark.parametrize(
    ("centre", "expected"), [(0.9, True), (1.0, False), (0.95, None)]
)  # fmt: skip
def test_a_noisy_comparison_needs_its_whole_interval(centre: float, expected: Truth):
    samples = {"x": Paired(noisy(centre, 20), noisy(1.0, 20))}
    assert judge("x <= 0.95 * baseline.x", samples).value is expected


def test_too_few_blocks_decide_nothing():
    verdict = judge("x < baseline.x", {"x": paired([0.5] * 8)})
    assert verdict == Verdict(None, "x < baseline.x: 8 blocks are too few")


def test_the_reason_names_the_comparison_and_its_interval():
    verdict = judge("x < baseline.x and ok", {"x": paired([0.5] * 9), "ok": Exact(True, True)})
    assert verdict == Verdict(True, "x < baseline.x: difference -0.5 in [-0.5, -0.5]; ok")


@pytest.mark.parametrize(
    ("order", "below", "equal", "above"),
    [
        ("<", True, False, False),
        ("<=", True, True, False),
        (">", False, False, True),
        (">=", False, True, True),
        ("==", False, True, False),
        ("!=", True, False, True),
    ],
)
def test_equal_differences_are_compared_at_their_point(
    order: str, below: bool, equal: bool, above: bool
):
    found = [decide(f"x {order} 2", x=paired([value] * 9)) for value in (1.0, 2.0, 3.0)]
    assert found == [below, equal, above]


@pytest.mark.parametrize("order", ["<", "<=", ">", ">=", "==", "!="])
def test_an_interval_across_zero_decides_nothing(order: str):
    assert decide(f"x {order} 2", x=paired([1.0] * 10 + [3.0] * 10)) is None


def test_a_noisy_and_an_exact_metric_compare_block_by_block():
    assert decide("x < y", x=paired([1.0] * 9), y=Exact(2.0, 2.0))


def test_metrics_of_unequal_length_share_their_common_blocks():
    x, y = Paired([1.0] * 12, [1.0] * 12), Paired([2.0] * 9, [2.0] * 10)
    assert decide("x < y", x=x, y=y)
    assert decide("x < y", x=x, y=Paired([2.0] * 12, [2.0] * 8)) is None


def test_one_block_without_a_number_leaves_all_undecided():
    verdict = judge("1 / x < 2", {"x": paired([1.0] * 20 + [0.0])})
    assert verdict.value is None
    assert "division by zero" in verdict.reason


def test_a_metric_without_any_block_is_not_measured():
    assert judge("x < 1", {"x": Paired([], [])}) == Verdict(None, "x: not measured")


def test_comparisons_that_could_each_make_it_true_share_the_error():
    nine = {"x": paired([0.5] * 9), "y": paired([0.5] * 9)}
    ten = {"x": paired([0.5] * 10), "y": paired([0.5] * 10)}
    assert judge("x < 1 and y < 1", nine).value is True
    assert judge("x < 1 or y < 1", nine).value is None
    assert judge("x < 1 or y < 1", ten).value is True
    assert judge("not (x > 1 and y > 1)", nine).value is None
    assert judge("x < 1 or ok", nine | {"ok": Exact(False, True)}).value is True


@given(st.lists(st.floats(0.5, 1.5), min_size=9, max_size=30), st.floats(0.5, 1.5))
def test_a_comparison_and_its_opposite_never_both_hold(values: list[float], bound: float):
    samples = {"x": paired(values)}
    at_most = judge(f"x <= {bound!r}", samples).value
    above = judge(f"x > {bound!r}", samples).value
    assert above is (None if at_most is None else not at_most)


# --- honesty ----------------------------------------------------------------------------


def outcomes(
    true_ratio: float, noise: float, runs: int, most: int = 200
) -> list[tuple[Truth, int]]:
    """Return verdict and blocks of many runs that stop at the first decision."""
    rule = parse_rule("x <= 0.95 * baseline.x", ["x"])
    found: list[tuple[Truth, int]] = []
    for run in range(runs):
        stream = random.Random(f"{true_ratio}/{noise}/{run}")
        candidate, baseline = list[float](), list[float]()
        verdict: Truth = None
        while verdict is None and len(candidate) < most:
            for _ in range(1 + len(candidate) // 16):
                candidate.append(true_ratio * stream.lognormvariate(0, noise))
                baseline.append(stream.lognormvariate(0, noise))
            verdict = rule.decide({"x": Paired(candidate, baseline)})
        found.append((verdict, len(candidate)))
    return found


@pytest.mark.parametrize("noise", [0.01, 0.03, 0.1])
def test_a_change_that_does_nothing_is_not_accepted(noise: float):
    accepted = [verdict for verdict, _ in outcomes(1.0, noise, runs=200) if verdict]
    assert not accepted


def test_a_change_exactly_at_the_bound_is_rarely_accepted():
    accepted = [verdict for verdict, _ in outcomes(0.95, 0.03, runs=200) if verdict]
    assert len(accepted) <= 2


@pytest.mark.parametrize(
    ("noise", "share", "blocks"), [(0.01, 1.0, 9), (0.03, 1.0, 24), (0.05, 0.99, 60)]
)
def test_a_speed_up_of_a_tenth_is_accepted_soon(noise: float, share: float, blocks: int):
    found = outcomes(0.9, noise, runs=100)
    assert sum(verdict is True for verdict, _ in found) >= share * len(found)
    assert sorted(count for _, count in found)[len(found) // 2] <= blocks


# --- columns ----------------------------------------------------------------------------


def test_arithmetic_has_one_value_per_block():
    node = Parser("x / baseline.x - y", IDS, None).number()
    samples = {"x": Paired([2.0, 4.0], [2.0, 2.0]), "y": Exact(1.0, 0.0)}
    assert column(node, samples) == [0.0, 1.0]


def test_arithmetic_of_exact_metrics_has_one_value():
    node = Parser("-ok + 3", IDS, None).number()
    assert column(node, {"ok": Exact(True, False)}) == [2.0]


def test_a_truth_has_no_column():
    with pytest.raises(Undefined):
        column(parse_rule("x < 1", IDS).node, {"x": Exact(1.0, 1.0)})
