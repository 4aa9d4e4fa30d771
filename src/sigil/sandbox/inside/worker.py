"""One sealed worker: seal, prove it, then load a candidate and answer batches of calls.

Runs in the target's interpreter with the standard library alone, in a fresh fork of the
zygote. There is nothing here worth stealing: no secret, no expected value, no case but
those of the request that is being answered. A candidate may replace every object of this
module; the parent believes nothing but its own clock and its own reading of the frames.

A frame is a header (kind, id of the request, length of the body) and the body, cut into
packets of at most 64 KiB. Parent to worker the body is marshal, worker to parent tagged JSON.

Not here: who forks (`calls.py`), how values are spelled (`codec.py`).
"""

from __future__ import annotations

import builtins
import marshal
import os
import resource
import struct
import sys
from _json import encode_basestring_ascii as _quote
from sys import intern

import codec
import kernel

# A copy, for the functions below: a candidate that patches builtins only confuses itself.
__builtins__ = dict(vars(builtins))

SOCKET = 3
PACKET = 65536
HEADER = struct.Struct("=c8sI")

HELLO, LOAD, LOADED, FAILED = b"H", b"L", b"l", b"f"
CALL, WAIT, READY, GO, DONE, RESULTS = b"C", b"W", b"r", b"G", b"d", b"R"
NOBODY = bytes(8)

OUT_OF_MEMORY = 121
BROKEN = 122
"""Exit codes of the worker's own; a candidate that uses them only misnames its own end."""

_MESSAGE = 2000
_CHANGEABLE = frozenset({list, dict, set})
_PLAIN = frozenset({type(None), bool, int, float, complex, str, bytes, frozenset})
_PART, _WHOLE, _TWICE = 1, 2, 4
_TIMES = 20
"""CPython 3.11 to 3.13 specialise a function within so many calls."""


class Gone(Exception):
    """The parent has closed its end."""


# --- start --------------------------------------------------------------------------------


def run(descriptor, wire, rules, loader):
    """Become the worker; never returns.

    Args:
        descriptor: this worker's end of its socket pair.
        wire: made by the zygote over its own control socket, in whose place ours is put.
        rules: `Rules`, prepared by the zygote.
        loader: the finder through which a candidate's modules are imported.
    """
    status = BROKEN
    try:
        os.dup2(descriptor, SOCKET)
        os.close(descriptor)
        wire.send(HELLO, NOBODY, rules.apply().encode())
        _serve(wire, loader)
    except Gone:
        status = 0
    except MemoryError:
        status = OUT_OF_MEMORY
    finally:
        os._exit(status)


class Rules:
    """Everything that a fresh fork does to itself before it says hello, prepared beforehand.

    Args:
        program: the seccomp program; empty at the rung that seals nothing.
        cpu_seconds: CPU time of a worker's whole life.
        parent: the zygote's pid, for workers to die with it; 0 where the kernel sees to that.
    """

    def __init__(self, program, cpu_seconds, parent):
        self._filter = kernel.Seccomp(program) if program else None
        self._test = kernel.SelfTest() if program else None
        self._limits = [(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))]
        if not program:
            self._limits.append((resource.RLIMIT_NOFILE, (64, 64)))
        self._parent = parent

    def apply(self):
        """Lower the limits, tie this life to the zygote's, seal, and return what power is left."""
        for which, values in self._limits:
            resource.setrlimit(which, values)
        if self._parent:
            kernel.die_with_parent(self._parent)
        if self._filter is None:
            return "everything"
        self._filter.install()
        return self._test.powers_left()


# --- frames -------------------------------------------------------------------------------


class Wire:
    """Frames over descriptor 3, with one buffer that is used again and again."""

    def __init__(self, socket):
        self._socket = socket
        self._buffer = bytearray(PACKET)
        self._view = memoryview(self._buffer)

    def receive(self):
        """Return ``(kind, id, body)`` of the next frame; the body is valid until the next."""
        count = self._socket.recv_into(self._buffer)
        if count < HEADER.size:
            raise Gone
        kind, request, length = HEADER.unpack_from(self._buffer)
        if HEADER.size + length <= PACKET:
            return kind, request, self._view[HEADER.size : HEADER.size + length]
        body = bytearray(self._view[HEADER.size : count])
        while len(body) < length:
            count = self._socket.recv_into(self._buffer)
            if count == 0:
                raise Gone
            body += self._view[:count]
        return kind, request, body

    def send(self, kind, request, body=b""):
        """Send one frame, in as many packets as it takes."""
        frame = HEADER.pack(kind, request, len(body)) + body
        if len(frame) <= PACKET:
            self._socket.send(frame)
            return
        view = memoryview(frame)
        for start in range(0, len(frame), PACKET):
            self._socket.send(view[start : start + PACKET])


class _Rehearsal:
    """A wire to nobody."""

    def send(self, kind, request, body=b""):
        """Drop the frame, and remember its kind."""
        self.last = HEADER.pack(kind, request, len(body))[:1]


def rehearse(loader):
    """Do in the zygote, before it is frozen, what each worker will do first.

    The interpreter specialises code where it stands and links functions when they are first
    called: done here, that is shared; done in a worker, it copies pages for every one.
    """
    wire = _Rehearsal()
    source = "class C:\n    def f(self, x):\n        return [x, 1.5, 'a', None, (x,)]\nf = C().f\n"
    message = marshal.dumps(({"_rehearsal": (source, "_rehearsal.py", False)}, "_rehearsal:f"), 2)
    cases = marshal.dumps((1000, [((1,), {}), ((), {})]), 2)
    for _ in range(_TIMES):
        function = _load(wire, NOBODY, loader, *marshal.loads(memoryview(message)))
        cap, rows = _batch(marshal.loads(memoryview(cases)))
        wire.send(RESULTS, NOBODY, _spell(_call(function, rows), cap, rows, cases))
    loader.remove("_rehearsal")


# --- requests -----------------------------------------------------------------------------


def _serve(wire, loader):
    function = None
    while True:
        kind, request, body = wire.receive()
        message = marshal.loads(body)
        if kind == LOAD:
            function = _load(wire, request, loader, *message)
            continue
        cap, cases = _batch(message)
        if kind == WAIT:
            body = bytes(body)  # the next frame comes into the same buffer
            wire.send(READY, request)
            if wire.receive()[:2] != (GO, request):
                raise Gone
        outcomes = _call(function, cases)
        wire.send(DONE, request)
        wire.send(RESULTS, request, _spell(outcomes, cap, cases, body))


def _batch(message):
    """Return the longest reply that is read, and the cases."""
    return message[0], [_interned(*case) for case in message[1]]


def _interned(args, kwargs):
    """Return a case in which the keys of dicts are as those that code spells out are: interned.

    An adapter makes an object's attributes of such a dict; to read one by a name that is only
    equal takes several times as long as to read an attribute does.
    """
    return tuple(map(_keyed, args)), {name: _keyed(value) for name, value in kwargs.items()}


def _keyed(value):
    if type(value) is not dict:
        return value
    return {intern(key) if type(key) is str else key: one for key, one in value.items()}


def _load(wire, request, loader, sources, entry):
    """Import the entry's module and return the function; say so, or say why not."""
    try:
        loader.add(sources)
        module, _, path = entry.rpartition(":")
        __import__(module)
        found = sys.modules[module]
        for name in path.split("."):
            found = getattr(found, name)
        found.__call__  # noqa: B018 (raises AttributeError, which says it all)
    except BaseException as error:  # noqa: BLE001 (a candidate may raise anything)
        wire.send(FAILED, request, _spell([_described(error, loader)], 0, (), None))
        return None
    wire.send(LOADED, request)
    return found


def _call(function, cases):
    """Return, per case, a 1-tuple of what it returned or the description of what it raised."""
    outcomes = []
    add = outcomes.append
    for args, kwargs in cases:
        try:
            add((function(*args, **kwargs),))
        except BaseException as error:  # noqa: BLE001 (a candidate may raise anything)
            add(_described(error, None))
    return outcomes


def _described(error, loader):
    """Return ``(class name, message)``: text for a person, of bounded size."""
    name = codec._name(type(error))
    try:
        message = "{}".format(error)[:_MESSAGE]
    except BaseException:  # noqa: BLE001 (a candidate's __str__ may raise anything)
        message = "(its message cannot be shown)"
    if loader is not None:
        message += loader.place_of(error)
    return name, message


def _spell(outcomes, cap, cases, body):
    """Return the body of a reply: one entry per case.

    That is ``[0, value]``, ``[0, value, arguments]`` where the call changed its arguments,
    ``[0, value, arguments or null, shared]`` where what it returned is or holds one of them or
    holds something twice, or ``[1, name, message]``. Stops once the cap is passed: the parent
    refuses the frame for its length alone.
    """
    parts = []
    size = 0
    given = _unless_equal(cases, body)
    for i, outcome in enumerate(outcomes):
        if len(outcome) == 1:
            try:
                changed = "" if given is None else _changes(given[i], cases[i])
                value = codec.spell(outcome[0])
                shared = _shared(outcome[0], cases[i])
                if shared:
                    changed = (changed or ",null") + ("," + str(shared))
                part = "[0," + value + changed + "]"
            except BaseException as error:  # noqa: BLE001 (memory, recursion, tampering)
                part = _raised("NotJson", _reason(error))
        else:
            part = _raised(*outcome)
        parts.append(part)
        size += len(part) + 1
        if cap and size > cap:
            break
    return ("[" + ",".join(parts) + "]").encode("ascii")


def _unless_equal(cases, body):
    """Return the cases as they were sent, or None if the calls changed none of them.

    The bytes of both tell at once: most functions leave their arguments alone.
    """
    if body is None:
        return None
    given = marshal.loads(body)[1]
    try:
        return None if marshal.dumps(given, 2) == marshal.dumps(cases, 2) else given
    except ValueError:  # an object that a call left in its arguments
        return given


def _changes(given, case):
    """Return what a call made of its arguments, spelled, or nothing if they are the same."""
    try:
        after = codec.spell(case)
    except codec.NotJson as error:
        raise codec.NotJson("left in its arguments: " + error.args[0]) from None
    return "" if after == codec.spell(given) else "," + after


def _shared(value, case):
    """Say with whom a value shares lists, dicts and sets: whoever changes one changes the other.

    `_WHOLE` if it is one of the arguments', `_PART` if it holds one, and beside that `_TWICE` if
    it holds one at two places.
    """
    inside, twice = _changeable(value)
    if not inside:
        return 0
    given, _ = _changeable(case)
    whose = _WHOLE if id(value) in given else 0 if given.isdisjoint(inside) else _PART
    return whose + _TWICE * twice


def _changeable(value):
    """Return the identities of the lists, dicts and sets in a value that could be spelled.

    And whether one of them is at two places.
    """
    found = set()
    twice = False
    waiting = [value]
    while waiting:
        held = waiting.pop()
        kind = type(held)
        if kind in _CHANGEABLE:
            if id(held) in found:
                twice = True
                continue
            found.add(id(held))
        if kind is dict:
            held = held.values()
        elif kind is not list and kind is not tuple:
            continue  # what is in a set cannot change
        if not _PLAIN.issuperset(map(type, held)):
            waiting += held
    return found, twice


def _raised(name, message):
    # Lone surrogates would not be valid UTF-8 on the other side.
    text = message.encode("utf-8", "backslashreplace").decode()
    return "[1," + _quote(name) + "," + _quote(text) + "]"


def _reason(error):
    if isinstance(error, codec.NotJson):
        return error.args[0]
    return "the result could not be spelled ({})".format(codec._name(type(error)))
