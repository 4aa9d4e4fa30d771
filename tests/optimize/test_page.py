"""The page about a run: what it says, what it never says, and what it cannot be made to do."""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
import time
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import click
import pytest
from tests.optimize.made_up import (
    AFTER,
    BEFORE,
    candidate,
    failed,
    history,
    improved,
    large,
    measured,
    name,
    recorded,
    timed,
)

from sigil.cli.sigil import sigil
from sigil.evaluate.result import Evaluation, MetricValue
from sigil.optimize.history import History
from sigil.optimize.picture.facts import Facts
from sigil.optimize.picture.page import page
from sigil.optimize.present import UNCHECKED
from sigil.search.model import BASELINE
from sigil.search.patch import diff

HOSTILE = "</script></style><img src=x onerror=alert(1)><svg/onload=alert(2)>\"'><b>"


class Reader(HTMLParser):
    """Reads a page as a browser would: which elements it has, and which text."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.update(key for key, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def told(facts: Facts) -> str:
    return Reader(page(facts)).text


# --- what it says ------------------------------------------------------------------------


def test_it_says_what_improved_and_by_how_much_with_interval_and_confidence() -> None:
    text = told(improved())
    assert "latency 5× faster" in text
    assert "latency went from 10 ms [9.5, 10.5] to 2 ms [1.9, 2.1]" in text
    assert "the gain lies between 4.76 and 5.26; intervals at 99 % confidence" in text


def test_it_says_that_held_out_inputs_agree() -> None:
    assert "holds there" in told(improved())
    assert "right yes; no proposer ever saw them" in told(improved())


def test_it_says_that_there_were_no_held_out_inputs() -> None:
    best = candidate(1, evaluation=measured(2.0), confirmed=measured(2.0, 0.05, accepted=True))
    assert UNCHECKED in told(Facts(recorded(), history(best, winner=best.id)))


def test_it_says_that_another_number_may_not_do_for_other_inputs() -> None:
    doubt = "It may differ for inputs unlike those tried: a number is another"
    assert doubt in told(improved("400 → 200 at line 2"))
    assert doubt not in told(improved())


def test_a_gain_within_its_interval_is_called_unclear() -> None:
    best = candidate(1, evaluation=measured(9.9), confirmed=measured(9.9, 0.2, accepted=True))
    found = told(Facts(recorded(), history(best, winner=best.id)))
    assert "no gain is clear of its interval" in found


def test_a_run_without_a_winner_claims_nothing() -> None:
    found = told(Facts(recorded(), history(candidate(1, evaluation=measured(2.0)))))
    assert "Nothing better was accepted" in found
    assert "which was not accepted" in found
    assert "✓" not in found


def left_open() -> Facts:
    """Return a run whose only candidate looked better, and of which nothing was decided."""
    best = candidate(
        1, evaluation=measured(2.5, 0.05), confirmed=measured(2.5, 0.05, accepted=None)
    )
    return Facts(recorded("min(latency)"), history(best))


def test_what_was_left_undecided_is_told_with_the_command_that_goes_on() -> None:
    text = told(left_open())
    assert "One looked 4× faster, but noise or time left it undecided." in text
    run = recorded().run
    assert f"sigil run --spec work --workspace default --resume {run} --budget-time" in text


def test_where_all_is_decided_nobody_is_told_to_go_on() -> None:
    for facts in (improved(), Facts(recorded(), history(candidate(1)))):
        assert "undecided" not in told(facts)
        assert "--resume" not in told(facts)


def test_a_run_that_goes_on_says_so() -> None:
    found = told(Facts(recorded(), history(candidate(1), ended=None)))
    assert "Not ended yet" in found


def test_a_run_that_died_before_its_baseline_has_a_page() -> None:
    assert "Not ended yet" in told(Facts(recorded(), History()))


def test_the_winning_change_stands_there_line_by_line() -> None:
    text = page(improved())
    assert '<tr class="removed">' in text
    assert '<tr class="added">' in text
    assert "return n * (n - 1) // 2" in re.sub("<[^>]+>", "", text)


def test_the_change_is_that_against_the_unchanged_code_not_against_the_parent() -> None:
    middle = {"work.py": BEFORE["work.py"].replace("0.5", "0.7")}
    last = {"work.py": AFTER["work.py"].replace("0.5", "0.7")}
    first = candidate(1, patch=diff(BEFORE, middle), evaluation=measured(9.0))
    second = candidate(
        2,
        first.id,
        patch=diff(middle, last),
        evaluation=measured(2.0),
        confirmed=measured(2.0, 0.05, accepted=True),
    )
    found = re.sub("<[^>]+>", "", page(Facts(recorded(), history(first, second, winner=name(2)))))
    assert "sum(range(n))  # 0.5" in found
    assert "// 2  # 0.7" in found
    assert "sum(range(n))  # 0.7" not in found


def test_failures_are_grouped_with_counts_and_examples_on_demand() -> None:
    wrong = [candidate(n, evaluation=failed(f"case {n} differs")) for n in range(1, 8)]
    text = page(Facts(recorded(), history(*wrong)))
    assert '<td class="number">7</td>' in text
    assert "right: the check says no" in text
    assert "case 3 differs" in text
    assert "case 4 differs" not in text
    assert "<details><summary>3 examples" in text


def test_what_was_not_worth_measuring_is_counted() -> None:
    lived = history()
    lived.refused.update({("rewrite", "outside of the pin"): 12})
    found = told(Facts(recorded(), lived))
    assert "not measured: outside of the pin" in found
    assert "rewrite" in found


def test_refusals_on_held_out_inputs_are_counted_in_the_head() -> None:
    lucky = candidate(1, evaluation=measured(2.0), confirmed=failed("3 of 9 differ", "holdout"))
    assert "1 others were refused there" in told(Facts(recorded(), history(lucky)))


def test_several_goals_have_a_front() -> None:
    def both(latency: float, memory: float) -> Evaluation:
        metrics = {"latency": timed(latency), "memory": MetricValue(memory, 1)}
        return Evaluation("measured", metrics=metrics, costs=(latency, memory))

    made = [
        candidate(n, evaluation=both(n, m)) for n, m in ((1, 9), (2, 5), (3, 7), (4, 2), (5, 3))
    ]
    base = both(10, 10)
    objective = "min(latency), min(memory)"
    found = page(Facts(recorded(objective), history(*made, baseline=base)))
    assert "Pareto front" in found
    assert "3 candidates that no other one beats" in found
    assert "memory against latency" in found


def test_a_goal_that_is_maximised_says_that_higher_is_better() -> None:
    def score(value: float, **more: object) -> Evaluation:
        metrics = {"memory": MetricValue(value, 1, ratio=value / 2)}
        return Evaluation("measured", metrics=metrics, costs=(-value,), **more)

    best = candidate(1, evaluation=score(8.0), confirmed=score(8.0, accepted=True))
    found = told(Facts(recorded("max(memory)"), history(best, winner=best.id, baseline=score(2.0))))
    assert "higher is better" in found
    assert "memory +300.0 %" in found


def test_it_says_how_to_reproduce_the_run() -> None:
    text = told(improved(commit="c0ffee"))
    assert "git checkout c0ffee" in text
    assert (
        "sigil run --spec work --workspace default --eval latency --optimizer simple --num 16 "
        "--seed 7" in text
    )
    assert f"sigil replay {name(1)[:12]} --spec work" in text
    assert "sha256:0123abcd" in text


# --- what it never says ------------------------------------------------------------------


def test_no_path_of_the_machine_is_in_it() -> None:
    secret = {"work.py": 'DATA = "/srv/people/someone/project/data.csv"\n'}
    best = candidate(
        1,
        patch=diff(BEFORE, {"work.py": secret["work.py"] + BEFORE["work.py"]}),
        note="from /tmp/scratch.1/x.py",
        evaluation=measured(2.0),
        confirmed=measured(2.0, 0.05, accepted=True),
    )
    wrong = candidate(
        2, evaluation=failed("/usr/lib/python3.11/random.py:3 says /home/another/x no")
    )
    text = page(Facts(recorded(), history(best, wrong, winner=best.id)))
    for private in ("/srv/people", "someone", "/tmp/", "/usr/lib", "/home/another", "cgroup"):
        assert private not in text
    assert "…/random.py:3" in text
    assert "…/data.csv" in text


def test_a_quotient_is_no_path() -> None:
    made = candidate(1, note="x /y/ z → a / b", evaluation=measured(2.0))
    assert "x /y/ z → a / b" in told(Facts(recorded(), history(made)))


def test_nothing_that_a_command_printed_is_in_it() -> None:
    loud = candidate(1, evaluation=replace(measured(2.0), log="SECRET-HELD-OUT-CASE"))
    assert "SECRET" not in page(Facts(recorded(), history(loud)))


def test_a_note_is_there_to_its_end_which_says_when_the_result_may_differ() -> None:
    note = f"several rewrites: {'a rule, ' * 40}may differ if an item changes under another name"
    best = candidate(1, note=note, evaluation=measured(2.0))
    wrong = candidate(2, note=note, evaluation=failed())
    shown = told(Facts(recorded(), history(best, wrong, winner=best.id)))
    assert shown.count("may differ if an item changes under another name") >= 3


def test_a_candidate_in_the_table_is_told_with_the_steps_before_its_own() -> None:
    repair = candidate(1, note="the real repair", evaluation=measured(3.0))
    small = candidate(2, parent=repair.id, note="a detail", evaluation=measured(2.0))
    assert "the real repair, then a detail" in told(Facts(recorded(), history(repair, small)))


# --- what it cannot be made to do --------------------------------------------------------


def hostile() -> Facts:
    lines = {"work.py": f"{BEFORE['work.py']}# {HOSTILE}\n"}
    best = candidate(
        1,
        patch=diff(BEFORE, lines),
        note=HOSTILE,
        proposer=HOSTILE,
        evaluation=measured(2.0),
        confirmed=measured(2.0, 0.05, accepted=True),
    )
    wrong = candidate(2, note=HOSTILE, evaluation=failed(HOSTILE, HOSTILE))
    lived = history(best, wrong, winner=best.id, ended=HOSTILE)
    lived.refused.update({(HOSTILE, HOSTILE): 1})
    return Facts(recorded(description=HOSTILE, rule=HOSTILE, commit=HOSTILE), lived)


def test_what_candidates_say_never_becomes_markup() -> None:
    read = Reader(page(hostile()))
    assert read.tags.count("script") == read.tags.count("style") == 1
    assert not {"img", "b", "iframe", "object", "link", "a"} & set(read.tags)
    assert not {key for key in read.attributes if key.startswith("on")}
    assert not {"href", "src", "style"} & read.attributes
    assert read.text.count("<img src=x onerror=alert(1)>") >= 6


def test_text_that_reorders_or_hides_is_shown_as_an_escape() -> None:
    trick = "admin\u202e\u2066// check\u2069\u200b\x1b[2J"
    lines = {"work.py": f"# {trick}\n{BEFORE['work.py']}"}
    made = candidate(1, patch=diff(BEFORE, lines), note=trick, evaluation=measured(2.0))
    text = page(Facts(recorded(), history(made)))
    assert not {"\u202e", "\u2066", "\u200b", "\x1b"} & set(text)
    assert "\\u202e" in text


def test_a_lone_surrogate_does_not_end_it() -> None:
    made = candidate(1, note="\ud800", evaluation=measured(2.0))
    assert page(Facts(recorded(), history(made))).encode()


def test_the_policy_allows_its_own_two_blocks_and_nothing_else() -> None:
    text = page(improved())
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    allowed = policy[1].replace("&#x27;", "'")
    assert allowed.startswith("default-src 'none'; ")
    for block in ("style", "script"):
        inside = text.split(f"<{block}>")[1].split(f"</{block}>")[0]
        named = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{block}-src 'sha256-{named}'" in allowed


def test_it_asks_no_network_for_anything() -> None:
    assert "://" not in page(improved())
    assert "url(" not in page(improved())
    assert "@import" not in page(improved())


# --- how large it gets, and how long it takes --------------------------------------------


@pytest.fixture(scope="module")
def ten_thousand() -> Facts:
    return large()


def test_ten_thousand_candidates_make_less_than_a_megabyte(ten_thousand: Facts) -> None:
    assert len(page(ten_thousand).encode()) < 150_000


def test_ten_thousand_candidates_take_less_than_two_seconds(ten_thousand: Facts) -> None:
    start = time.process_time()
    page(Facts(ten_thousand.recorded, ten_thousand.history))
    assert time.process_time() - start < 2


def test_the_same_record_gives_the_same_bytes() -> None:
    assert page(large(300)) == page(large(300))


def test_a_chain_of_thousands_of_steps_is_folded() -> None:
    chain = [candidate(1, evaluation=measured(9.0))]
    chain += [candidate(n, name(n - 1), evaluation=measured(9.0 / n)) for n in range(2, 3001)]
    text = told(Facts(recorded(), history(*chain)))
    assert "2990 steps between, the last 100 of which are here" in text
    assert "step 3000" in text


def test_an_enormous_change_is_cut_and_says_so() -> None:
    many = {"work.py": "".join(f"x{n} = {n}\n" for n in range(5000))}
    made = candidate(1, patch=diff(BEFORE, many), evaluation=measured(2.0))
    text = page(Facts(recorded(), history(made)))
    assert "further lines are left out" in text
    assert len(text) < 200_000


def test_costs_that_cannot_be_drawn_apart_are_drawn() -> None:
    made = [candidate(n, evaluation=measured(0.0)) for n in range(1, 4)]
    zero = replace(measured(0.0), costs=(0.0,))
    assert 'class="chart"' in page(Facts(recorded(), history(*made, baseline=zero)))


def test_a_candidate_of_a_person_has_only_its_fresh_measurement() -> None:
    mine = candidate(1, BASELINE, proposer="manual", confirmed=measured(2.0, 0.05, accepted=True))
    assert "5× faster" in told(Facts(recorded(), history(mine, winner=mine.id)))


def test_the_commands_that_it_names_are_understood() -> None:
    text = page(improved())
    commands = [unescape(line) for line in re.findall("<code>(sigil .*?)</code>", text)]
    assert len(commands) == 4
    for command in commands:
        _, name, *arguments = shlex.split(command)
        found = sigil.get_command(click.Context(sigil), name)
        assert found is not None
        found.make_context(name, [a if name != "verify" else "." for a in arguments])


def test_a_goal_that_got_worse_is_not_praised() -> None:
    worse = candidate(1, evaluation=measured(12.0), confirmed=measured(12.0, 0.05, accepted=True))
    text = page(Facts(recorded(), history(worse, winner=worse.id)))
    assert '<em class="no">1.2× slower</em>' in text


def test_too_few_samples_for_an_interval_is_said() -> None:
    few = candidate(1, evaluation=measured(2.0), confirmed=measured(2.0, None, accepted=True))
    assert "too few samples for an interval" in told(Facts(recorded(), history(few, winner=few.id)))
