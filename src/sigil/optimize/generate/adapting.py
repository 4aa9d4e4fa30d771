"""A small function that calls what cannot be called alone, so that its answer is plain data.

For a method it makes the object from its attributes, which are the first argument, so that
what the method does to them is compared like any other argument. An iterator is listed, a
coroutine is run to its end, and what a function prints can be returned beside its value.

Pure. Not here: where the text is kept (`sigil.optimize.generate.writing`).
"""

from __future__ import annotations

from collections.abc import Mapping
from keyword import iskeyword
from pathlib import PurePosixPath

from sigil.errors import InvalidValue
from sigil.optimize.generate.locating import Function
from sigil.optimize.generate.recording import roots_of

ENTRY = "call"

_OPENING = '''\
"""Calls {reference} so that all that it does can be compared. Made by sigil."""
'''

_RUN = '''

def _run(awaitable):
    """Run a coroutine that waits for nothing but others like itself."""
    steps = awaitable.__await__()
    while True:
        try:
            waits_for = next(steps)
        except StopIteration as end:
            return end.value
        if waits_for is not None:
            raise RuntimeError("it waits for something outside of itself")
'''

_RUN_EACH = """

async def _listed(items):
    return [item async for item in items]
"""


def adapter_path(name: str) -> str:
    """Return where the adapter of a spec stands, relative to the root."""
    return f".sigil/{name}_target.py"


PLAIN: Mapping[str, str] = {
    **dict.fromkeys(
        ("zip", "map", "filter", "generator", "enumerate", "reversed", "range", "deque", "chain",
         "islice", "dict_keys", "dict_values", "dict_items", "list_iterator", "accumulate",
         "starmap", "product", "permutations", "combinations", "takewhile", "dropwhile"), "list",
    ),
    **dict.fromkeys(("Counter", "defaultdict", "OrderedDict", "mappingproxy"), "dict"),
}  # fmt: skip
"""What makes plain data of a value, by the name of its type."""


def adapter_of(function: Function, *, prints: bool, plain: str = "") -> str:
    """Return the source of a module whose function `ENTRY` calls ``function``.

    Args:
        function: what is called.
        prints: whether what it prints is returned beside its value.
        plain: what makes plain data of its value, such as ``list``; see `PLAIN`.

    Raises:
        InvalidValue: no import statement can name its module.
    """
    if not can_be_imported(function):
        raise InvalidValue(
            f"{function.path} is no name that can be imported, as calling it takes here",
            remedy="rename the file or its folder",
        )
    first = (function.owner or function.name).partition(".")[0]
    imports = [f"from {module_of(function)} import {first}"]
    if prints:
        imports = ["import contextlib", "import io", "", *imports]
    text = f"{_OPENING.format(reference=function.reference)}\n" + "\n".join(imports) + "\n"
    text += _RUN if function.flow in {"coroutine", "async generator"} else ""
    text += _RUN_EACH if function.flow == "async generator" else ""
    parameters = "state, /, *args, **kwargs" if function.is_method else "*args, **kwargs"
    lines = [f"def {ENTRY}({parameters}):"]
    called = f"{function.qualname}(*args, **kwargs)"
    if function.is_method:
        lines += [
            f"    thing = object.__new__({function.owner})",
            '    object.__setattr__(thing, "__dict__", state)',
        ]
        called = f"thing.{function.name}(*args, **kwargs)"
    valued = _valued(called, function)
    lines += _returning(f"{plain}({valued})" if plain else valued, prints=prints)
    return text + "\n\n" + "\n".join(lines) + "\n"


def can_be_imported(function: Function) -> bool:
    """Return whether an import statement can name the module: not that of ``my-script.py``."""
    return all(one.isidentifier() and not iskeyword(one) for one in module_of(function).split("."))


def module_of(function: Function) -> str:
    """Return the dotted name under which a function's module is imported."""
    root = roots_of(function.path, function.root)[0]
    path = PurePosixPath(function.path)
    if root not in {".", "src"}:
        root = "."
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _valued(called: str, function: Function) -> str:
    """Return an expression whose value is plain data."""
    match function.flow:
        case "generator":
            return f"list({called})"
        case "coroutine":
            return f"_run({called})"
        case "async generator":
            return f"_run(_listed({called}))"
        case _:
            return called


def _returning(expression: str, *, prints: bool) -> list[str]:
    if not prints:
        return [f"    return {expression}"]
    return [
        "    with contextlib.redirect_stdout(io.StringIO()) as out:",
        "        with contextlib.redirect_stderr(out):",
        f"            value = {expression}",
        "    return value, out.getvalue()",
    ]
