"""Take secrets out of text that goes to a model or into a record.

Line numbers stay as they are, and time grows with the length of the text alone, since models
write it. It knows the usual shapes only; what must never leave belongs
into no pinned file.
"""

from __future__ import annotations

import re

REDACTED = "[redacted]"
_KEYS = re.compile(
    r"""
    \b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}            # keys of model providers and payments
    | \bgh[pousr]_[A-Za-z0-9]{20,} | \bgithub_pat_[A-Za-z0-9_]{20,}
    | \bxox[abprs]-[A-Za-z0-9-]{10,}
    | \bA(?:KIA|SIA)[A-Z0-9]{16}\b
    | \bAIza[A-Za-z0-9_-]{30,}
    | \beyJ[A-Za-z0-9_-]{10,1024}+\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}
    """,
    re.VERBOSE,
)
_NAMED = re.compile(
    r"""(?ix) ((?:passw(?:or)?d|secret|api_?key|access_?key|auth_?token)\b["']?
    \s*[:=]\s*) (["'])(?!\2)[^"'\n]{4,}\2"""
)
_BLOCK = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)


_BEGINNINGS = (
    "sk-", "pk-", "rk-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_",
    "xox", "AKIA", "ASIA", "AIza", "eyJ",
)  # fmt: skip
_NAMES = (
    "passw", "secret", "api_key", "apikey", "access_key", "accesskey", "auth_token", "authtoken",
)  # fmt: skip
"""What stands in every match of `_KEYS` and of `_NAMED`. Looking for these first takes a tenth
of the time, and most code has none of them."""


def redact(text: str) -> str:
    """Return ``text`` with what looks like a secret replaced by `REDACTED`."""
    if "-----BEGIN " in text:
        text = _BLOCK.sub(lambda found: REDACTED + "\n" * found.group().count("\n"), text)
    if _may_name(text):
        text = _NAMED.sub(lambda found: f"{found[1]}{found[2]}{REDACTED}{found[2]}", text)
    if any(map(text.__contains__, _BEGINNINGS)):
        text = _KEYS.sub(REDACTED, text)
    return text


def _may_name(text: str) -> bool:
    """Say whether `_NAMED` may match. Outside of ASCII, letters have more cases than two."""
    if not text.isascii():
        return True
    return any(map(text.lower().__contains__, _NAMES))
