"""Programs that are not there, found before anything runs."""

from __future__ import annotations

import pytest

from sigil.errors import CommandMissing
from sigil.evaluate import preflight

FILES = {
    "f.py": "def f(x):\n    return x\n",
    "bench/run.py": "print(1)\n",
    "tool": "#!/bin/sh\necho 1\n",
}
EVAL = """
metrics:
- {{id: m, kind: numeric, command: {command}}}
aggregate: {{objective: min(m)}}
accept: {{rule: m <= 1}}
"""


def checked(bed, command: str, before: str = "") -> None:
    bed.write(FILES, pinned="f.py")
    bed.define(before + EVAL.format(command=command).removeprefix("\n"))
    preflight(bed.definition, bed.target)


@pytest.mark.parametrize(
    "command",
    ["python bench/run.py", "./tool --fast", "sh -c 'echo 1'", "python -m timeit", "/bin/sh tool"],
)
def test_what_is_there_passes(bed, command: str):
    checked(bed, f'"{command}"')


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        ("python bench/gone.py", "bench/gone.py"),
        ("./gone", "./gone"),
        ("no-such-program-1", "no-such-program-1"),
        ("/bin/no-such-program-1", "/bin/no-such-program-1"),
    ],
)
def test_what_is_not_there_is_named_with_its_place(bed, command: str, missing: str):
    with pytest.raises(CommandMissing) as raised:
        checked(bed, command)
    assert str(raised.value).startswith(
        f"x.eval.yaml:4: metrics[0].command: there is no {missing};"
    )


def test_a_missing_generator_is_named(bed):
    with pytest.raises(CommandMissing, match=r"inputs\.generator: there is no gen\.py"):
        checked(bed, "./tool", "inputs: {generator: python gen.py}\n")


def test_a_generator_of_held_out_inputs_finds_nothing_that_another_wrote(bed):
    before = "inputs: {generator: ./tool}\nholdout: {generator: python gen.py}\n"
    with pytest.raises(CommandMissing, match=r"holdout\.generator: there is no gen\.py"):
        checked(bed, "./tool", before)


def test_what_a_build_may_write_is_not_asked_for(bed):
    checked(bed, "./built", "build: ['sh -c true']\n")
