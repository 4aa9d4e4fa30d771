"""The visible half, run by whoever writes the code; nothing else is let in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sigil.errors import InvalidValue, NotFound
from sigil.gate.exam.rehearsing import chosen, rehearse
from sigil.gate.model import Scenario

TEXT = 'return {{ tags = {{"{tag}"}}, run = function() expect(true) end }}'
SCENARIOS = [
    Scenario("auth/login", "visible", TEXT.format(tag="auth"), "auth/login.lua"),
    Scenario("auth/logout", "visible", TEXT.format(tag="auth"), "auth/logout.lua"),
    Scenario("billing/upgrade", "visible", TEXT.format(tag="money"), "billing/upgrade.lua"),
]


@pytest.mark.parametrize(
    ("patterns", "tags", "expected"),
    [
        ([], [], ["auth/login", "auth/logout", "billing/upgrade"]),
        (["auth/*"], [], ["auth/login", "auth/logout"]),
        (["billing/upgrade", "auth/login"], [], ["auth/login", "billing/upgrade"]),
        ([], ["money"], ["billing/upgrade"]),
        ([], ["money", "auth"], ["auth/login", "auth/logout", "billing/upgrade"]),
    ],
)
def test_scenarios_are_chosen_by_id_and_by_tag_in_the_exams_order(patterns, tags, expected):
    assert [one.id for one in chosen(SCENARIOS, patterns, tags)] == expected


def test_what_has_a_skipped_tag_is_left_out():
    assert [one.id for one in chosen(SCENARIOS, ["*/log*", "billing/*"], [], ["auth"])] == [
        "billing/upgrade"
    ]


def test_a_pattern_that_fits_nothing_is_told_with_what_there_is():
    with pytest.raises(NotFound, match="auth/login"):
        chosen(SCENARIOS, ["auth/lgoin"], [])


@pytest.mark.parametrize(("count", "ends"), [(5, "s4"), (6, "s4 and 1 more"), (13, "and 8 more")])
def test_names_that_do_not_fit_are_counted(count, ends):
    many = [replace(SCENARIOS[0], id=f"s{number}") for number in range(count)]
    with pytest.raises(NotFound) as told:
        chosen(many, ["nope"], [])
    assert str(told.value).endswith(ends)


def test_a_tag_that_nothing_has_is_told():
    with pytest.raises(NotFound, match="no visible scenario to run"):
        chosen(SCENARIOS, [], ["nothing"])


def test_a_holdout_is_no_rehearsal():
    sealed = replace(SCENARIOS[0], half="holdout")
    with pytest.raises(InvalidValue, match="no rehearsal"):
        rehearse([sealed], None, None, seed=1, lanes=1, most_seconds=1.0)
