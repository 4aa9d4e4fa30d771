"""Sigil lets machines write code and lets people trust it."""

__version__ = "0.1.0"
