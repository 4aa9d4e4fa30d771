"""Start one of the two faces: ``python <this file> calls|commands <descriptor> ...``.

Runs in the target's interpreter with the standard library alone. The names of this folder
are taken out of the way of the user's own modules, which may well be called ``calls``.

Not here: anything that happens after the start (`calls.py`, `commands.py`).
"""

import sys

_OURS = {"calls", "codec", "commands", "kernel", "modules", "namespaces", "worker"}


def _main():
    before = set(sys.modules)
    face = __import__(sys.argv[1])
    descriptor = int(sys.argv[2])
    del sys.path[0]
    sys.path_importer_cache.clear()
    kept = [sys.modules.pop(name) for name in _OURS & set(sys.modules) - before]
    face.main(descriptor)
    return kept


if __name__ == "__main__":
    _main()
