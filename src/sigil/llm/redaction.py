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


def redact(text: str) -> str:
    """Return ``text`` with what looks like a secret replaced by `REDACTED`."""
    text = _BLOCK.sub(lambda found: REDACTED + "\n" * found.group().count("\n"), text)
    text = _NAMED.sub(lambda found: f"{found[1]}{found[2]}{REDACTED}{found[2]}", text)
    return _KEYS.sub(REDACTED, text)
