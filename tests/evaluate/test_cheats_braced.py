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


def bodies(source: str, language: str = "c", first: int = 1, last: int | None = None) -> str:
    """Return the source with CHEAT in it, which is written as a word."""
    place = Place("a.c", first, last or source.count("\n") + 1, language, symbol=False)
    written = write_braced(Cheat("c", "t", bodies={language: "CHEAT"}), source, place)
    return written.replace("\n    CHEAT\n", "CHEAT")


def test_only_the_body_is_replaced():
    source = (
        "int a;\n// of (x) {\nstatic int f(int (*g)(int), char c) /* } */\n{\n  { }\n}\nint b;\n"
    )
    before, after = source.split("\n  { }\n")
    assert bodies(source, first=2, last=6) == f"{before}CHEAT{after}"


def test_every_function_of_a_place_is_replaced_and_nothing_else_in_braces():
    source = (
        "#define G(x) {\nstruct a { int b; };\nint p(void);\nstatic int t[] = {1, 2};\n"
        "int f(void) { if (1) { g('}'); } return 1; }\nint h(int c) { return \"}{\"[c]; }\n"
    )
    written = bodies(source)
    assert written.startswith(source.partition("int f")[0])
    assert written.endswith("int f(void) {CHEAT}\nint h(int c) {CHEAT}\n")


def test_defaults_and_templates_of_javascript_hide_braces():
    source = "const f = (c = g(1), { a } = {}, b = `(${a}`) => {\n  return `}` + b;\n};\n"
    assert (
        bodies(source, "javascript")
        == "const f = (c = g(1), { a } = {}, b = `(${a}`) => {CHEAT};\n"
    )


def test_places_outside_of_the_lines_stay():
    source = "int f(void) { return 1; }\nint g(void) { return 2; }\n"
    assert bodies(source, first=2, last=2) == source.replace(" return 2; ", "CHEAT")


def test_a_claim_is_a_literal_of_c():
    assert r'"a \042b\042\012\134 \077\303\251"' in CHEAT.bodies["c"]


@pytest.mark.parametrize(
    ("source", "language", "why"),
    [
        ("struct a {\n  int b;\n};", "c", "holds no plain function"),
        ("int f(int x);", "c", "holds no plain function"),
        ("int f(int x) {", "c", "holds no plain function"),
        ("fn f() {}", "rust", "in which this cheat is not written"),
    ],
)
def test_what_is_no_function_takes_no_cheat(source: str, language: str, why: str):
    place = Place("a.c", 1, source.count("\n") + 1, language, symbol=True)
    with pytest.raises(CannotWrite, match=why):
        write_braced(CHEAT, source, place)
