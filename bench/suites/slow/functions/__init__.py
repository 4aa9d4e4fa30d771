"""Slow functions in the style of real code, one module for each kind.

Nothing here is meant to be imported by anything but the suite: the functions are there to be
made faster, and are left as slow as they are.
"""
