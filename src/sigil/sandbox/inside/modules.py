"""Import modules from text, never from files, and say plainly what a seal keeps out.

Runs in the target's interpreter with the standard library alone. One finder serves the
user's stable modules in the zygote and a candidate's modules in a worker: lazily, in any
order, packages and packages without an ``__init__`` alike.

Not here: what is preloaded from files before the seal (`calls.py`).
"""

from __future__ import annotations

import sys
from _frozen_importlib import BuiltinImporter, FrozenImporter, ModuleSpec


class Served:
    """A meta path finder and loader over ``{name: (text, path, is_package)}``."""

    def __init__(self):
        self._sources = {}
        self._folders = set()
        self._paths = set()

    def add(self, sources):
        """Serve ``sources`` from now on, in place of whatever bears their names already."""
        self._sources.update(sources)
        for name, (_, path, _package) in sources.items():
            self._paths.add(path)
            sys.modules.pop(name, None)
            outer = name.rpartition(".")[0]
            while outer:
                self._folders.add(outer)
                outer = outer.rpartition(".")[0]

    def remove(self, name):
        """Serve a module no longer, and forget it."""
        self._paths.discard(self._sources.pop(name)[1])
        sys.modules.pop(name, None)

    def install(self):
        """Let this finder, built-in and frozen modules be all that import knows."""
        sys.meta_path[:] = [self, BuiltinImporter, FrozenImporter, _Sealed()]
        sys.path[:] = []
        sys.path_hooks[:] = []
        sys.path_importer_cache.clear()

    def find_spec(self, name, _path=None, _target=None):
        """Return the spec of a served module, or of a package that exists by its parts alone."""
        served = self._sources.get(name)
        if served is not None:
            return ModuleSpec(name, self, origin=served[1], is_package=served[2])
        if name in self._folders:
            return ModuleSpec(name, None, is_package=True)
        return None

    def create_module(self, _spec):
        """Leave it to the import system, which takes None for that."""

    def exec_module(self, module):
        """Compile and run a module's text in its own namespace."""
        text, path, _ = self._sources[module.__name__]
        # Not by the spec's has_location, which would also look for a place to cache it.
        module.__file__ = path
        exec(compile(text, path, "exec", dont_inherit=True), module.__dict__)

    def get_source(self, name):
        """Return the text of a served module, for tracebacks and `inspect`."""
        return self._sources[name][0]

    def place_of(self, error):
        """Return `` (file:line)`` of the innermost served line that an error passed through."""
        place = ""
        try:
            if isinstance(error, SyntaxError) and error.filename in self._paths:
                return " ({}:{})".format(error.filename, error.lineno)
            trace = error.__traceback__
            while trace is not None:
                path = trace.tb_frame.f_code.co_filename
                if path in self._paths:
                    place = " ({}:{})".format(path, trace.tb_lineno)
                trace = trace.tb_next
        except Exception:  # noqa: BLE001 (the error is an object of the candidate)
            return ""
        return place


class _Sealed:
    """The last finder: names the module that is not there, and the remedy."""

    def find_spec(self, name, _path=None, _target=None):
        """Refuse; code that falls back on ImportError goes on as usual."""
        raise ModuleNotFoundError(
            "No module named {0!r} in the sealed worker, which reads no files; "
            "if the target has it, add {0!r} to preload".format(name),
            name=name,
        )
