"""Conformance suites for whoever implements one of Sigil's interfaces."""
