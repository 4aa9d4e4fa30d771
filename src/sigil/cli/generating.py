"""What `generate-spec` and `generate-eval` do once their flags are parsed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from sigil.cli.looking import looking
from sigil.cli.planning import make_plan
from sigil.errors import AlreadyExists, UsageError, Where
from sigil.evaluate.result import Evaluation
from sigil.optimize.generate import generating, placing, speccing
from sigil.optimize.generate.generating import Goal, Request
from sigil.optimize.generate.locating import locate_function, repository_of
from sigil.optimize.generate.profiling import Profiled, profile_tests
from sigil.optimize.generate.requesting import read_given
from sigil.optimize.generate.writing import spec_text
from sigil.optimize.spec import HOME, check_name, load_spec
from sigil.optimize.workbench import open_workbench
from sigil.sandbox.tree import is_utf8


@dataclass(frozen=True, slots=True)
class WantedSpec:
    """A spec as its flags ask for it."""

    name: str
    description: str
    reference: str | None
    files: str | None
    unsafe: bool
    force: bool


@dataclass(frozen=True, slots=True)
class WantedEval:
    """An eval as its flags ask for it."""

    spec: str
    name: str
    description: str
    goal: Goal
    cases: Path | None
    seed: int
    timeout_s: float
    force: bool
    unsafe: bool


@dataclass(frozen=True, slots=True)
class MadeEval:
    """An eval that was written, and how the unchanged code measures by it."""

    goal: Goal
    description: str
    notes: tuple[str, ...]
    written: tuple[Path, ...]
    baseline: Evaluation


def profile_table(root: Path | None, seconds: float, *, unsafe: bool) -> list[Profiled]:
    """Return where a repository's tests spend their time."""
    return profile_tests(root_of(root), seconds=seconds, unsafe=unsafe)


def write_spec(
    wanted: WantedSpec, hottest: str | None, root: Path | None
) -> tuple[Path, list[str]]:
    """Write a spec and return its path and what it pins.

    Raises:
        AlreadyExists: there is one of that name.
        SigilError: what it should pin is not there.
    """
    name = check_name(wanted.name, "spec")
    if wanted.files is not None:
        home = root_of(root)
        files = [part.strip() for part in wanted.files.split(",") if part.strip()]
        odd = [path for path in files if not is_utf8(path)]
        if odd:
            raise UsageError(
                f"the path {odd[0]!r} is not UTF-8", remedy="rename the file or folder"
            )
        missing = [path for path in files if not (home / path).is_file()]
        if missing or not files:
            raise UsageError(f"there is no file {', '.join(missing)}", remedy="check --files")
        text, pinned = speccing.spec_of_files(name, files, wanted.description), files
    else:
        reference = wanted.reference or hottest
        function = (
            speccing.function_in_words(root_of(root), wanted.description)
            if reference is None
            else locate_function(reference, root if wanted.reference else root_of(root))
        )
        home, pinned = function.root, [function.reference]
        text = spec_text(name, function, wanted.description, [])
    path = home / speccing.spec_file(name)
    refuse_existing(path, force=wanted.force)
    placing.place(home, {speccing.spec_file(name): text.encode()})
    return path, pinned


def write_eval(wanted: WantedEval, root: Path) -> MadeEval:
    """Write an eval for what a spec pins, list it there, and measure the unchanged code once.

    Raises:
        AlreadyExists: there is one of that name.
        SigilError: the function cannot be measured; nothing was written.
    """
    spec = load_spec(root, wanted.spec)
    name = check_name(wanted.name, "eval")
    refuse_existing(spec.home / f"{name}.eval.yaml", force=wanted.force)
    request = Request(
        function=speccing.pinned_function(spec),
        name=name,
        seed=wanted.seed,
        goal=wanted.goal,
        cases=None if wanted.cases is None else read_given(wanted.cases),
        call_s=wanted.timeout_s,
        unsafe=wanted.unsafe,
    )
    with looking(request):
        documents = generating.generate_eval(request)
    shown = speccing.spec_file(wanted.spec)
    text = speccing.with_eval((root / shown).read_text("utf-8"), name, shown)
    placing.place(root, {**documents.files, shown: text.encode()})
    plan = make_plan(load_spec(root, wanted.spec), name, {}, unsafe=wanted.unsafe)
    with open_workbench(replace(plan, lanes=1)) as bench:
        baseline = bench.lanes.baseline()
    return MadeEval(
        documents.goal,
        documents.description,
        documents.notes,
        tuple(root / path for path in documents.files),
        baseline,
    )


def root_of(given: Path | None) -> Path:
    """Return the repository that a flag or the current folder names."""
    return (given or repository_of(Path.cwd() / "x")).resolve()


def refuse_existing(path: Path, *, force: bool) -> None:
    """Raise if a document of that name is there and may not be overwritten.

    Raises:
        AlreadyExists: it is.
    """
    if path.exists() and not force:
        raise AlreadyExists(
            "there is one already",
            where=Where(f"{HOME}/{path.name}"),
            remedy="--force overwrites it",
        )
