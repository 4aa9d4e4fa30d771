"""What holds for every test."""

from hypothesis import settings

# A slow moment of the machine is no counterexample.
settings.register_profile("sigil", deadline=None)
settings.load_profile("sigil")
