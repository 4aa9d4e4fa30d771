"""HTTP/1.1 messages: a request as bytes, the head of a reply as a value.

Strict, since the service is not trusted: what RFC 9112 does not allow, or allows in two ways
(two lengths, a length and chunks), is an error and never a guess. Nothing that a scenario gives
can break out of its place: no line end gets into a path or a header, and how a message is
framed is decided here alone.

Pure. Not here: connections, deadlines and bodies (`sigil.gate.http.client`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote

from sigil.gate.effects import EffectFailed

MAX_HEAD_BYTES: Final = 64 * 2**10
MAX_HEADERS: Final = 256
MAX_TARGET: Final = 16 * 2**10
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_TARGET: Final = re.compile(r"/[^\x00-\x20\x7f#]*")
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_FIELD: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [^\x00-\x08\x0a-\x1f\x7f]*)?")
_DIGITS: Final = re.compile(r"[0-9]{1,18}")
_FRAMING: Final = frozenset({"connection", "content-length", "expect", "keep-alive", "te"}) | {
    "trailer", "transfer-encoding", "upgrade"
}  # fmt: skip
_NO_BODY: Final = frozenset({204, 304})
_WITH_BODY: Final = frozenset({"PATCH", "POST", "PUT"})
_SETS_COOKIES: Final = "set-cookie"


def render(
    method: str, target: str, authority: str, headers: Mapping[str, str], body: bytes | None
) -> bytes:
    """Return a request as it goes over the wire.

    Args:
        method: a token, such as ``GET``; not ``CONNECT``.
        target: an absolute path with an optional query; what is no ASCII is percent-encoded.
        authority: for the ``Host`` header, unless ``headers`` has one.
        headers: by name; none of those that say how a message is framed.
        body: None for none.

    Raises:
        EffectFailed: one of them cannot stand in a request.
    """
    if not _TOKEN.fullmatch(method) or method.upper() == "CONNECT":
        raise EffectFailed("not a method that can be sent")
    if not _TARGET.fullmatch(target) or len(target) > MAX_TARGET:
        raise EffectFailed("a path begins with / and has no spaces, line ends or #")
    lines = [f"{method} {target if target.isascii() else _encoded(target)} HTTP/1.1"]
    names = {name.lower() for name in headers}
    if len(names) != len(headers):
        raise EffectFailed("a header is given twice")
    if "host" not in names:
        lines.append(f"Host: {authority}")
    if "accept" not in names:
        lines.append("Accept: */*")
    if "accept-encoding" not in names:
        lines.append("Accept-Encoding: identity")
    lines += [_header(name, value) for name, value in headers.items()]
    if body is not None or method in _WITH_BODY:
        lines.append(f"Content-Length: {len(body or b'')}")
    head = "\r\n".join(lines).encode("latin-1")
    return b"%b\r\n\r\n%b" % (head, body or b"")


def _encoded(target: str) -> str:
    try:
        return "".join(c if c.isascii() else quote(c) for c in target)
    except UnicodeEncodeError:
        raise EffectFailed("a path with half a character in it") from None


def _header(name: str, value: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise EffectFailed("not the name of a header")
    if name.lower() in _FRAMING:
        raise EffectFailed(f"{name} is not a scenario's to set")
    if not _VALUE.fullmatch(value):
        raise EffectFailed(f"a line end, or what no header can carry, in the value of {name}")
    return f"{name}: {value}"


# --- replies ------------------------------------------------------------------------------

Framing = Literal["none", "length", "chunks", "close"]


@dataclass(frozen=True, slots=True)
class Head:
    """All of a reply but its body.

    Args:
        status: 100 to 599.
        headers: by name in lower case. What came several times is joined by ``, ``, cookies by a
            line feed, since they have commas of their own.
        framing: where the body ends: there is none, after ``length`` bytes, with the last
            chunk, or where the connection is closed.
        length: in bytes; 0 unless ``framing`` is ``length``.
        reusable: whether the connection can take another request after the body.
    """

    status: int
    headers: dict[str, str]
    framing: Framing
    length: int
    reusable: bool


def parse_head(head: bytes, method: str) -> Head:
    """Return the head of a reply.

    Args:
        head: all before the empty line.
        method: of the request.

    Raises:
        EffectFailed: it is no HTTP/1.1.
    """
    status_line, *lines = head.split(b"\r\n")
    found = _STATUS_LINE.fullmatch(status_line)
    if found is None:
        raise EffectFailed("the reply is not HTTP/1.1")
    if len(lines) > MAX_HEADERS:
        raise EffectFailed(f"more than {MAX_HEADERS} headers")
    status = int(found[2])
    headers = _headers(lines)
    framing, length = _framing(status, method, headers)
    asked = {word.strip().lower() for word in headers.get("connection", "").split(",")}
    kept = "close" not in asked if found[1] == b"1" else "keep-alive" in asked
    return Head(status, headers, framing, length, kept and framing != "close")


def _headers(lines: list[bytes]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        found = _FIELD.fullmatch(line)
        if found is None:
            raise EffectFailed("a header that is none")
        name = found[1].decode("ascii").lower()
        value = found[2].rstrip(b" \t").decode("latin-1")
        before = headers.get(name)
        if before is not None:
            value = f"{before}\n{value}" if name == _SETS_COOKIES else f"{before}, {value}"
        headers[name] = value
    return headers


def _framing(status: int, method: str, headers: Mapping[str, str]) -> tuple[Framing, int]:
    """Source: RFC 9112, section 6.3."""
    lengths = headers.get("content-length")
    encoding = headers.get("transfer-encoding")
    if status < 200 or status in _NO_BODY or method == "HEAD":  # noqa: PLR2004 - informational
        return "none", 0
    if encoding is not None:
        if encoding.lower() != "chunked" or lengths is not None:
            raise EffectFailed("a body that ends in two ways, or in an unknown one")
        return "chunks", 0
    if lengths is None:
        return "close", 0
    said = {length.strip() for length in lengths.split(",")}
    only = said.pop()
    if said or not _DIGITS.fullmatch(only):
        raise EffectFailed("a body whose length is no number, or several")
    return "length", int(only)
