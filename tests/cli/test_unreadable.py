"""Places that the system refuses to read: one line that says so, with the place."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.e2e.shell import BIN

from sigil.errors import Unreadable

KNOWN = "eval_01M7YYY3SNRFJA"
AS_ANYBODY = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps=-all"]
"""Root is refused nothing without this."""


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A repository with an evaluation and a folder of keys; all is readable again in the end."""
    folder = tmp_path / ".sigil" / "gate" / KNOWN
    folder.mkdir(parents=True)
    (folder / "eval.json").write_text("{}")
    (tmp_path / ".sigil" / "gate.yaml").write_text("services:\n  api: {}\n")
    (tmp_path / "keys").mkdir(mode=0o700)
    (tmp_path / "keys" / "reviewer.ed25519").write_text("no key")
    monkeypatch.setenv("SIGIL_KEYS", str(tmp_path / "keys"))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for path in (tmp_path / ".sigil" / "gate", tmp_path / "keys"):
        path.chmod(0o700)


def refused(*words: str) -> subprocess.CompletedProcess[str]:
    command = [*(AS_ANYBODY if os.geteuid() == 0 else []), str(BIN / "sigil"), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("words", "place"),
    [
        (("report",), ".sigil/gate"),
        (("feedback", "--last"), ".sigil/gate"),
        (("diff", KNOWN, KNOWN), ".sigil/gate"),
        (("trust", "reviewer"), "keys"),
    ],
)
def test_what_cannot_be_read_is_said_to_be_unreadable(root: Path, words, place):
    (root / place).chmod(0)
    done = refused(*words)
    assert (done.returncode, done.stderr.count("\n")) == (Unreadable.exit_code, 1)
    assert "cannot be read (Permission denied)" in done.stderr
    assert str(root / place) in done.stderr
