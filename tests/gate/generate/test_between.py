"""Between the rows: enough values are asked for, and others in each evaluation."""

from __future__ import annotations

import random
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.gate.generate.notes import Notes
from tests.gate.generate.running import Local

from sigil.gate.generate.between import VALUES, between, values_asked
from sigil.gate.generate.compiler import compile_intent
from sigil.gate.generate.drafting import draft
from sigil.gate.generate.lua import write
from sigil.gate.generate.model import Exchange, Property
from sigil.gate.intent import read_intent
from sigil.gate.lua import lint, run_scenario
from sigil.gate.model import Scenario

ROWS = {1: 6, 2: 8, 5: 14, 10: 24, 19: 42, 20: 54, 25: 64, 40: 94, 60: 134}
PARCELS = (
    "A parcel costs a base fee of $4, plus $2 per kg. From 20 kg on there is a surcharge of $10."
)
EDGES = {3, 18, 21, 59}


def intent(prose: str = PARCELS, rows: dict[int, object] | None = None, unit: str = "$"):
    listed = "".join(f"| {kg} | {unit}{price} |\n" for kg, price in (rows or ROWS).items())
    table = f"| `GET /quote?kg=` | `price_cents` |\n|---|---|\n{listed}"
    head = "---\ntitle: X\nowner: X\npriority: P1\n---\n## Acceptance criteria\n"
    text = f"{head}1. `GET /x` returns 200.\n\n## Prices\n\n{prose}\n\n{table}"
    return read_intent(text.encode(), "x.md")


def sketch_of(source, secret: int = 1):
    (rule,) = compile_intent(source).rules
    found = between(rule, "x", "X", random.Random(secret))
    assert found is not None
    return found


class Priced(Notes):
    """Answers with the price that a function gives.

    Args:
        price: of so many kg, in cents.
    """

    def __init__(self, price: Callable[[int], int]):
        super().__init__()
        self.price, self.asked = price, []

    def answer(self, method, target, token, sent):
        kg = int(dict(parse_qsl(urlsplit(target).query))["kg"])
        self.asked.append(kg)
        return 200, {"price_cents": self.price(kg)}


def right(kg: int) -> int:
    return 400 + 200 * kg + (1000 if kg >= 20 else 0)


def run(service: Priced, seed: int, source=None):
    source = source or intent()
    text = write(sketch_of(source), source)
    assert lint(Scenario("x", "holdout", text, "x.lua")) == []
    done = run_scenario(Scenario("x", "holdout", text, "x.lua"), Local(service), seed=seed)
    return done.result.status.value


def test_a_right_service_passes_and_each_piece_is_asked_for_its_edges():
    for seed in range(5):
        service = Priced(right)
        assert run(service, seed) == "pass"
        assert set(service.asked) >= EDGES
        assert len(service.asked) == VALUES


def test_each_evaluation_asks_other_values_and_its_seed_asks_the_same():
    asked = []
    for seed in (1, 2, 1):
        service = Priced(right)
        run(service, seed)
        asked.append(service.asked)
    assert asked[0] == asked[2] != asked[1]


def test_a_branch_for_a_few_values_is_found():
    wrong = Priced(lambda kg: 1 if kg in {21, 45, 59} else right(kg))
    assert run(wrong, 3) == "fail"


def test_a_branch_for_any_one_value_is_found_by_one_of_twenty_evaluations():
    for odd in (22, 33, 58):
        services = (Priced(lambda kg, odd=odd: 1 if kg == odd else right(kg)) for _ in range(20))
        assert any(run(one, seed) == "fail" for seed, one in enumerate(services)), odd


def test_what_is_asked_each_time_is_drawn_from_the_secret():
    def fixed(secret: int) -> set[str]:
        steps = sketch_of(intent(), secret).steps
        return {step.request.path for step in steps if isinstance(step, Exchange)}

    assert fixed(1) == fixed(1) != fixed(2)


def test_a_small_piece_is_asked_for_whole():
    steps = sketch_of(intent("Each kg costs $2.", {1: 2, 5: 10, 8: 16})).steps
    assert [type(step) for step in steps] == [Exchange] * 5


def test_where_some_amounts_would_be_rounded_the_others_are_drawn_from():
    source = intent("Each kg costs $0.015.", {2: "0.03", 600: "9"})
    service = Priced(lambda kg: kg * 3 // 2)
    assert run(service, 4, source) == "pass"
    assert all(kg % 2 == 0 for kg in service.asked)
    assert len(service.asked) == VALUES


def test_where_rows_are_fractions_values_of_the_secret_alone_are_asked():
    source = intent("Each kg costs 1.5.", {1: "1.5", 90: "135"}, "")
    sketch = sketch_of(source)
    assert not any(isinstance(step, Property) for step in sketch.steps)
    assert values_asked(sketch) == VALUES


def test_with_many_pieces_each_has_its_edges_and_values_of_the_evaluation():
    fees = "; ".join(f"from {least} kg on a surcharge of ${least}" for least in range(20, 200, 20))
    rows = {kg: 2 * kg + (kg // 20 * 20) for kg in range(1, 200, 9)}
    sketch = sketch_of(intent(f"Each kg costs $2. {fees[0].upper()}{fees[1:]}.", rows))
    fixed = {s.request.path.rpartition("=")[2] for s in sketch.steps if isinstance(s, Exchange)}
    assert {"20", "39", "180", "198"} <= fixed
    assert sum(isinstance(step, Property) for step in sketch.steps) == 10


@pytest.mark.parametrize("ratio", [0.0, 0.4])
def test_a_holdout_says_how_many_values_it_asks_for(ratio):
    found = draft(intent(), ratio=ratio, seed=0, secret=1)
    values = [one.values for one in found.candidates if one.values]
    assert values == ([VALUES] if ratio else [])
