import pytest

from sigil.llm.model import Reply
from sigil.llm.stub import Stub
from sigil.search.ensemble import Ensemble
from sigil.search.model import Proposal
from sigil.search.model_proposer import ModelProposer
from sigil.search.mutate.proposer import Mutate
from sigil.search.pins import Pin
from sigil.search.prompting.templates import load_templates
from sigil.search.rewrite.proposer import Rewrite
from sigil.testing.proposers import (
    CHECKS,
    another_process_proposes_the_same,
    proposals_pass_the_check,
)
from sigil.testing.waiting import Waiting

SOURCE = """\
import math

SCALE = 2.5


def f(x, y=3):
    total = 0
    for i in range(10):
        total += x * i + 0.5
    if total > 7 and y:
        return math.sqrt(abs(total))
    return total


def g(x):
    return x
"""
FILES = {"a.py": SOURCE}
PINS = [Pin("f", "python", ("a.py",), "f")]


class Drawing:
    """A model that answers a new constant for each seed."""

    name = "drawing"

    def complete(self, request):
        number = request.seed % 100
        text = f"Try {number}.\n```diff\n--- a/a.py\n+++ b/a.py\n@@ @@\n     total = 0\n"
        return Reply(f"{text}-    for i in range(10):\n+    for i in range({number}):\n```\n", "m")


def asking(provider):
    inquirer = ModelProposer(
        provider.name,
        objectives=["time_ms"],
        baseline=FILES,
        ensemble=Ensemble({"small": 3.0, "large": 1.0}),
        templates=load_templates(None),
    )
    return Waiting(inquirer, provider)


PROPOSERS = {
    "mutate": Mutate,
    "rewrite": Rewrite,
    "tune": lambda: pytest.importorskip("sigil.search.tune").Tune(),
    "stub": lambda: asking(Stub()),
    "model": lambda: asking(Drawing()),
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", PROPOSERS)
def test_every_proposer_conforms(name, check):
    check(PROPOSERS[name], PINS, FILES)


@pytest.mark.parametrize(
    "factory", ["sigil.search.mutate.proposer:Mutate", "sigil.search.rewrite.proposer:Rewrite"]
)
def test_another_process_proposes_the_same(factory):
    another_process_proposes_the_same(factory, PINS, FILES)


def test_the_suite_finds_a_proposer_that_leaves_the_pins():
    class Careless:
        name = "careless"

        def ask(self, view, count):
            patch = "--- a/a.py\n+++ b/a.py\n@@ -3 +3 @@\n-SCALE = 2.5\n+SCALE = 3\n"
            return [Proposal("BASELINE", patch, self.name, seed=view.seed)]

        def tell(self, proposal, outcome):
            pass

    with pytest.raises(AssertionError, match="outside the pins"):
        proposals_pass_the_check(Careless, PINS, FILES)
