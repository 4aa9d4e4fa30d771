"""Import what is there to stay, without the garbage collector going through it.

It would do so again and again during a large import, and once more when the process ends: that
is up to half of what a library costs.
"""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def to_stay() -> Generator[None]:
    """Leave alone for good what is imported inside; from any thread, also inside each other."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()
