"""Settings of the whole process, for as long as anybody needs them."""

from __future__ import annotations

import pytest

from sigil.process_wide import Setting


class Knob:
    """Something that a process has one of."""

    def __init__(self, at: int):
        self.at = at

    def turn(self, at: int) -> None:
        self.at = at


def at_most_three(knob: Knob) -> Setting[int]:
    return Setting(lambda: knob.at, knob.turn, lambda now: min(now, 3))


def test_it_is_as_it_was_once_the_last_one_needs_it_no_longer():
    knob = Knob(5)
    setting = at_most_three(knob)
    setting.begin()
    setting.begin()
    seen = [knob.at]
    setting.end()
    seen.append(knob.at)
    setting.end()
    assert [*seen, knob.at] == [3, 3, 5]


def test_it_can_be_needed_again():
    knob = Knob(5)
    setting = at_most_three(knob)
    for before in (5, 4):
        knob.at = before
        with setting.needed():
            assert knob.at == 3
        assert knob.at == before


def test_what_is_as_wanted_already_stays():
    knob = Knob(2)
    with at_most_three(knob).needed():
        assert knob.at == 2
    assert knob.at == 2


def test_what_somebody_else_set_meanwhile_stays():
    knob = Knob(5)
    with at_most_three(knob).needed():
        knob.turn(4)
    assert knob.at == 4


def test_a_block_that_fails_needs_it_no_longer():
    knob = Knob(5)
    with pytest.raises(KeyError), at_most_three(knob).needed():
        raise KeyError
    assert knob.at == 5
