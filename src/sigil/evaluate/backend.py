"""What a backend is: the lanes of a run, wherever they are.

`sigil.evaluate.lanes` has them in processes of this machine, which is the backend ``local``. Others
come from plugins; conformance suite: `sigil.testing.backends`.

Not here: which backends there are, and what becomes of a broken one (`sigil.optimize.backends`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sigil.evaluate.definition import Eval
    from sigil.evaluate.facts import Facts
    from sigil.evaluate.result import Evaluation
    from sigil.evaluate.settings import Effort, Settings
    from sigil.evaluate.target import Target


@dataclass(frozen=True, slots=True)
class Order:
    """What lanes are wanted for. Plain data: it can be pickled.

    Args:
        definition: the eval.
        target: what it measures. Its frozen tree and `Settings.scratch` are folders of this
            machine, which are there until the backend is closed.
        settings: as for `sigil.evaluate.evaluator.Evaluator`.
        count: how many lanes.
    """

    definition: Eval
    target: Target
    settings: Settings
    count: int


class Backend(Protocol):
    """Lanes: whatever measures candidates, several at once. Any thread may call it.

    What a candidate does (fail, hang, end its process) is a result. Where *we* fail, a method or
    a future raises a `SigilError`. Nothing may take for ever: a lane that dies or falls silent is
    an `Evaluation` of status ``error``, or an error.
    """

    @property
    def facts(self) -> Facts:
        """What the baseline taught: adopted, or measured at the first look.

        Raises:
            SigilError: the unchanged code cannot be measured, or there is nowhere to do it.
        """
        ...

    def baseline(self) -> Evaluation:
        """Return the values of the unchanged code, which are those of `facts`."""
        ...

    def adopt(self, facts: Facts) -> None:
        """Rely on these facts from now on, as when a run is resumed."""
        ...

    def environment(self) -> Future[dict[str, Any]]:
        """Find out what values depend on besides the code.

        See `sigil.evaluate.evaluator.Evaluator.describe_environment`; it may be asked for
        before there is a baseline.
        """
        ...

    def submit(
        self, files: Mapping[str, str], effort: Effort, bar: Sequence[float] = ()
    ) -> Future[Evaluation]:
        """Queue a candidate.

        Args:
            files: whole texts of the changed files, by path relative to the root.
            effort: see `Effort`.
            bar: costs that are reached already, as for `Evaluator.evaluate`.

        Returns:
            The evaluation, once it is there. Cancelling it before it has begun leaves it out.
        """
        ...

    def dismiss(self) -> None:
        """Begin to end everything, and return at once; what is not finished is cancelled."""
        ...

    def close(self) -> None:
        """End everything, and return when it is gone; after the first time, do nothing."""
        ...


MakeBackend = Callable[[Order], Backend]
