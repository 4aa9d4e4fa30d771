# The public names and their types; see `sigil.evolving`.

from sigil.evolving import Evolved as Evolved
from sigil.evolving import evolve as evolve

__version__: str
