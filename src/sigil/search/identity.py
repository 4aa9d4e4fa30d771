"""Are two candidates the same program, before either costs an evaluation?

The pinned regions are compared as normalised syntax: comments, layout, docstrings and the
names of local variables do not count. The normal form errs on one side only: programs that
it calls equal do the same, while some that do the same are called different (nothing is
reordered, folded or simplified). Parameters keep their names, since callers may use them.

Where the syntax is not known, it is the text without blank lines and trailing blanks.
Pure. Not here: behaviour on inputs, which has to be measured.
"""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sigil.canonical import digest_value
from sigil.search.definitions import NotPython, parse_python
from sigil.search.pins import Pin, Region, language_of, locate

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
_LOOKS_AT_NAMES = re.compile(r"\b(?:locals|vars|dir|eval|exec|globals|__code__|__name__)\b")

FEATURES = (
    *("If", "For", "While", "Return", "Assign", "AugAssign", "Call", "Attribute", "Subscript"),
    *("Compare", "BoolOp", "IfExp", "ListComp", "GeneratorExp", "Lambda", "List", "Tuple", "Dict"),
    *("Constant", "Name", "Add", "Sub", "Mult", "Div", "Pow", "Mod", "FloorDiv", "USub", "Try"),
)
"""Kinds of syntax whose numbers say how far apart two programs are."""
_TEXT_FEATURES = (
    r"\bif\b",
    r"\bfor\b",
    r"\bwhile\b",
    r"\breturn\b",
    r"=",
    r"[(]",
    r"\[",
    r"\d+",
    r"\n",
)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a candidate is, apart from how it is written.

    Args:
        fingerprint: equal for candidates that are one program.
        features: ln(1 + count) of each of `FEATURES`, for distances between programs.
    """

    fingerprint: str
    features: tuple[float, ...]


def fingerprint(files: Mapping[str, str], pins: Sequence[Pin]) -> str:
    """Return the fingerprint of the pinned code in ``files``; see `Identity`."""
    return identify(files, pins).fingerprint


def identify(files: Mapping[str, str], pins: Sequence[Pin]) -> Identity:
    """Return fingerprint and features of the pinned code in ``files``.

    Raises:
        SigilError: the pins cannot be located; see `sigil.search.pins.locate`.
    """
    languages = {pin.id: pin for pin in pins}
    parts: list[list[object]] = []
    counts: Counter[str] = Counter()
    for region in locate(pins, files):
        lines = files[region.path].split("\n")[region.first - 1 : region.last]
        tokens = None
        if language_of(languages[region.pin_id], region.path) == "python":
            tokens = _python_tokens(lines, region)
        if tokens is None:
            tokens = [line.rstrip() for line in lines if line.strip()]
            counts.update(_count_text("\n".join(tokens)))
        else:
            counts.update(tokens)
        parts.append([region.pin_id, region.path if region.whole else "", *tokens])
    features = tuple(math.log1p(counts[name]) for name in FEATURES)
    return Identity(digest_value(_printable(parts)), features)


def _printable(parts: list[list[object]]) -> list[list[str]]:
    """Return ``parts`` without lone surrogates, which have no bytes."""
    return [[str(part).encode("utf-8", "backslashreplace").decode() for part in p] for p in parts]


def _count_text(text: str) -> dict[str, int]:
    return {
        name: len(re.findall(pattern, text))
        for name, pattern in zip(FEATURES, _TEXT_FEATURES, strict=False)
    }


def _python_tokens(lines: list[str], region: Region) -> list[str] | None:
    """Return the normal form of a region, or None if it is not Python by itself."""
    text = "\n".join(lines) + "\n"
    indented = next((line[:1].isspace() for line in lines if line.strip()), False)
    try:
        tree = parse_python(f"if 1:\n{text}" if indented else text)
    except NotPython:
        return None
    first = tree.body[0] if indented and tree.body else None
    body = first.body if isinstance(first, ast.If) else tree.body
    normal = _NormalForm(
        keep_docstrings="__doc__" in text, keep_names=bool(_LOOKS_AT_NAMES.search(text))
    )
    if region.whole:
        body = normal.without_docstring(body)
    for statement in body:
        normal.add(statement)
    return normal.tokens


class _NormalForm:
    """Writes a syntax tree as tokens in which local names are numbers."""

    def __init__(self, *, keep_docstrings: bool, keep_names: bool):
        self.tokens: list[str] = []
        self._keep_docstrings = keep_docstrings
        self._keep_names = keep_names
        self._scopes: list[dict[str, str]] = []
        self._numbered = 0

    def add(self, node: ast.AST) -> None:
        """Append the tokens of ``node``."""
        self.tokens.append(type(node).__name__)
        match node:
            case ast.Name():
                self.tokens.append(self._name(node.id))
            case ast.Constant():
                self.tokens.append(f"{type(node.value).__name__}:{node.value!r}")
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                self._add_function(node)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                self._add_comprehension(node)
            case ast.ClassDef():
                self.tokens.append(self._name(node.name))
                self._add_all([*node.decorator_list, *node.bases, *node.keywords])
                self._add_all(self.without_docstring(node.body))
            case _:
                self._add_fields(node)

    def without_docstring(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Return ``body`` without a leading string, unless something reads docstrings."""
        match body:
            case [ast.Expr(value=ast.Constant(value=str())), *rest] if not self._keep_docstrings:
                return rest or [ast.Pass()]
            case _:
                return body

    def _add_all(self, nodes: Sequence[ast.AST]) -> None:
        self.tokens.append("[")
        for node in nodes:
            self.add(node)
        self.tokens.append("]")

    def _add_fields(self, node: ast.AST) -> None:
        for field, value in ast.iter_fields(node):
            if field in {"ctx", "type_comment", "kind"}:
                continue
            if isinstance(value, ast.AST):
                self.add(value)
            elif isinstance(value, list):
                self._add_list(field, cast("list[object]", value))
            else:
                self.tokens.append(self._plain(node, field, value))

    def _add_list(self, field: str, values: Sequence[object]) -> None:
        self.tokens.append(f"{field}[")
        for value in values:
            if isinstance(value, ast.AST):
                self.add(value)
            else:
                self.tokens.append(repr(value))
        self.tokens.append("]")

    def _plain(self, node: ast.AST, field: str, value: object) -> str:
        """Return the token of a field that is no tree: some of them bind a local name."""
        binds = (
            isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and field == "name"
        )
        if isinstance(value, str) and (binds or field in {"rest", "asname"}):
            return self._name(value)
        return f"{field}={value!r}"

    def _name(self, name: str) -> str:
        for scope in reversed(self._scopes):
            if name in scope:
                if not scope[name]:
                    scope[name] = f"#{self._numbered}"
                    self._numbered += 1
                return scope[name]
        return name

    def _add_function(self, node: _Function) -> None:
        body = [node.body] if isinstance(node, ast.Lambda) else self.without_docstring(node.body)
        if not isinstance(node, ast.Lambda):
            self.tokens.append(self._name(node.name))
            self._add_all(node.decorator_list)
            self._add_all([node.returns] if node.returns else [])
        self.add(node.args)
        parameters = {argument.arg for argument in _arguments(node.args)}
        bound: set[str] = set() if self._keep_names else _bound_in(body) - parameters
        self._scopes.append(dict.fromkeys(bound, "") | {name: name for name in parameters})
        self._add_all(body)
        self._scopes.pop()

    def _add_comprehension(self, node: _Comprehension) -> None:
        first = node.generators[0]
        self.add(first.iter)  # the only part that is evaluated outside
        bound = {name for one in node.generators for name in _stored(one.target)}
        self._scopes.append(dict.fromkeys(bound, "") if not self._keep_names else {})
        for generator in node.generators:
            self.tokens.append(f"async={generator.is_async}")
            self.add(generator.target)
            if generator is not first:
                self.add(generator.iter)
            self._add_all(generator.ifs)
        self._add_all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        self._scopes.pop()


def _arguments(args: ast.arguments) -> Iterator[ast.arg]:
    yield from (*args.posonlyargs, *args.args, *args.kwonlyargs)
    yield from (extra for extra in (args.vararg, args.kwarg) if extra)


def _stored(target: ast.AST) -> set[str]:
    return {
        node.id
        for node in ast.walk(target)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _bound_in(body: Sequence[ast.AST]) -> set[str]:
    """Return the names that are local to a function with this body, less the doubtful ones.

    A name that is also an attribute of a class in it, or declared global or nonlocal
    anywhere in it, keeps its spelling.
    """
    bound: set[str] = set()
    doubtful: set[str] = set()
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        bound |= _binds(node)
        match node:
            case ast.Global() | ast.Nonlocal():
                doubtful.update(node.names)
            case ast.ClassDef():
                doubtful |= _bound_in(node.body)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                doubtful |= _declared(node)
                waiting += [*node.args.defaults, *filter(None, node.args.kw_defaults)]
                waiting += [] if isinstance(node, ast.Lambda) else node.decorator_list
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                # What binds here is its own, but for `:=`.
                doubtful |= _assigned_by_expressions(node)
            case _:
                waiting += ast.iter_child_nodes(node)
    return bound - doubtful


def _assigned_by_expressions(node: ast.AST) -> set[str]:
    return {inner.target.id for inner in ast.walk(node) if isinstance(inner, ast.NamedExpr)}


def _binds(node: ast.AST) -> set[str]:
    match node:
        case ast.Name(ctx=ast.Store() | ast.Del()):
            return {node.id}
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar():
            return {node.name} if node.name else set()
        case ast.MatchMapping():
            return {node.rest} if node.rest else set()
        case ast.alias():
            # `import a.b` binds `a`, whose spelling is what is imported.
            return {node.asname} if node.asname else set()
        case _:
            return set()


def _declared(node: ast.AST) -> set[str]:
    return {
        name
        for inner in ast.walk(node)
        if isinstance(inner, (ast.Global, ast.Nonlocal))
        for name in inner.names
    }
