"""Where is the key of a model? In the one environment variable that its entry names.

Nothing else reads keys, and no message holds one. Nor does an answer: a server that repeats
its key has it cut out before anybody reads what it said.
"""

from __future__ import annotations

import json
import os
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote, quote_plus

from sigil.errors import ProviderRefused
from sigil.llm.redaction import REDACTED
from sigil.llm.settings import ModelSettings

SHORTEST_KEY = 8
"""That is looked for in answers: servers at home want a key such as ``EMPTY``, which is a word."""


def read_key(settings: ModelSettings, environment: Mapping[str, str] = os.environ) -> str:
    """Return the key of an entry; empty where it names no variable.

    Raises:
        ProviderRefused: the variable is not set, or no key can be in it.
    """
    variable = settings.key_variable
    if not variable:
        return ""
    key = environment.get(variable, "").strip()
    if not key:
        raise ProviderRefused(
            f"the model {settings.name!r} needs a key, and {variable} is not set",
            remedy=f"export {variable}=…, or name another variable as key_variable:",
        )
    if not key.isascii() or not key.isprintable():
        raise ProviderRefused(
            f"what is in {variable} is no key: it has characters that no header can hold",
            remedy="copy the key again",
        )
    return key


def without_key(said: bytes, key: str) -> bytes:
    """Return what a server said without ``key``, in the forms in which one is repeated.

    As it is, in JSON, in a URL and in base64; a server that wants to hide it can do so.
    """
    for form in _forms(key):
        said = said.replace(form, REDACTED.encode())
    return said


@lru_cache(maxsize=64)
def _forms(key: str) -> tuple[bytes, ...]:
    """Return how ``key`` may be written, the longest first."""
    if len(key) < SHORTEST_KEY:
        return ()
    in_json = json.dumps(key)[1:-1]
    texts = {key, in_json, in_json.replace("/", "\\/"), quote(key, ""), quote(key), quote_plus(key)}
    forms = {text.encode() for text in texts}
    for encoded in (b64encode(key.encode()), urlsafe_b64encode(key.encode())):
        forms |= {encoded, encoded.rstrip(b"=")}
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))
