"""The ``deploy`` section of a service in ``.sigil/gate.yaml``.

    deploy:
      backend: process
      command: python3 server.py --port {port}
      health: /healthz

Strict: an unknown key is an error, and so is a value of another type. Which other keys there
are depends on ``backend``.

Not here: reading the file (whoever owns ``gate.yaml`` embeds `Deploy`), what the keys do.
"""

from __future__ import annotations

import difflib
import shlex
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, cast
from urllib.parse import urlsplit

from msgspec import Meta, field

from sigil.gate.deploy.names import names
from sigil.store.shapes import Misfit, Shape, chosen_by, each, each_entry, held

_VISIBLE: Final = frozenset(map(chr, range(33, 127)))
PORT: Final = "{port}"
_USUAL_PORT: Final = 8080
_NOT_SAID: Final = 0  # no port, so nobody can have given it

# --- single values ------------------------------------------------------------------------


def _command(text: str) -> str:
    """Return a command that parses; no shell will read it."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ValueError(f"the command does not parse ({error})") from error
    if not words or "\0" in text:
        raise ValueError("the command is empty")
    return text


def _health(text: str) -> str:
    """Return ``tcp`` or a path with an optional query."""
    if text == "tcp" or (text.startswith("/") and set(text) <= _VISIBLE):
        return text
    raise ValueError("expected tcp, or a path such as /healthz")


def _variable(name: str) -> str:
    if name and "=" not in name and "\0" not in name:
        return name
    raise ValueError("not the name of a variable")


def _value(text: str) -> str:
    if "\0" in text:
        raise ValueError("a NUL cannot stand in a variable")
    return text


def _origin(text: str) -> str:
    """Return an origin in its normal form: scheme, host, and a port unless it is the usual."""
    parts = urlsplit(text)
    try:
        port = parts.port
    except ValueError:
        port = 0
    fits = parts.scheme in {"http", "https"} and parts.hostname and port != 0
    bare = parts.path in {"", "/"} and not (parts.query or parts.fragment or "@" in parts.netloc)
    if not fits or not bare or not set(text) <= _VISIBLE:
        raise ValueError("expected an origin such as http://127.0.0.1:8080, without path or user")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _relative(text: str) -> str:
    if text.startswith("/") or ".." in text.split("/") or not text.isprintable():
        raise ValueError("expected a path inside the repository")
    return text


def _known(name: str) -> str:
    known = names()
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}" if near else f"there are: {', '.join(known)}"
    raise ValueError(f"there is no backend {name[:40]!r} ({hint})")


_environment = each_entry(_variable, _value)

Text = Annotated[str, Meta(min_length=1)]
Port = Annotated[int, Meta(ge=1, le=65535)]
Seconds = Annotated[float, Meta(gt=0, le=3600)]
Megabytes = Annotated[int, Meta(ge=1, le=2**20)]

# --- backends -----------------------------------------------------------------------------


class Process(Shape, frozen=True, kw_only=True):
    """A command in the sandbox, in a network of its own.

    Args:
        backend: ``process``.
        command: starts the service at the root of its checkout; no shell. ``{port}`` becomes
            the port that it is to listen on.
        build: commands that run before, one after the other, without any network.
        env: its variables; nothing of ours is among them. ``{port}`` is replaced here too.
        health: a path that answers with a status below 400 once the service is up, or ``tcp``:
            it takes connections.
        start_s: seconds until it has to be healthy.
        build_s: seconds that each build command may take.
        port: what ``{port}`` stands for; free, since nobody else is in its network.
        python: what ``python`` means in commands: a path relative to the repository, or the
            name of a program. By default the repository's ``.venv``, or else our own.
        readable: further folders that it may read, such as a toolchain outside of /usr.
        memory_mb: of all its processes together; also what its ``/tmp`` may hold.
        processes: how many processes and threads.
        file_mb: the largest file that it may write.
    """

    backend: Literal["process"]
    command: str
    build: list[str] = field(default_factory=list[str])
    env: dict[str, str] = field(default_factory=dict[str, str])
    health: str = "tcp"
    start_s: Seconds = 20.0
    build_s: Seconds = 600.0
    port: Port = _NOT_SAID
    python: Text | None = None
    readable: list[Text] = field(default_factory=list[str])
    memory_mb: Megabytes = 1024
    processes: Annotated[int, Meta(ge=1, le=2**15)] = 256
    file_mb: Megabytes = 1024

    def __post_init__(self) -> None:
        held(self, command=_command, build=each(_command), env=_environment, health=_health)
        told = (self.command, *self.env.values())
        if self.port == _NOT_SAID and not any(PORT in text for text in told):
            raise Misfit(
                "nothing says which port the service listens on: put {port} into command or env, "
                "or give port"
            )
        held(self, port=lambda port: port or _USUAL_PORT)


class Compose(Shape, frozen=True, kw_only=True):
    """Containers, by ``docker compose`` or ``podman compose``.

    Args:
        backend: ``compose``.
        file: the compose file, taken from the control revision; it may not include others.
        service: the service in it that is under test.
        port: the container's port, which the file has to publish.
        engine: ``docker`` or ``podman``; by default the first of them that is installed.
        env: what the file may interpolate; nothing of ours is.
        health: see `Process`; asked after the engine says that all are up.
        start_s: seconds until all has to be up, pulling and building included.
    """

    backend: Literal["compose"]
    file: Text = "compose.yaml"
    service: Text
    port: Port
    engine: Literal["docker", "podman"] | None = None
    env: dict[str, str] = field(default_factory=dict[str, str])
    health: str = "tcp"
    start_s: Seconds = 300.0

    def __post_init__(self) -> None:
        held(self, file=_relative, env=_environment, health=_health)


class Urls(Shape, frozen=True, kw_only=True):
    """Where each side is.

    Args:
        pr: origin of the change under test.
        baseline: origin of the baseline.
    """

    pr: str
    baseline: str

    def __post_init__(self) -> None:
        held(self, pr=_origin, baseline=_origin)
        if self.pr == self.baseline:
            raise Misfit("pr and baseline are the same service")


class External(Shape, frozen=True, kw_only=True):
    """Services that somebody else puts up.

    Args:
        backend: ``external``.
        urls: where.
        vouched: that whoever keeps this policy sees to it that the URLs serve the very commits;
            without it nothing ties an exam to a change, and nothing is allowed.
        health: see `Process`.
        start_s: seconds until both have to be healthy.
    """

    backend: Literal["external"]
    urls: Urls
    vouched: bool = False
    health: str = "tcp"
    start_s: Seconds = 20.0

    def __post_init__(self) -> None:
        held(self, health=_health)


class Plugin(Shape, frozen=True, kw_only=True):
    """A backend that a plugin brings.

    Args:
        backend: its name.
        options: for the plugin to judge.
        start_s: seconds until the service has to be healthy.
    """

    backend: Text
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    start_s: Seconds = 60.0

    def __post_init__(self) -> None:
        held(self, backend=_known)


_MODELS: Final[dict[str, type[Shape]]] = {
    "process": Process,
    "compose": Compose,
    "external": External,
}


def model_of(section: Any) -> type[Shape]:
    """Return the model that a section is read by: ``backend`` chooses it.

    Raises:
        Misfit: it is no mapping with a backend, or there is no such backend, which is said before
            any of its keys is called unknown.
    """
    told = cast("dict[str, Any]", section).get("backend") if isinstance(section, dict) else None
    if not isinstance(told, str):
        raise Misfit("expected a mapping with backend: process, compose or external")
    if told in _MODELS:
        return _MODELS[told]
    try:
        _known(told)
    except ValueError as error:
        raise Misfit(str(error)) from None
    return Plugin


if TYPE_CHECKING:
    Deploy = Process | Compose | External | Plugin
else:
    Deploy = Annotated[Any, chosen_by(model_of)]
"""The section, for a field of another model; that reads it by `sigil.store.shapes.read_section`."""
