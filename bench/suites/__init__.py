"""Suites of small problems that benchmarks search for solutions of."""
