"""What the commands of the gate share: the ledger, opened and checked, and the service's name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sigil.ledger.ledger import Ledger

LEDGER = Path(".sigil") / "ledger"
evaluation = click.argument("evaluation", metavar="EVAL")
reason = click.option("--reason", default="", help="Why, for whoever reads the ledger.")
base_branch = click.option(
    "--base", metavar="REF", help="The branch it wants into; main or master by default."
)
remote_name = click.option(
    "--remote", default="origin", show_default=True, help="Where pull/N/head is fetched."
)


def open_ledger(root: Path) -> Ledger:
    """Return the repository's ledger, able to sign, and brought up to date.

    Raises:
        NotFound: there is none.
        KeyMissing: this machine has no key to sign with.
        SigilError: its remote cannot be reached, or is not what was seen before.
    """
    from sigil.ledger import keys, remote, syncing
    from sigil.ledger.ledger import Ledger
    from sigil.ledger.pins import Pin

    path = root / ".sigil" / "ledger"
    opened = Ledger.open(path, keys.load(keys.path_of()), Pin.of(path))
    url = remote.remembered(path)
    if url is not None:
        syncing.sync(opened, remote.Remote(url, path))
    return opened


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
