"""Who gets how much of a round."""

import pytest

from sigil.search.credit import DUPLICATE, Credit, gain_of

THREE = ("rewrite", "mutate", "tune")


def test_the_first_gets_most_of_the_first_round():
    given = Credit(THREE).split(16)
    assert given["rewrite"] >= 8
    assert given["rewrite"] > given["mutate"] > given["tune"] >= 2


def test_what_pays_off_at_once_gets_nearly_all():
    credit = Credit(THREE)
    for _ in range(8):
        credit.count("rewrite", 1.0)
        credit.count("mutate", 0.0)
        credit.count("tune", 0.0)
    assert credit.shares()["rewrite"] > 0.7


def test_hope_without_gain_fades():
    credit = Credit(THREE)
    for _ in range(30):
        for name in THREE:
            credit.count(name, 0.0)
    shares = credit.shares()
    assert shares["rewrite"] == pytest.approx(shares["tune"], rel=0.15)


def test_the_share_of_one_that_rests_goes_to_the_others_at_once():
    credit = Credit(THREE)
    given = credit.split(16, without={"rewrite"})
    assert sum(given.values()) == 16
    assert "rewrite" not in given


def test_a_duplicate_weighs_less_than_an_evaluation_in_vain():
    vain, repeating = Credit(("a", "b")), Credit(("a", "b"))
    for _ in range(8):
        vain.count("a", 0.0)
        repeating.count("a", 0.0, weight=DUPLICATE)
    assert vain.shares()["a"] < repeating.shares()["a"]


def test_a_great_step_earns_more_than_a_small_one_and_that_more_than_none():
    great = gain_of((100.0,), (50.0,), elite=True)
    small = gain_of((100.0,), (99.0,), elite=True)
    wider = gain_of((100.0, 1.0), (100.0, 1.0), elite=True)
    none = gain_of((100.0,), (50.0,), elite=False)
    assert great == 1.0 > small > wider > none == 0.0


def test_a_repair_earns_all_there_is():
    assert gain_of(None, (5.0,), elite=True) == 1.0


@pytest.mark.parametrize(("best", "costs"), [(0.0, -1.0), (float("inf"), 3.0), (-4.0, -8.0)])
def test_costs_of_any_sign_have_gains(best, costs):
    assert gain_of((best,), (costs,), elite=True) == 1.0
