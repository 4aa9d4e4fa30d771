import pickle
import random
from collections import Counter

import pytest

from sigil.errors import InvalidValue
from sigil.search.ensemble import FLOOR, Ensemble


def drawn(ensemble, times=2000, seed=1):
    stream = random.Random(seed)
    return Counter(ensemble.choose(stream) for _ in range(times))


def taught(weights, trials, times=60):
    """An ensemble in which each entry was tried with a gain, a price and tokens of its own."""
    ensemble = Ensemble(weights)
    for _ in range(times):
        for name, (gain, usd, tokens) in trials.items():
            ensemble.tell(name, gain, usd, tokens)
    return ensemble


def test_at_first_entries_are_chosen_by_their_weights():
    counts = drawn(Ensemble({"a": 3.0, "b": 1.0}))
    assert 0.7 < counts["a"] / 2000 < 0.8


def test_one_entry_is_always_chosen():
    assert Ensemble({"only": 0.1}).choose(random.Random(1)) == "only"


def test_what_improves_more_at_the_same_cost_is_chosen_more():
    counts = drawn(taught({"a": 1, "b": 1}, {"a": (0.5, 0.01, 100), "b": (0.05, 0.01, 100)}))
    assert counts["a"] > 8 * counts["b"]


def test_what_improves_as_much_for_less_is_chosen_more():
    counts = drawn(taught({"a": 1, "b": 1}, {"a": (0.3, 0.001, 100), "b": (0.3, 0.1, 100)}))
    assert counts["a"] > 2 * counts["b"]


def test_without_all_prices_tokens_are_what_an_answer_costs():
    counts = drawn(taught({"a": 1, "b": 1}, {"a": (0.3, None, 100), "b": (0.3, 0.0, 9000)}))
    assert counts["a"] > 2 * counts["b"]


def test_a_free_model_that_never_helps_is_no_bargain():
    counts = drawn(taught({"free": 1, "paid": 1}, {"free": (0.0, 0.0, 9), "paid": (0.4, 0.1, 9)}))
    assert counts["paid"] > 5 * counts["free"]


def test_no_entry_is_ever_starved():
    ensemble = taught({"a": 1, "b": 1}, {"a": (1.0, 0.0, 1), "b": (0.0, 5.0, 9000)}, times=500)
    counts = drawn(ensemble, times=4000)
    assert counts["b"] > 4000 * FLOOR / 2 * 0.7


def test_what_helped_long_ago_is_forgotten():
    ensemble = taught({"a": 1, "b": 1}, {"a": (1.0, 0.01, 1), "b": (0.0, 0.01, 1)})
    for _ in range(150):
        ensemble.tell("a", 0.0, 0.01, 1)
        ensemble.tell("b", 0.5, 0.01, 1)
    counts = drawn(ensemble)
    assert counts["b"] > 3 * counts["a"]


def test_the_same_tells_and_stream_give_the_same_choices_also_after_a_pickle():
    trials = {"a": (0.2, 0.01, 100), "b": (0.1, None, 50)}
    ensemble = taught({"a": 2, "b": 1}, trials)
    copy = pickle.loads(pickle.dumps(ensemble))
    streams = [random.Random(5), random.Random(5)]
    for _ in range(50):
        name = ensemble.choose(streams[0])
        assert copy.choose(streams[1]) == name
        ensemble.tell(name, 0.1, 0.01, 10)
        copy.tell(name, 0.1, 0.01, 10)


def test_a_stranger_changes_nothing():
    ensemble = Ensemble({"a": 1, "b": 1})
    ensemble.tell("c", 1.0, 0.0, 1)
    assert drawn(ensemble) == drawn(Ensemble({"a": 1, "b": 1}))


@pytest.mark.parametrize("weight", [0, -1, float("nan"), float("inf")])
def test_a_weight_is_a_number_above_0(weight):
    with pytest.raises(InvalidValue, match="the weight of model 'a'"):
        Ensemble({"a": weight})


def test_an_ensemble_of_nobody_is_refused():
    with pytest.raises(InvalidValue, match="no model is named"):
        Ensemble({})
