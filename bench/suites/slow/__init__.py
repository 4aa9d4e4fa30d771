"""Sixty slow functions in the style of real code, ten kinds of six, with inputs to judge them by.

`FUNCTIONS` lists them. Their sources are in `functions/`, one file for each kind; `inputs/` says
what they are called with. In each kind the last one needs an idea that no local change gives.
"""

from __future__ import annotations

from bench.suites.slow.registry import FUNCTIONS, KINDS, Slow, chosen

__all__ = ["FUNCTIONS", "KINDS", "Slow", "chosen"]
