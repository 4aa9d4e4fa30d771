from typing import Any

import pytest

from sigil import errors
from sigil.evaluate.result import Evaluation
from sigil.optimize.history import History, read_history, round_frame
from sigil.optimize.shifts import Shift


def measured(*costs: float, accepted: bool | None = None) -> dict[str, Any]:
    return Evaluation("measured", costs=costs, accepted=accepted).to_json()


def asked(*ids: str, parent: str = "BASELINE") -> tuple[str, dict[str, Any]]:
    proposals = [
        {"id": i, "parent": parent, "patch": "", "proposer": "mutate", "note": "", "seed": 0}
        for i in ids
    ]
    return "asked", {"count": len(ids), "proposals": proposals, "refused": []}


def evaluated(name: str, *costs: float) -> tuple[str, dict[str, Any]]:
    return "evaluated", {"candidate": name, "evaluation": measured(*costs)}


def confirmed(name: str, cost: float, accepted: bool | None) -> tuple[str, dict[str, Any]]:
    return "confirmed", {"candidate": name, "evaluation": measured(cost, accepted=accepted)}


def test_an_empty_journal_is_an_empty_history() -> None:
    assert read_history([]) == History()


def test_candidates_are_ranked_by_cost() -> None:
    history = read_history([asked("aa", "bb"), evaluated("aa", 2.0), evaluated("bb", 1.0)])
    assert [c.id for c in history.ranked()] == ["bb", "aa"]


def test_an_accepted_candidate_ranks_before_a_cheaper_one() -> None:
    frames = [asked("aa", "bb"), evaluated("aa", 2.0), evaluated("bb", 1.0)]
    history = read_history([*frames, confirmed("aa", 2.0, accepted=True)])
    assert history.ranked()[0].id == "aa"


def test_a_failed_candidate_is_not_ranked() -> None:
    failed = {"candidate": "aa", "evaluation": Evaluation("failed").to_json()}
    history = read_history([asked("aa"), ("evaluated", failed)])
    assert history.ranked() == []
    assert history.measured() == 1


def test_the_fresh_measurement_is_the_one_to_believe() -> None:
    history = read_history([asked("aa"), evaluated("aa", 1.0), confirmed("aa", 5.0, None)])
    verdict = history.candidates["aa"].verdict
    assert verdict is not None
    assert verdict.costs == (5.0,)


def test_the_front_of_two_objectives_keeps_both_ends() -> None:
    frames = [asked("aa", "bb", "cc"), evaluated("aa", 1.0, 9.0), evaluated("bb", 9.0, 1.0)]
    history = read_history([*frames, evaluated("cc", 9.0, 9.0)])
    assert {c.id for c in history.front()} == {"aa", "bb"}


def test_a_screening_that_flatters_stands_not_before_what_was_accepted() -> None:
    frames = [asked("aa", "bb"), evaluated("aa", 2.0), evaluated("bb", 1.0)]
    history = read_history([*frames, confirmed("aa", 2.0, accepted=True)])
    assert [c.id for c in history.front()] == ["aa"]


def test_a_lineage_begins_at_the_baseline() -> None:
    history = read_history([asked("aa"), asked("bb", parent="aa")])
    assert [c.id for c in history.lineage(history.candidates["bb"])] == ["aa", "bb"]


def test_the_beginning_of_an_id_is_enough_if_it_is_unique() -> None:
    history = read_history([asked("aa1", "ab2")])
    assert history.candidate("aa").id == "aa1"
    with pytest.raises(errors.NotFound, match="2 candidates"):
        history.candidate("a")


def test_a_resumed_run_has_not_ended() -> None:
    ended = ("ended", {"reason": "budget", "winner": None})
    assert read_history([ended]).ended == "budget"
    assert read_history([ended, ("resumed", {"environment": {}})]).ended is None


def test_a_measurement_of_an_unknown_candidate_is_corrupt() -> None:
    with pytest.raises(errors.Corrupt, match="nobody proposed"):
        read_history([evaluated("aa", 1.0)])


def test_frames_of_a_later_version_are_passed_over() -> None:
    assert read_history([("novelty", {})]) == History()


def test_a_screening_is_never_an_acceptance() -> None:
    screened = {"candidate": "aa", "evaluation": measured(1.0, accepted=True)}
    history = read_history([asked("aa"), ("evaluated", screened)])
    assert history.candidates["aa"].accepted is None
    assert history.best_accepted() is None


def test_a_frame_without_its_form_is_corrupt() -> None:
    with pytest.raises(errors.Corrupt, match="'asked'"):
        read_history([("asked", {"proposals": 3})])


def test_an_added_candidate_is_in_no_round() -> None:
    body = {
        "id": "aa",
        "parent": "BASELINE",
        "patch": "",
        "proposer": "manual",
        "note": "",
        "seed": 0,
    }
    history = read_history([("added", body)])
    assert list(history.candidates) == ["aa"]
    assert history.rounds == []


def test_a_candidate_cannot_be_its_own_ancestor() -> None:
    with pytest.raises(errors.Corrupt, match="nobody proposed before"):
        read_history([asked("aa", parent="aa")])


def test_a_round_keeps_the_bar_that_its_screenings_were_held_against() -> None:
    body = round_frame(1, [], bar=(0.25,))
    assert read_history([("asked", body)]).rounds[0].bar == (0.25,)
    assert "bar" not in round_frame(1, [])


def test_a_shift_says_after_how_many_rounds_it_was() -> None:
    shifted = ("shifted", {"round": 0, "what": "unanswered"})
    assert read_history([asked("aa"), asked("bb"), shifted]).shifts == [Shift(2, 0, "unanswered")]


@pytest.mark.parametrize("body", [{"round": 1, "what": "returned"}, {"round": 0, "what": "gone"}])
def test_a_shift_of_no_round_or_of_no_kind_is_corrupt(body: dict[str, Any]) -> None:
    with pytest.raises(errors.Corrupt, match="'shifted'"):
        read_history([asked("aa"), ("shifted", body)])
