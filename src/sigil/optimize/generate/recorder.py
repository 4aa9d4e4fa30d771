"""Run tests, and write down with which arguments one function is called meanwhile.

A program of its own: it runs in the target's interpreter (CPython 3.9 or later) inside the
commands face of the sandbox, with the standard library alone, and is never imported by Sigil.
What it writes is plain data, one line a call, flushed at once: a deadline loses nothing.

    python recorder.py CONFIG.json

Not here: choosing tests, believing what is written (`sigil.optimize.generate.recording`).
"""

# It has to run under old interpreters, and looks at whatever it meets, so it has no types.
# pyright: basic
# ruff: noqa: PTH100, PTH113, PTH118, PTH123, UP032

from __future__ import annotations

import cProfile
import doctest
import functools
import importlib
import importlib.machinery
import importlib.util
import io
import json
import os
import pstats
import sys
import unittest

MOST_NODES = 20_000
HYPOTHESIS = "hypothesispytest"  # its plugin
SCALARS = (bool, int, float, complex, str, bytes, type(None))


class NotPlain(Exception):
    """A value that is not plain data, of a type that the message names."""


class Record:
    """Lines of what was seen, each once, as far as there is room."""

    def __init__(self, path, calls, size):
        self._file = open(path, "w", encoding="utf-8")  # noqa: SIM115 - until the end
        self._left = calls
        self._room = size
        self._seen = set()
        self._test = None

    def begin(self, path, name):
        """Say which test runs from here on, until `end`."""
        self._test = (path, name)

    def end(self):
        """Say that no test runs."""
        self._test = None

    def called(self):
        """Note that the test that runs calls the function; once is enough."""
        if self._test is not None:
            self.write("called", *self._test)
            self._test = None

    def full(self):
        """Return whether nothing more is taken."""
        return self._left <= 0 or self._room <= 0

    def write(self, kind, *fields):
        """Write one line, unless it stands there already."""
        line = json.dumps([kind, *fields])
        if hash(line) in self._seen or (kind == "call" and self.full()):
            return
        self._seen.add(hash(line))
        if kind == "call":
            self._left -= 1
            self._room -= len(line)
        self._file.write(line + "\n")
        self._file.flush()


def spell(value, room):
    """Return plain data as Python literals; ``room`` is a list of how many nodes are left."""
    room[0] -= 1
    kind = type(value)
    if room[0] < 0:
        raise NotPlain("data of more than {} values".format(MOST_NODES))
    if kind in SCALARS:
        return _scalar(value, room)
    if kind is list:
        return "[" + ", ".join([spell(item, room) for item in value]) + "]"
    if kind is tuple:
        inside = ", ".join([spell(item, room) for item in value])
        return "(" + inside + (",)" if len(value) == 1 else ")")
    if kind is dict:
        pairs = [spell(k, room) + ": " + spell(v, room) for k, v in value.items()]
        return "{" + ", ".join(pairs) + "}"
    if kind in (set, frozenset):
        inside = ", ".join(sorted(spell(item, room) for item in value))
        return "{}([{}])".format(kind.__name__, inside)
    raise NotPlain(kind.__name__)


def _scalar(value, room):
    if isinstance(value, (float, complex)) and "n" in repr(value):
        raise NotPlain("a float that is not finite")
    if isinstance(value, int) and value.bit_length() > MOST_NODES // 2:
        raise NotPlain("an integer of thousands of digits")
    if isinstance(value, (str, bytes)):
        room[0] -= len(value) // 16
    return repr(value)


class Wrapped:
    """Makes the wrapper of one function, which records its outermost calls."""

    def __init__(self, record, is_method):
        self._record = record
        self._is_method = is_method
        self._depth = 0

    def around(self, function, skipped=0):
        """Return a function that records all but ``skipped`` arguments and then does the same."""

        @functools.wraps(function)
        def recording(*args, **kwargs):
            if self._depth:
                return function(*args, **kwargs)
            self._record.called()
            if self._record.full():
                return function(*args, **kwargs)
            self._note(args[skipped:], kwargs)
            self._depth += 1
            try:
                return function(*args, **kwargs)
            finally:
                self._depth -= 1

        return recording

    def _note(self, args, kwargs):
        try:
            if self._is_method:
                args = (state_of(args[0]), *args[1:])
            room = [MOST_NODES]
            self._record.write("call", spell(tuple(args), room), spell(kwargs, room))
        except NotPlain as problem:
            self._record.write("not plain", str(problem))
        except RecursionError:
            self._record.write("not plain", "data that contains itself")


def state_of(thing):
    """Return the attributes of an object, if they are all that there is to it."""
    kind = type(thing)
    try:
        object.__new__(kind)
    except TypeError:
        raise NotPlain("an object of class {}".format(kind.__name__)) from None
    slots = any(vars(base).get("__slots__") for base in kind.__mro__)
    if slots or not hasattr(thing, "__dict__"):
        raise NotPlain("an object of class {}".format(kind.__name__))
    return dict(vars(thing))


def wrap_in(module, qualname, wrapped):
    """Put the wrapper in the place of a function of an imported module."""
    *owners, name = qualname.split(".")
    holder = module
    for owner in owners:
        holder = getattr(holder, owner)
    found = vars(holder)[name]
    if isinstance(found, (staticmethod, classmethod)):
        skipped = int(isinstance(found, classmethod))
        setattr(holder, name, type(found)(wrapped.around(found.__func__, skipped)))
    else:
        setattr(holder, name, wrapped.around(found))


class Finder:
    """Finds modules as everybody else does, and wraps the function once its module has run."""

    def __init__(self, file, qualname, wrapped):
        self._file = os.path.realpath(file)
        self._qualname = qualname
        self._wrapped = wrapped

    def find_spec(self, name, path=None, target=None):
        """Return the spec of the function's module, with a loader that wraps it; else None."""
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if (
            spec is None
            or spec.loader is None
            or not spec.origin
            or os.path.realpath(spec.origin) != self._file
        ):
            return None
        loader = spec.loader
        execute = loader.exec_module

        def execute_and_wrap(module):
            execute(module)
            wrap_in(module, self._qualname, self._wrapped)

        loader.exec_module = execute_and_wrap
        return spec


class Failures:
    """A plugin of pytest that writes down which tests fail, and says which one runs."""

    def __init__(self, record):
        self._record = record

    def pytest_runtest_logstart(self, nodeid):
        """Say that a test begins."""
        self._record.begin(*parts_of(nodeid))

    def pytest_runtest_logfinish(self):
        """Say that it has ended."""
        self._record.end()

    def pytest_collectreport(self, report):
        """Note a file that cannot even be imported."""
        if report.failed:
            path = parts_of(report.nodeid)[0]
            self._record.write("failed", path, "")
            last = str(report.longrepr).strip().rpartition("\n")[2]
            self._record.write("unrun", path, last[1:].strip() if last[:2] == "E " else last)

    def pytest_runtest_logreport(self, report):
        """Note one report of a test."""
        if report.failed or report.skipped or (report.passed and report.when == "call"):
            path, name = parts_of(report.nodeid)
            self._record.write(report.outcome, path, name.rpartition(".")[2])
            if report.failed:
                self._record.write("broken", path, name)

    def pytest_sessionfinish(self, session):
        """Take away the plugin of Hypothesis where nothing used it: its last word imports that."""
        plugins = session.config.pluginmanager
        if "hypothesis" not in sys.modules and plugins.get_plugin(HYPOTHESIS):
            plugins.unregister(name=HYPOTHESIS)
            self._record.write("note", "no hypothesis")


def parts_of(nodeid):
    """Return the path and the qualified name, without parameters, of a test of pytest."""
    path, _, name = nodeid.partition("::")
    return path, name.partition("[")[0].replace("::", ".")


class Result(unittest.TextTestResult):
    """A result of unittest that says which test runs, and writes down which fail."""

    def __init__(self, record, file, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._record = record
        self._of = file

    def startTest(self, test):  # noqa: N802 - as unittest calls it
        """Say that a test begins."""
        self._record.begin(self._of, name_of(test))
        super().startTest(test)

    def stopTest(self, test):  # noqa: N802 - as unittest calls it
        """Say that it has ended."""
        super().stopTest(test)
        self._record.end()


def name_of(test):
    """Return the qualified name of a test of unittest."""
    return "{}.{}".format(type(test).__qualname__, test.id().rpartition(".")[2])


def run_pytest(files, record):
    """Run files by pytest; return what it said at the end, or None where there is none."""
    if importlib.util.find_spec("pytest") is None:
        return None
    pytest = importlib.import_module("pytest")
    quiet = ["-q", "--no-header", "--color=no", "--tb=line", "-p", "no:cacheprovider"]
    options = ["-o", "addopts=", "-p", "no:randomly", "-p", "no:xdist", "-W", "ignore"]
    options += ["--rootdir", "."]  # names of tests begin here
    options += ["--continue-on-collection-errors"]  # of a file that cannot even be imported
    said = io.StringIO()
    out, sys.stdout = sys.stdout, said
    try:
        code = int(pytest.main([*quiet, *options, *files], [Failures(record)]))
    finally:
        sys.stdout = out
    lines = said.getvalue().strip().splitlines() or [""]
    return [code, lines[-1]]


def run_unittest(files, record):
    """Run files by unittest, and plain functions called ``test_…`` that need no argument."""
    done, failed = 0, 0
    for file in files:
        try:
            module = load(file)
        except BaseException as error:  # noqa: BLE001 - a test file may raise anything
            done += 1
            failed += 1
            record.write("failed", file, "")
            record.write("unrun", file, "{}: {}".format(type(error).__name__, error))
            continue
        suite = unittest.defaultTestLoader.loadTestsFromModule(module)
        names = names_in(suite)  # a suite forgets its tests as it runs
        watched = functools.partial(Result, record, file)
        result = unittest.TextTestRunner(stream=io.StringIO(), resultclass=watched).run(suite)
        left_out = [test for test, _ in [*result.skipped, *result.expectedFailures]]
        skipped = [test.id().rpartition(".")[2] for test in left_out]
        for name in names:  # passed, unless it is among those that failed
            record.write("skipped" if name in skipped else "passed", file, name)
        done += result.testsRun
        for test, _ in [*result.failures, *result.errors]:
            failed += 1
            record.write("failed", file, test.id().rpartition(".")[2])
            record.write("broken", file, name_of(test))
        for name, found in sorted(vars(module).items()):
            if name.startswith("test") and callable(found) and not isinstance(found, type):
                done += 1
                record.begin(file, name)
                good = succeeds(found)
                record.end()
                failed += not good
                record.write("passed" if good else "failed", file, name)
                if not good:
                    record.write("broken", file, name)
    return [int(bool(failed)), "{} passed, {} failed".format(done - failed, failed)]


def names_in(suite):
    """Return the names of all tests in a suite."""
    if isinstance(suite, unittest.TestCase):
        return [suite.id().rpartition(".")[2]]
    return [name for part in suite for name in names_in(part)]


def succeeds(test):
    """Return whether a function returns."""
    try:
        test()
    except BaseException:  # noqa: BLE001 - a test may raise anything
        return False
    return True


def run_doctests(files):
    """Run the examples of modules, or of texts; return None."""
    for file in files:
        try:
            if file.endswith(".py"):
                doctest.testmod(load(file), report=False)
            else:
                doctest.testfile(os.path.abspath(file), module_relative=False, report=False)
        except BaseException as error:  # noqa: BLE001 - they may raise anything
            sys.stderr.write("{}: {}\n".format(file, error))


def load(file):
    """Import a file as an interpreter would that finds it on its path."""
    folder, name = os.path.split(os.path.abspath(file))
    parts = [name[: -len(".py")]]
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, above = os.path.split(folder)
        parts.insert(0, above)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module(".".join(parts))


def main(path):
    """Do what a config asks for; `recording` writes it."""
    with open(path, encoding="utf-8") as file:
        config = json.load(file)
    record = Record(config["out"], config["calls"], config["bytes"])
    wrapped = Wrapped(record, config["is_method"])
    for root in reversed(config["roots"]):
        sys.path.insert(0, os.path.abspath(root))
    profile = cProfile.Profile() if config["profile"] else None
    if profile is None:
        sys.meta_path.insert(0, Finder(config["file"], config["qualname"], wrapped))
    else:
        profile.enable()
    ended = run_pytest(config["tests"], record) if config["tests"] else [0, "no tests"]
    if ended is None:
        record.write("note", "no pytest")
        ended = run_unittest(config["tests"], record)
    if config["doctests"]:
        run_doctests(config["doctests"])
    if profile is not None:
        profile.disable()
        write_profile(profile, record)
    record.write("ended", *ended)


def write_profile(profile, record):
    """Write what each function below the current folder took, in seconds."""
    here = os.path.realpath(".") + os.sep
    for (file, line, name), row in sorted(vars(pstats.Stats(profile))["stats"].items()):
        path = os.path.realpath(file)
        if path.startswith(here):
            record.write("profile", path[len(here) :], line, name, row[1], row[2], row[3])


if __name__ == "__main__":
    sys.argv = sys.argv[:2]
    main(sys.argv[1])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # a thread that a module has begun is waited for by nobody
