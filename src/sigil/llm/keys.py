"""Where is the key of a model? In the one environment variable that its entry names.

Nothing else reads keys, and no message holds one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from sigil.errors import ProviderRefused
from sigil.llm.settings import ModelSettings


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
