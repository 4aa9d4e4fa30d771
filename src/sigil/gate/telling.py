"""What of a deployment's words the author of a change may read.

Why a change does not come up its author may know, as long as no holdout was ever asked: later,
what it prints may be what an earlier change was asked and left behind in the machine's kernel,
and whether it is told at all is decided by `sigil.gate.feedback`. Even then it shows the machine
that it was started on, and so do our own messages about that. One rule stands between the two, and
everything that crosses goes through it:

- A value of the vault, or of the environment that the evaluator runs in, is a name, and so is a
  line of one of several lines; the name of its machine is ``…``.
- A path below the change's own tree is relative to it. Any other absolute path, and what leads out
  of the tree, is ``…``; the name of a file of code stays: ``…/server.py``. Beside such a path no
  relative one is told.
- A URL of another machine is its scheme: ``https://…``, and one of this machine keeps only a path
  that the author knows. Any other address of the network or of an adapter is ``…``.
- The id of a holdout is ``…``: it has another number in each feedback.
- What has the shape of a key, and any long run of letters and digits that reads like no word, is
  `REDACTED`.

When in doubt it hides. Pure, and in time that grows with the length of the text alone, which
hostile code wrote.

Not here: text that its author disguised, as by base64 of short pieces, which no rule can know
(docs/threat-model.md); which problems are told at all (`sigil.gate.feedback`).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from sigil.gate.secrets import LEAST, Redactor
from sigil.llm.redaction import REDACTED, redact
from sigil.printable import printable

ELSEWHERE: Final = "…"
"""Stands for a path of the machine."""
LEAST_SURROUNDING: Final = 8
"""Characters of a value of the environment that is hidden. Shorter ones are words such as ``true``
and ``C.UTF-8``; of what is secret by its name, the vault, `LEAST` are enough."""
_MOST_SURROUNDING: Final = 4096
_RULE: Final = "-----"
"""Begins the lines about a key, which are the same about every key, and by which `redact` finds
those that nobody told us."""
_LINES: Final = 20
_SHOWN: Final = 300

_SLASH: Final = re.compile(
    r"""(?<!\\)\\*(?: / | %(?:25)*2[Ff] | (?<=\\)(?:u002[Ff]|x2[Ff]|057)
    | &(?:amp;)?(?:\#0{0,5}47|\#[xX]0{0,5}2[Ff]|sol); )""",
    re.VERBOSE,
)
"""A slash as it is, in JSON, in a program, in a URL, on a page: in what is told it is itself."""
_INSIDE: Final = r"""[^\s"'`<>()\[\]{},;:|…]"""
_ROOTS: Final = (
    "builds|etc|export|home|mnt|nix|opt|private|proc|root|runner|srv|sys|tmp|Users|usr|var"
    "|Volumes|work|workspaces?"
)
"""Folders that begin an absolute path also where a word stands before it: ``INFO/home/someone``."""
_BEGINS: Final = r"""(?:
      (?<![A-Za-z0-9_])(?<!(?<!\w)\.)       # not inside of a relative path
    | (?<=\\[a-z0]) | (?<=\\[0-7]{3}) | (?<=\\x[0-9a-fA-F]{2}) | (?<=\\u[0-9a-fA-F]{4})
    | (?<=%[0-9a-fA-F]{2})                  # after a character's escape
)"""
_PLACE: Final = re.compile(
    rf"""
      (?P<url> (?<![\w+.-])[A-Za-z][A-Za-z0-9+.-]{{0,20}}:// [^\s"'`<>]* )
    | (?P<quote>["'`]) (?P<quoted> / [^"'`\n]* ) (?P=quote)
    | (?P<path>
        (?: (?<![\w.-]) [\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,8}}: (?=/) )?   # host:/exported
        {_BEGINS} …? /+ (?!\s) {_INSIDE}+
      | (?<![\w.]) (?:\.\./)+ {_INSIDE}*
      | (?<![\w~]) ~[\w.-]{{0,63}}/ {_INSIDE}*
      | (?<!\w) [A-Za-z]:[\\/] {_INSIDE}+                                  # C:\Users
      )
    | (?P<before> (?<![\w.-]) -[\w-]{{1,63}} (?=/)                         # -isystem/usr/include
        | (?<![\w./+-]) [\w.+-]{{1,63}} (?=/(?:{_ROOTS})(?![\w-])) )
      (?P<glued> / {_INSIDE}+ )
    | (?P<relative> (?:(?<![\w.+@~%\\-])|(?<=\\[nrt])) [\w.+@~-]{{0,255}}\w/ {_INSIDE}* )
    """,
    re.VERBOSE,
)
_ADDRESS: Final = re.compile(
    r"""
      (?P<hardware> (?<![\w:-]) [0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5,19} (?![\w:-]) )
    | (?P<number> (?<![\w.]) \d{1,3}(?:\.\d{1,3}){3} (?![\w.]*\w) )
    | (?P<colons> (?<![\w:.]) (?:[0-9A-Fa-f]{0,4}:){2,8} [0-9A-Fa-f.]{0,15} (?:%[\w.-]{1,32})? )
    | (?P<host> (?<![\w./@-]) [A-Za-z0-9][\w-]{0,62}(?:\.[\w-]{1,63}){0,8}
        \.(?:(?P<last>[A-Za-z]{2,24}):\d{1,5}\b
          | (?:arpa|cluster|corp|home|internal|intra|intranet|lan|local|localdomain)\b) )
    """,
    re.VERBOSE,
)
_FILES: Final = frozenset({
    ".cfg", ".conf", ".css", ".csv", ".env", ".ex", ".exs", ".gradle", ".hs", ".html", ".ini",
    ".json", ".lock", ".log", ".md", ".ml", ".pl", ".rst", ".scala", ".scss", ".sh", ".sql",
    ".svelte", ".swift", ".toml", ".txt", ".vue", ".xml", ".yaml", ".yml",
})  # fmt: skip
"""Before a number of a line, files as well."""
_CODE: Final = frozenset({
    ".c", ".cc", ".cjs", ".cpp", ".cs", ".go", ".h", ".jar", ".java", ".js", ".jsx", ".kt", ".lua",
    ".mjs", ".php", ".py", ".pyc", ".rb", ".rs", ".so", ".ts", ".tsx",
})  # fmt: skip
"""Files whose names say what of the language was running, and nothing of whose machine it was."""
_ESCAPE: Final = r"(?:\\{1,8}(?:x1[bB]|u001[bB]|033|e)|%1[bB]|&\#(?:27|[xX]1[bB]);)"
_CONTROLS: Final = re.compile(
    rf"""
      (?: (?:\x1b|{_ESCAPE})\[ | \x9b | \\{{1,8}}(?:x9[bB]|u009[bB]) )
        [0-?]{{0,64}}[ -.]{{0,4}}[@-~]
    | (?:\x1b|{_ESCAPE}) (?: [ -.]{{1,4}}[0-~] | \] )
    | \x1b (?:[0-~](?<!\\))? | \x9b
    """,
    re.VERBOSE,
)
"""What a terminal obeys, as it is or spelled: colours, character sets, modes."""
_IS_PATH: Final = re.compile(r"/[\w./:+@~-]*")

_HELD_OUT: Final = re.compile(r"(?i)holdout_\d+")
_LONG: Final = 16
"""Characters from which on a run may be a key."""
_RUN: Final = re.compile(rf"""[^\s"'`<>()\[\]{{}},;:|=&\\{ELSEWHERE}]{{{_LONG},}}""")
_USUAL: Final = frozenset("_-./+~@")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9]+")
_AFFIXED: Final = re.compile(r"\d{0,4}([A-Za-z]*)\d{0,4}")
_NUMBER: Final = re.compile(r"\d{1,8}")
_FRACTION: Final = re.compile(r"[-+]?\d{1,10}\.\d{1,20}(?:[eE][-+]?\d{1,3})?")
_PIECE: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_CONSONANTS: Final = re.compile(r"[b-df-hj-np-tv-xz]{5}", re.IGNORECASE)
_LONGEST_WORD: Final = 20
_LETTERS_OF_A_PIECE: Final = 3
"""Fewer on average, and capitals stand where no word begins."""


class Telling:
    """Makes text fit for the author of a change.

    Args:
        vault: values that scenarios may read, by name.
        environment: of the evaluator, by name; no name of it is told.
        machine: words that name the evaluator's machine.
        public: paths and words that the author knows, such as the path of the health check and the
            commits that are compared.
    """

    def __init__(
        self,
        vault: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        machine: Collection[str] = (),
        public: Collection[str] = (),
    ):
        self._vault, self._environment = vault or {}, environment or {}
        self._public = frozenset(public)
        names = "|".join(re.escape(name) for name in sorted(machine, reverse=True) if name)
        self._machine = re.compile(rf"(?i)(?<![\w/-])(?:{names})(?![\w/-])") if names else None

    def line(self, text: str, tree: str = "") -> str:
        """Return one of our messages, fit to be told; ``tree`` as of `lines`."""
        return self._hidden(text, tree)

    def lines(self, output: Sequence[str], tree: str = "") -> tuple[str, ...]:
        """Return the end of what a deployment printed, fit to be told and to be shown.

        Args:
            output: its lines, whole and as they were printed.
            tree: the folder that its own files were in, as it saw it; empty if that is not known.
        """
        return _last(self._hidden("\n".join(output), tree))

    def _hidden(self, text: str, tree: str) -> str:
        text = redact(self._redactor.text(_CONTROLS.sub("", text)))
        text = "\n".join(self._without_places(line, tree) for line in text.split("\n"))
        text = _ADDRESS.sub(self._unless_own, text)
        if self._machine is not None:
            text = self._machine.sub(ELSEWHERE, text)
        text = _HELD_OUT.sub(ELSEWHERE, text)
        return _RUN.sub(lambda found: self._unless_random(found[0]), text)

    @cached_property
    def _redactor(self) -> Redactor:
        """What hides values; made when something is told at all, which is seldom."""
        vault = {value: name for name, value in sorted(self._vault.items(), reverse=True)}
        around = sorted(set(self._environment.values()) - set(vault))
        surrounding = {value: f"hidden_{number}" for number, value in enumerate(around, 1)}
        hidden = {
            piece: name for piece, name in _pieces(surrounding) if self._may_surround(piece)
        } | {piece: name for piece, name in _pieces(vault) if len(piece) >= LEAST}
        shown = {printable(piece): name for piece, name in hidden.items()}
        return Redactor({}, {**shown, **hidden})

    def _may_surround(self, piece: str) -> bool:
        """Return whether a piece of the environment is to be hidden."""
        is_path = _IS_PATH.fullmatch(piece) is not None  # like any other; see `_path`
        fits = LEAST_SURROUNDING <= len(piece) <= _MOST_SURROUNDING
        return fits and not is_path and piece not in self._public

    # --- paths ----------------------------------------------------------------------------

    def _without_places(self, line: str, tree: str) -> str:
        """Return a line without paths of the machine.

        Beside one of them no relative path is told: it may be the rest of one with a space in it.
        """
        line = _SLASH.sub("/", line)
        outside = any(self._leaves(found, tree) for found in _PLACE.finditer(line))
        return _PLACE.sub(lambda found: self._placed(found, tree, outside), line)

    def _leaves(self, found: re.Match[str], tree: str) -> bool:
        """Return whether an absolute path is outside of the tree."""
        shown = found["path"] or found["quoted"] or found["glued"] or ""
        return bool(shown) and shown[0] != ELSEWHERE and ELSEWHERE in self._path(shown, tree)

    def _placed(self, found: re.Match[str], tree: str, outside: bool) -> str:
        if (url := found["url"]) is not None:
            return self._address(url, tree)
        if (quoted := found["quoted"]) is not None:
            return f"{found['quote']}{self._path(quoted, tree)}{found['quote']}"
        if (glued := found["glued"]) is not None:
            return f"{found['before']}{self._path(glued, tree)}"
        if (relative := found["relative"]) is not None:
            return self._path(relative, tree) if outside else relative
        return self._path(found["path"], tree)

    def _address(self, url: str, tree: str) -> str:
        scheme, _, rest = url.partition("://")
        if scheme.lower() == "file":
            return self._path(rest, tree)
        try:
            host = urlsplit(url).hostname or ""
        except ValueError:
            host = ""
        if not _is_own(host) or "@" in rest:
            return f"{scheme}://{ELSEWHERE}"
        name, slash, path = rest.partition("/")
        known = not path or f"/{path}" in self._public
        return url if known else f"{scheme}://{name}{slash}{ELSEWHERE}"

    def _unless_own(self, found: re.Match[str]) -> str:
        """Return an address of the network if it is our own or none at all."""
        shown = found[0]
        if (last := found["last"]) is not None:
            return shown if f".{last.lower()}" in _CODE | _FILES else ELSEWHERE
        if found["number"] is None and found["colons"] is None:
            return ELSEWHERE
        return shown if _is_own(shown) or not _is_address(shown) else ELSEWHERE

    def _path(self, shown: str, tree: str) -> str:
        path = shown.rstrip(".!?\\")
        after = shown[len(path) :]
        plain = path.removeprefix(ELSEWHERE)
        if not plain.strip("/") or plain in self._public:
            return shown
        if tree and PurePosixPath(plain).is_relative_to(tree) and ".." not in plain.split("/"):
            return f"{PurePosixPath(plain).relative_to(tree)}{after}"
        name = PurePosixPath(plain).name
        kept = f"/{name}" if PurePosixPath(name).suffix in _CODE else ""
        return f"{ELSEWHERE}{kept}{after}"

    # --- keys -----------------------------------------------------------------------------

    def _unless_random(self, run: str) -> str:
        return run if run in self._public or not is_random(run) else REDACTED


def _pieces(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield all that would give a value away, with its name: each of its lines, then itself.

    An engine writes a name before each line of a container, a message may quote one alone, and
    blanks at its ends are lost on the way.
    """
    for value, name in values.items():
        lines = (line.strip() for line in value.splitlines())
        yield from ((line, name) for line in lines if not line.startswith(_RULE))
        yield value, name


def _is_own(host: str) -> bool:
    """Return whether a host is the machine that names it, whichever that is."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    named = isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None
    return (address.is_loopback or address.is_unspecified) and not named


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def for_operator(output: Sequence[str]) -> tuple[str, ...]:
    """Return the end of what a deployment printed as its operator sees it, fit to be shown."""
    return _last(redact("\n".join(output)))


def _last(text: str) -> tuple[str, ...]:
    kept = [line.rstrip() for line in text.splitlines() if line.strip()][-_LINES:]
    return tuple(printable(line, _SHOWN) for line in kept)


def is_random(run: str) -> bool:
    """Return whether a run of characters without a space looks drawn by lot, as keys are.

    It does where what reads like no word is at least half of it, or long enough for a key, or
    where two characters are in it that stand in no name. Hashes count, and so do numbers of more
    than 8 digits.
    """
    if len(run) < _LONG or _FRACTION.fullmatch(run):
        return False
    odd = {letter for letter in run if not letter.isalnum()} - _USUAL
    segments = _SEGMENT.findall(run)
    strange = [len(one) for one in segments if not _is_word(one)]
    whole = sum(map(len, segments))
    return (
        (len(odd) > 1 and any(letter.isdigit() for letter in run))
        or max(strange, default=0) >= _LONG
        or (sum(strange) * 2 >= whole >= _LONG // 2 and bool(strange))
        or _changes(run) * 2 >= len(run) >= _LONG
    )


def _is_word(segment: str) -> bool:
    """Return whether letters and digits read like a word, a name in camel case, or a number."""
    if _NUMBER.fullmatch(segment):
        return True
    found = _AFFIXED.fullmatch(segment)
    if found is None:
        return False
    letters = found[1]
    pieces = _PIECE.findall(letters)
    return (
        len(letters) >= _LETTERS_OF_A_PIECE * len(pieces) or len(letters) <= _LETTERS_OF_A_PIECE
    ) and not any(_CONSONANTS.search(one) or len(one) > _LONGEST_WORD for one in pieces)


def _changes(run: str) -> int:
    """Return how often the kind of character changes in a run."""
    kinds = groupby(run, key=lambda one: (one.isdigit(), one.isupper(), one.isalnum()))
    return sum(1 for _ in kinds) - 1
