"""What was found for the keys that were asked for last: a memo of bounded size.

It changes the time of an answer and never the answer, so that a value has to be a function of its
key. Safe to use from many threads. Not here: what is worth remembering.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Values by key, the latest ones.

    Args:
        capacity: how many are kept; of more, the one goes that was not asked for the longest.
    """

    def __init__(self, capacity: int):
        self._capacity = capacity
        self._known: OrderedDict[Key, Value] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> Value | None:
        """Return the value of ``key``; None if it is not kept."""
        with self._lock:
            value = self._known.get(key)
            if value is not None:
                self._known.move_to_end(key)
            return value

    def keep(self, key: Key, value: Value) -> Value:
        """Return ``value``, which is kept from now on."""
        with self._lock:
            self._known[key] = value
            if len(self._known) > self._capacity:
                self._known.popitem(last=False)
        return value
