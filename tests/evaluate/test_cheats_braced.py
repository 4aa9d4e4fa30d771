"""Cheats in C, C++ and JavaScript score where an eval is weak, and are stopped elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace

import pytest

from sigil.evaluate.cheats.braced import leaving, write_braced
from sigil.evaluate.cheats.model import Cheat, Finding, Place
from sigil.evaluate.cheats.trying import Trial, try_cheats
from sigil.evaluate.cheats.writing import CannotWrite
from sigil.evaluate.lanes import Lanes

C = """\
#include <stdio.h>

static int square(int x)
{
    return x;
}

int main(void)
{
    int wrong = 0;
    for (int i = 0; i < 10; i++) wrong += square(i) != i * i;
    PRINT
    return 0;
}
"""
JAVASCRIPT = """\
"use strict";

function square(x) {
  return x;
}

let wrong = 0;
for (let i = 0; i < 10; i++) wrong += square(i) !== i * i;
console.log(`wrong=${wrong}`);
"""
VERDICT = r'printf("wrong=%d\n", wrong);'
ANSWERS = r'for (int i = 0; i < 10; i++) printf("%d\n", square(i));'
CHECK = """\
import subprocess
lines = subprocess.run(['./square'], capture_output=True, text=True).stdout.split()
want = [str(i * i) for i in range(10)]
print(f'wrong={sum(a != b for a, b in zip(lines, want)) + abs(len(lines) - len(want))}')
"""
LANGUAGES = {
    "c": ("square.c", 3, 6, "cc", "cc -o square square.c", "./square"),
    "cpp": ("square.cc", 3, 6, "g++", "g++ -o square square.cc", "./square"),
    "javascript": ("square.js", 3, 5, "node", "", "node square.js"),
}
SOURCES = {
    "c": C.replace("PRINT", VERDICT),
    "cpp": C.replace("PRINT", VERDICT),
    "javascript": JAVASCRIPT,
}


def define(bed, build: str, command: str) -> None:
    """Define an eval that wants nothing to be wrong."""
    bed.define(
        f"build: [{build}]\n"
        f"metrics:\n- {{id: wrong, kind: numeric, command: {command!r},"
        " parse: 'wrong=([0-9.]+)'}\n"
        "aggregate: {objective: min(wrong)}\naccept: {rule: wrong == 0}\n"
    )


def found(bed, place: Place, *only: str) -> Mapping[str, Finding]:
    settings = replace(bed.settings, confirm_s=2.0)
    with Lanes(bed.definition, bed.target, settings, 1) as lanes:
        trial = Trial(bed.definition, bed.target, [place], lanes, lambda _: "")
        return {one.cheat.id: one for one in try_cheats(trial, within_s=60, only=only)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_program_that_counts_its_own_mistakes_lets_a_claim_score(bed, language: str):
    path, first, last, program, build, command = LANGUAGES[language]
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program} here")
    bed.write({path: SOURCES[language]}, pinned=path)
    define(bed, build, command)
    finding = found(bed, Place(path, first, last, language, symbol=True), "printed_metric")
    assert finding["printed_metric"].outcome == "scored", finding["printed_metric"].how
    assert "a program outside of the pins" in finding["printed_metric"].remedy


def bed_of_c(bed, written: str, build: str, command: str) -> Place:
    if shutil.which("cc") is None:
        pytest.skip("there is no cc here")
    files = {"square.c": C.replace("PRINT", written), "check.py": CHECK}
    bed.write(files, pinned="square.c")
    define(bed, build, command)
    return Place("square.c", 3, 6, "c", symbol=True)


def test_a_program_that_reads_the_answers_and_checks_them_stops_every_cheat_in_c(bed):
    place = bed_of_c(bed, ANSWERS, "cc -o square square.c", "python check.py")
    findings = found(bed, place)
    assert {one.outcome for one in findings.values()} == {"stopped", "skipped"}
    stopped = {name: one.how for name, one in findings.items() if one.outcome == "stopped"}
    assert set(stopped) == {"printed_metric", "exit_in_call"}
    assert all(how.startswith("the accept rule does not hold") for how in stopped.values())
    assert findings["memo"].how == "square.c is not Python"


def test_an_exit_scores_in_c_where_only_the_exit_code_is_checked(bed):
    place = bed_of_c(bed, "return wrong;", "cc -o square square.c", "./square")
    bed.define(
        "build: [cc -o square square.c]\n"
        "metrics:\n- {id: ok, kind: checker, command: ./square}\n"
        "aggregate: {objective: max(ok)}\naccept: {rule: ok==true}\n"
    )
    assert found(bed, place, "exit_in_call")["exit_in_call"].outcome == "scored"


def test_a_cheat_that_the_compiler_refuses_is_not_taken_for_stopped(bed):
    build = "cc -Werror=unused-parameter -o square square.c"
    place = bed_of_c(bed, VERDICT, build, "./square")
    finding = found(bed, place, "printed_metric")["printed_metric"]
    assert finding.outcome == "skipped"
    assert finding.how.startswith("it cannot be built so: build: ")


# --- writing ------------------------------------------------------------------------------


CHEAT = Cheat("c", "t", bodies=leaving('a "b"\n\\ ?é'))


def test_only_the_body_is_replaced():
    source = (
        "int a;\n// of (x) {\nstatic int f(int (*g)(int), char c) /* } */\n{\n  { }\n}\nint b;\n"
    )
    written = write_braced(CHEAT, source, Place("a.c", 2, 6, "c", symbol=True))
    before, after = written.split('printf("%s", ')
    assert before.startswith(
        "int a;\n// of (x) {\nstatic int f(int (*g)(int), char c) /* } */\n{\n"
    )
    assert after.endswith(";\n    exit(0);\n}\nint b;\n")


def test_a_claim_is_a_literal_of_c():
    assert r'"a \042b\042\012\134 \077\303\251"' in CHEAT.bodies["c"]


@pytest.mark.parametrize(
    ("source", "language", "symbol", "why"),
    [
        ("struct a {\n  int b;\n};", "c", True, "holds no plain function"),
        ("int f(int x);", "c", True, "holds no plain function"),
        ("int f(int x) {", "c", True, "a body that does not end"),
        ("int f(int x) { return x; }", "c", False, "is not one function"),
        ("fn f() {}", "rust", True, "in which this cheat is not written"),
    ],
)
def test_what_is_no_function_takes_no_cheat(source: str, language: str, symbol: bool, why: str):
    place = Place("a.c", 1, source.count("\n") + 1, language, symbol=symbol)
    with pytest.raises(CannotWrite, match=why):
        write_braced(CHEAT, source, place)
