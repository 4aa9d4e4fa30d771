"""Inputs of the slow functions: one module for each kind, with a table ``INPUTS`` by name."""
