"""A pull request on GitHub, or whatever speaks its REST API: read it, comment, set a status, merge.

A comment of ours is told by its marker *and* by who wrote it, since anybody can write the marker.

Not here: the connection (`sigil.gate.forge.rest`), what is said (`sigil.gate.forge.publishing`).
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta

from sigil.errors import InvalidValue
from sigil.gate.forge.rest import Rest
from sigil.printable import printable

_PAGE, _PAGES = 100, 30
_NAMED = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]{0,38})/([A-Za-z0-9._-]{1,100})#([1-9][0-9]{0,9})")
_Commit = Annotated[str, Meta(pattern=r"\A[0-9a-f]{40}\Z")]


@dataclass(frozen=True, slots=True)
class PullName:
    """``OWNER/REPO#42``."""

    repository: str
    number: int

    @property
    def ref(self) -> str:
        """Where its commits are fetched from."""
        return f"pull/{self.number}/head"


def parse_pull(text: str) -> PullName:
    """Return the pull request that a text names.

    Raises:
        InvalidValue: it is not of the form ``OWNER/REPO#42``.
    """
    found = _NAMED.fullmatch(text)
    if found is None or found[2] in {".", ".."}:
        raise InvalidValue(
            f"{printable(text, 80)!r} names no pull request", remedy="write OWNER/REPO#42"
        )
    return PullName(f"{found[1]}/{found[2]}", int(found[3]))


@dataclass(frozen=True, slots=True)
class Head:
    """The newest commit of a change."""

    sha: _Commit


@dataclass(frozen=True, slots=True)
class Repository:
    """Where a pull request was opened."""

    default_branch: str


@dataclass(frozen=True, slots=True)
class Base:
    """The branch that a change wants into: its author chose it, so it says nothing of trust.

    Args:
        ref: its name.
        repo: whose branch it is.
    """

    ref: str
    repo: Repository

    @property
    def is_default(self) -> bool:
        """Whether the repository itself names it as the one that all goes into."""
        return self.ref == self.repo.default_branch


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request as it is now.

    Args:
        state: ``open`` or ``closed``.
        head: the change.
        base: where it wants.
        draft: not yet to be merged.
        merged: it is in.
    """

    state: str
    head: Head
    base: Base
    draft: bool = False
    merged: bool = False

    @property
    def is_open(self) -> bool:
        """Neither closed nor merged."""
        return self.state == "open"


@dataclass(frozen=True, slots=True)
class _User:
    login: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class _Comment:
    id: int
    body: str | None = None
    user: _User | None = None


@dataclass(frozen=True, slots=True)
class _Branch:
    object: Head


@dataclass(frozen=True, slots=True)
class _Merged:
    sha: str
    merged: bool


class Forge:
    """One pull request on a forge.

    Args:
        api: of the forge.
        name: which.
    """

    def __init__(self, api: Rest, name: PullName):
        self._api, self._name = api, name
        self._home = f"repos/{name.repository}"

    # --- reading --------------------------------------------------------------------------

    def pull(self) -> Pull:
        """Return the pull request.

        Raises:
            ForgeFailed: it cannot be read.
        """
        return self._api.read(f"{self._home}/pulls/{self._name.number}", Pull)

    def branch_tip(self, branch: str) -> str:
        """Return the commit that a branch is at now.

        Raises:
            ForgeFailed: it cannot be read.
        """
        path = f"{self._home}/git/ref/heads/{urllib.parse.quote(branch)}"
        return self._api.read(path, _Branch).object.sha

    def find_comment(self, marker: str) -> int | None:
        """Return the id of our comment that holds a marker; None if there is none.

        Raises:
            ForgeFailed: comments cannot be read.
        """
        mine = self._login()
        for one in self._comments():
            user = one.user or _User()
            is_mine = user.type == "Bot" if mine is None else user.login == mine
            if is_mine and marker in (one.body or ""):
                return one.id
        return None

    def _login(self) -> str | None:
        """Return whose token it is; None for that of an app, which may not ask."""
        answer = self._api.ask("GET", "user")
        if not answer.is_good:
            return None
        return self._api.understood("GET", "user", answer, _User).login or None

    def _comments(self) -> Iterator[_Comment]:
        for page in range(1, _PAGES + 1):
            path = f"{self._home}/issues/{self._name.number}/comments"
            found = self._api.read(f"{path}?per_page={_PAGE}&page={page}", list[_Comment])
            yield from found
            if len(found) < _PAGE:
                return

    # --- writing --------------------------------------------------------------------------

    def set_status(self, commit: str, state: str, context: str, description: str) -> None:
        """Say on a commit how its examination stands. The latest of a context counts.

        Raises:
            ForgeFailed: it is refused.
        """
        body = {"state": state, "context": context, "description": description}
        self._api.write("POST", f"{self._home}/statuses/{commit}", body, dict[str, Any])

    def comment(self, known: int | None, text: str) -> int:
        """Write a comment, or another text into one of ours; return its id.

        Raises:
            ForgeFailed: it is refused.
        """
        if known is not None:
            path = f"{self._home}/issues/comments/{known}"
            return self._api.write("PATCH", path, {"body": text}, _Comment).id
        path = f"{self._home}/issues/{self._name.number}/comments"
        # After a 5xx it may be there already, and a second one would be there for good.
        return self._api.write("POST", path, {"body": text}, _Comment, twice=False).id

    def merge(self, head: str, title: str, text: str) -> str:
        """Merge, if the head is this very commit; return the merge commit.

        Raises:
            ForgeFailed: it is refused, or the head has moved.
        """
        body = {
            "sha": head,
            "merge_method": "merge",
            "commit_title": title,
            "commit_message": text,
        }
        path = f"{self._home}/pulls/{self._name.number}/merge"
        return self._api.write("PUT", path, body, _Merged, twice=False).sha
