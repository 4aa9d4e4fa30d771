"""From what a person typed to a request, with everything checked that needs no sandbox."""

from __future__ import annotations

from pathlib import Path

from sigil.errors import InvalidValue
from sigil.evaluate.cases import GivenCase, read_cases
from sigil.optimize.generate.locating import locate_function
from sigil.optimize.generate.placing import default_name
from sigil.optimize.generate.workshop import Goal, Request
from sigil.optimize.spec import check_name
from sigil.sandbox.model import Level
from sigil.store.files import read_file

SEED = 1
"""Of what is drawn, where nobody names another."""


def make_request(
    reference: str,
    *,
    name: str | None = None,
    goal: Goal = "auto",
    cases: Path | None = None,
    call_s: float = 5.0,
    seed: int | None = None,
    level: Level | None = None,
    unsafe: bool = False,
    root: Path | None = None,
) -> Request:
    """Return what is asked for; see `Request`.

    Args:
        reference: ``path.py:name``; see `locating.locate_function`.
        name: of the documents; by default the function's.
        goal: what better means.
        cases: a file of inputs.
        call_s: deadline of a batch of calls.
        seed: of what is drawn.
        level: demand exactly this rung of the sandbox.
        unsafe: whether no isolation at all is acceptable.
        root: the repository, if it is not to be found.

    Raises:
        SigilError: no such function, no name, or no cases.
    """
    function = locate_function(reference, root)
    return Request(
        function=function,
        name=check_name(default_name(function) if name is None else name, "spec"),
        seed=SEED if seed is None else seed,
        goal=goal,
        cases=None if cases is None else read_given(cases),
        call_s=call_s,
        level=level,
        unsafe=unsafe,
    )


def read_given(file: Path) -> tuple[GivenCase, ...]:
    """Return the cases of a ``.json`` or ``.jsonl`` file.

    Raises:
        MalformedDocument, InvalidValue: it holds no cases, or is no file that could.
    """
    if file.exists() and not file.is_file():
        kind = "a folder" if file.is_dir() else "no regular file"
        raise InvalidValue(f"{file} is {kind}", remedy="write the inputs to a .json or .jsonl file")
    lines = file.suffix in {".jsonl", ".ndjson"}
    return read_cases(read_file(file), file.name, layout="jsonl" if lines else "json")
