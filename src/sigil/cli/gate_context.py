"""What the commands of the gate share: the ledger, opened and checked, and the service's name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sigil.cli.completing import evaluations

if TYPE_CHECKING:
    from sigil.gate.policy import Gate, GatePolicy
    from sigil.ledger.ledger import Ledger

LEDGER = Path(".sigil") / "ledger"
evaluation = click.argument("evaluation", metavar="EVAL", shell_complete=evaluations)
reason = click.option("--reason", default="", help="Why, for whoever reads the ledger.")
base_branch = click.option(
    "--base",
    metavar="REF",
    help="The branch it wants into; by default that of origin/HEAD, else main or master.",
)
remote_name = click.option(
    "--remote", default="origin", show_default=True, help="Where pull/N/head is fetched."
)


def gate_of(root: Path) -> Gate:
    """Return what the policy of the working tree holds; see `policy_here`."""
    return policy_here(root).gate


def policy_here(root: Path) -> GatePolicy:
    """Return the policy as it stands in the working tree, to look at; none decides by it.

    Raises:
        NotFound: there is none.
    """
    from sigil.cli.scenario.choosing import policy_of
    from sigil.errors import NotFound, Where
    from sigil.gate.policy import PATH

    policy = policy_of(root)
    if policy is None:
        raise NotFound("there is no policy", where=Where(PATH), remedy="sigil init --service NAME")
    return policy


def check_known(policy: GatePolicy, ledger: Ledger, service: str) -> str:
    """Return the name of a service that the policy or the ledger knows.

    Raises:
        NotFound: neither does; the message names those of the policy.
    """
    if not any(entry.service == service for entry in ledger.entries()):
        policy.service(service)
    return service


def open_ledger(root: Path, signer: str = "evaluator") -> Ledger:
    """Return the repository's ledger, able to sign, and brought up to date.

    Args:
        root: the repository.
        signer: name of the key that signs; ``reviewer`` is a human's own, where there is one, and
            else the evaluator's (see `refuse_unless_reviewer`).

    Raises:
        NotFound: there is none.
        KeyMissing: this machine has no key to sign with, or one that the ledger does not trust:
            what it signed would lock everybody out.
        SigilError: its remote cannot be reached, or is not what was seen before.
    """
    opened = own_ledger(root, signer)
    share_ledger(root, opened)
    return opened


def own_ledger(root: Path, signer: str = "evaluator") -> Ledger:
    """Return the repository's ledger, able to sign, as this machine knows it.

    Args:
        root: the repository.
        signer: see `open_ledger`.

    Raises:
        NotFound, KeyMissing: see `open_ledger`.
    """
    from sigil.errors import KeyMissing, Where
    from sigil.ledger import keys, layout
    from sigil.ledger.ledger import Ledger
    from sigil.ledger.pins import Pin
    from sigil.store.disk_errors import reading

    path = root / LEDGER
    layout.check(path)  # first: where there is no ledger, a key of one's own leads nowhere
    own, evaluators = keys.path_of(signer), keys.path_of()
    with reading(own):
        own = evaluators if evaluators.exists() and not own.exists() else own
    making = keys.MAKING if own == evaluators else "sigil trust reviewer"
    opened = Ledger.open(path, keys.load(own, making), Pin.of(path))
    key = opened.needed_signer().key
    if key not in opened.known().keys:
        raise KeyMissing(
            "this ledger does not trust the key that would sign",
            where=Where(str(own)),
            remedy=f"sigil ledger verify --trust {key}",
        )
    return opened


def refuse_unless_reviewer(ledger: Ledger, gate: Gate) -> None:
    """Let no verdict be recorded that nobody would count.

    Args:
        ledger: able to sign.
        gate: that says whose verdicts count.

    Raises:
        KeyMissing: the key that would sign is an evaluator's, or not one of the reviewers.
    """
    from sigil.errors import KeyMissing
    from sigil.gate.record.events import Signers

    key = ledger.needed_signer().key
    if Signers(frozenset(gate.evaluators), frozenset(gate.reviewers)).reviews(key):
        return
    if key in gate.evaluators:
        raise KeyMissing(
            "a verdict by the evaluator's own key would count for nothing",
            remedy="make a key of your own: sigil trust reviewer",
        )
    raise KeyMissing(
        "a verdict by a key that is none of the reviewers would count for nothing",
        remedy=f"name it in .sigil/gate.yaml, under reviewers, on the base branch: {key}",
    )


def share_ledger(root: Path, ledger: Ledger) -> bool:
    """Bring the ledger and its remote to the same state; return whether it has a remote.

    Raises:
        LedgerBroken, LedgerForked: one of the two is not what it was known to be.
        SigilError: the remote cannot be reached.
    """
    from sigil.ledger import remote, syncing

    path = root / LEDGER
    url = remote.remembered(path)
    if url is None:
        return False
    syncing.sync(ledger, remote.Remote(url, path))
    return True
