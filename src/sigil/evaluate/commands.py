"""Commands of an eval, each run in a scratch checkout of its own.

A checkout is the frozen tree, what the input generator wrote, what the build wrote and the
candidate's files, in this order; it lives for one command, so nothing that a command writes
is there for the next.

Not here: reading values from output (`sigil.evaluate.parsing`), when to run what
(`sigil.evaluate.evaluator`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sigil.evaluate.failure import Failed
from sigil.evaluate.matching import Matcher
from sigil.evaluate.parsing import Form, Parsed, ParseFailed, WallTime, read
from sigil.evaluate.scoring import printable
from sigil.evaluate.settings import Settings
from sigil.evaluate.target import Target
from sigil.sandbox.checkout import Checkout, open_checkout
from sigil.sandbox.commands import CommandSandbox
from sigil.sandbox.model import CandidateFailed, CommandResult, Isolation, Limits
from sigil.store.removal import remove_tree

if TYPE_CHECKING:
    from sigil.evaluate.definition import Eval

SAID = 160
"""Characters of a command's own words in a message."""

_ENDINGS: Mapping[str, str] = {
    "signalled": "it died of a signal",
    "timeout": "it did not end in time",
    "flood": "it printed more than it may",
    "memory": "it used more memory than it may",
    "missing": "there is no such program, or it may not be run",
}


@dataclass(frozen=True, slots=True)
class Tree:
    """The files that a command finds: the frozen tree under these layers and changes.

    Args:
        files: whole texts of the changed files.
        layers: folders of what generators and builds wrote, lowest first.
    """

    files: Mapping[str, str]
    layers: tuple[Path, ...] = ()


class CommandFace:
    """Runs the commands of one eval. A context manager; starts at `open` or the first command.

    Args:
        definition: the eval.
        target: whose tree it is.
        settings: rung, scratch folder.
        note: takes the name and the outcome of every command, for the log.
    """

    def __init__(
        self,
        definition: Eval,
        target: Target,
        settings: Settings,
        note: Callable[[str, CommandResult], None],
    ):
        self._definition = definition
        self._target = target
        self._settings = settings
        self._note = note
        self._limits: Limits = definition.limits()
        self._hidden = {
            path: None
            for path in definition.hidden_files
            if (target.base.path / path).is_file() and path not in target.files
        }
        self._sandbox: CommandSandbox | None = None
        self._matcher = Matcher()

    def open(self) -> CommandSandbox:
        """Start the zygote of commands.

        Raises:
            SandboxUnavailable: the rung does not hold.
        """
        if self._sandbox is None:
            self._sandbox = CommandSandbox(
                python=self._target.interpreter.python,
                readable=self._target.interpreter.path,
                limits=self._limits,
                level=self._settings.level,
                unsafe=self._settings.unsafe,
                warm=self._definition.model.warm,
            )
        return self._sandbox

    @property
    def isolation(self) -> Isolation | None:
        """What surrounds the commands; None while nothing was run."""
        return self._sandbox and self._sandbox.isolation

    def run(
        self, metric: str, command: str, tree: Tree, *, seed: int | None = None
    ) -> CommandResult:
        """Run one command in a fresh checkout and return how it exited.

        Args:
            metric: on whose behalf, for the failure.
            command: of the eval.
            tree: what it finds.
            seed: ``SIGIL_SEED`` of its environment; the run's own unless said otherwise.

        Raises:
            Failed: it did not exit by itself.
        """
        with self._checkout(tree) as checkout:
            return self._run_in(checkout, metric, command, seed)

    def value(self, metric: str, result: CommandResult, *, allowed: int | None = None) -> Parsed:
        """Return what a command's output says about a metric.

        Raises:
            Failed: it says nothing, or too much.
        """
        form: Form = self._definition.forms[metric]
        if isinstance(form, WallTime):
            return Parsed(result.elapsed_ns / 1e6)
        try:
            code = -1 if result.exit_code is None else result.exit_code
            return read(form, code, result.stdout, allowed=allowed, search=self._matcher.search)
        except ParseFailed as failed:
            said = words(result)
            detail = f"{failed.detail}{f' ({said})' if said else ''}"
            raise Failed(metric, failed.kind, detail, key="parse") from failed

    @contextmanager
    def built(self, tree: Tree, allowed: frozenset[str]) -> Generator[Tree]:
        """Give the tree with what the eval's build makes of it, for as long as it is needed.

        Args:
            tree: what the build finds.
            allowed: the files that the baseline's build writes.

        Raises:
            Failed: metric ``build``: a command fails, or it writes what the baseline's does
                not and measuring may rely on.
        """
        commands = self._definition.model.build
        if not commands:
            yield tree
            return
        layer = self.new_layer("build")
        try:
            self.write_layer("build", commands, tree, layer)
            self._refuse_strange(layer, allowed)
            yield Tree(tree.files, (*tree.layers, layer))
        finally:
            remove_tree(layer)

    def write_layer(
        self,
        metric: str,
        commands: Sequence[str],
        tree: Tree,
        layer: Path,
        *,
        seed: int | None = None,
    ) -> bytes:
        """Run commands one after the other in one checkout and keep what they wrote.

        Args:
            metric: on whose behalf.
            commands: each must exit with 0.
            tree: what they find.
            layer: where what they wrote goes.
            seed: see `run`; also written for ``{seed}`` in a command.

        Returns:
            The standard output of the last one.
        """
        said = b""
        with self._checkout(tree) as checkout:
            for index, command in enumerate(commands):
                text = command.replace("{seed}", str(self._seed(seed)))
                result = self._run_in(checkout, metric, text, seed, key=f"[{index}]")
                if result.exit_code != 0:
                    said = words(result) or "and printed nothing"
                    detail = f"exit status {result.exit_code}: {said}"
                    raise Failed(metric, "exited", detail, key=f"[{index}]")
                said = result.stdout
            try:
                checkout.export_changes(layer)
            except CandidateFailed as failed:
                raise Failed(metric, failed.kind, failed.detail) from failed
        for cache in [*layer.rglob("__pycache__")]:
            remove_tree(cache)  # bytecode would be run in the place of its source
        return said

    def new_layer(self, name: str) -> Path:
        """Return a new folder for what commands write."""
        self._settings.scratch.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._settings.scratch))

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the zygote and whatever runs."""
        self._matcher.close()
        if self._sandbox is not None:
            self._sandbox.close()
            self._sandbox = None

    def _checkout(self, tree: Tree) -> Checkout:
        return open_checkout(
            self._target.base,
            {**self._hidden, **tree.files},
            scratch=self._settings.scratch,
            layers=tree.layers,
        )

    def _run_in(
        self, checkout: Checkout, metric: str, command: str, seed: int | None, key: str = "command"
    ) -> CommandResult:
        try:
            result = self.open().run(
                command,
                checkout=checkout,
                env={"SIGIL_SEED": str(self._seed(seed))},
                network=self._definition.model.network,
            )
        except CandidateFailed as failed:
            raise Failed(metric, failed.kind, failed.detail, key=key) from failed
        self._note(command, result)
        if result.ending != "exited":
            said = words(result)
            detail = f"{printable(command, SAID)}: {_ENDINGS[result.ending]}"
            raise Failed(metric, result.ending, f"{detail}{said and f' ({said})'}", key=key)
        return result

    def _seed(self, seed: int | None) -> int:
        return self._settings.seed if seed is None else seed

    def _refuse_strange(self, layer: Path, allowed: frozenset[str]) -> None:
        """Refuse a build that writes what the commands of the eval may rely on."""
        for path in sorted(layer_files(layer) - allowed):
            known = (self._target.base.path / path).exists()
            if known or path.endswith((".py", ".pth", ".so", ".zip")):
                raise Failed("build", "check", f"the build wrote {path}; the baseline's does not")


def layer_files(layer: Path) -> frozenset[str]:
    """Return the paths that a layer holds, relative to it; folders are not counted."""
    return frozenset(
        str(path.relative_to(layer))
        for path in layer.rglob("*")
        if path.is_symlink() or not path.is_dir()
    )


def words(result: CommandResult) -> str:
    """Return the last thing that a command said, for a message."""
    text = (result.stderr.strip() or result.stdout.strip()).decode("utf-8", "replace")
    return printable(text.splitlines()[-1], SAID) if text else ""
