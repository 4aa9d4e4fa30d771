"""What lies in the working tree and on no branch is told apart from what nobody made."""

import pytest

from sigil.errors import NotFound, Where
from sigil.gate.uncommitted import naming_the_branch

MAKE = "sigil init --service api"


def remedy(root) -> str:
    with (
        pytest.raises(NotFound, match="there is none") as caught,
        naming_the_branch(root, "gate.yaml", "main", MAKE),
    ):
        raise NotFound("there is none", where=Where("main:gate.yaml"))
    assert caught.value.where == Where("main:gate.yaml")
    return str(caught.value.remedy)


def test_what_is_here_is_to_be_committed(tmp_path):
    (tmp_path / "gate.yaml").write_text("")
    assert remedy(tmp_path) == "it is in the working tree: commit it on main"


def test_what_is_nowhere_is_to_be_made_first(tmp_path):
    assert remedy(tmp_path) == f"{MAKE}; then commit it on main"
