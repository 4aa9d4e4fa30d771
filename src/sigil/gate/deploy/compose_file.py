"""What a compose file takes in, and what it lets its containers see.

A key that is not known to be harmless counts as a window to this machine: engines learn new ones.
Pure.

Not here: running it (`compose`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final, cast

_OF_FILE: Final = frozenset({"name", "networks", "services", "version", "volumes"})
_OF_SERVICE: Final = frozenset({
    "build", "cap_drop", "command", "container_name", "cpus", "depends_on", "entrypoint",
    "environment", "expose", "healthcheck", "hostname", "image", "init", "labels", "mem_limit",
    "networks", "pids_limit", "platform", "ports", "profiles", "pull_policy", "read_only",
    "restart", "scale", "shm_size", "stdin_open", "stop_grace_period", "stop_signal", "tmpfs",
    "tty", "ulimits", "user", "volumes", "working_dir",
})  # fmt: skip
_OF_BUILD: Final = frozenset({
    "args", "context", "dockerfile", "dockerfile_inline", "labels", "no_cache", "pull", "target",
})  # fmt: skip
_OF_NETWORK: Final = frozenset({"enable_ipv4", "enable_ipv6", "internal", "labels"})
_OF_VOLUME: Final = frozenset({"labels"})
_OF_MOUNT: Final = frozenset({"read_only", "source", "target", "tmpfs", "type"})
_VARIABLE: Final = re.compile(r"(?<!\$)(?:\$\$)*\$\{?(\w+)")
_FOLDER: Final = re.compile(r"[\w.][\w./ @+-]*")
"""Relative to the project; no address, no home of anybody, nothing to be interpolated."""
_VOLUME: Final = re.compile(r"[A-Za-z0-9][\w.-]*")


def fields_reaching_out(data: dict[str, Any]) -> list[str]:
    """Return the fields of a compose file by which it would take in another one."""
    found = ["include"] if "include" in data else []
    services = cast("dict[str, Any]", data.get("services"))
    return found + [
        f"services.{name}.extends"
        for name, service in services.items()
        if isinstance(service, dict) and _file_of(cast("dict[str, Any]", service).get("extends"))
    ]


def _file_of(extends: Any) -> bool:
    return isinstance(extends, dict) and "file" in extends


def fields_naming_what_is_built(data: dict[str, Any]) -> list[str]:
    """Return the fields of a compose file that give what is built a name of their own.

    Without one it is called after the project, which each side has its own of; and only then is
    it removed with the project.
    """
    services = cast("dict[str, Any]", data.get("services"))
    return [
        field
        for name, service in services.items()
        if isinstance(service, dict)
        for field in _fields_naming(f"services.{name}", cast("dict[str, Any]", service))
    ]


def _fields_naming(path: str, service: dict[str, Any]) -> list[str]:
    build = service.get("build")
    named = [f"{path}.image"] if build is not None and "image" in service else []
    return named + ([f"{path}.build.tags"] if isinstance(build, dict) and "tags" in build else [])


def takes_in_the_project(data: dict[str, Any]) -> bool:
    """Return whether anything of the project's folder gets into a container.

    Otherwise the same images run whatever a change holds, and every change is as good as its
    baseline.
    """
    services = _parts(data.get("services"))
    kept = [*_parts(data.get("configs")), *_parts(data.get("secrets"))]
    return any(map(_takes_in, services)) or any("file" in one for one in kept)


def _takes_in(service: dict[str, Any]) -> bool:
    build = service.get("build")
    context = (
        cast("dict[str, Any]", build).get("context", ".") if isinstance(build, dict) else build
    )
    mounts = service.get("volumes")
    sources = map(_source, cast("list[Any]", mounts) if isinstance(mounts, list) else [])
    return "env_file" in service or _is_inside(context) or any(map(_is_relative, sources))


def _parts(section: Any) -> list[dict[str, Any]]:
    values = cast("dict[str, Any]", section).values() if isinstance(section, dict) else ()
    return [cast("dict[str, Any]", one) for one in values if isinstance(one, dict)]


def _source(mount: Any) -> Any:
    if isinstance(mount, dict):
        return cast("dict[str, Any]", mount).get("source")
    return str(mount).partition(":")[0]


def _is_relative(source: Any) -> bool:
    return isinstance(source, str) and source.startswith(".") and _is_inside(source)


def sees_only_its_own(data: dict[str, Any], given: Collection[str]) -> bool:
    """Return whether containers see no more than their images and the project's own folder.

    Args:
        data: the compose file.
        given: names of variables that may be interpolated; others are the operator's.
    """
    return (
        _has_only(data, _OF_FILE)
        and _all(data.get("services"), _is_harmless)
        and _all(data.get("networks"), _is_network)
        and _all(data.get("volumes"), _is_volume)
        and all(name in given for text in _texts(data) for name in _VARIABLE.findall(text))
    )


def _is_harmless(service: Any) -> bool:
    if not _has_only(service, _OF_SERVICE):
        return False
    known = cast("dict[str, Any]", service)
    mounts = known.get("volumes", [])
    return (
        isinstance(mounts, list)
        and all(map(_is_mount_inside, cast("list[Any]", mounts)))
        and _has_values(known.get("environment", {}))
        and ("build" not in known or _is_build_inside(known["build"]))
    )


def _is_network(network: Any) -> bool:
    return network is None or _has_only(network, _OF_NETWORK)


def _is_volume(volume: Any) -> bool:
    return volume is None or _has_only(volume, _OF_VOLUME)


def _is_build_inside(build: Any) -> bool:
    if isinstance(build, str):
        return _is_inside(build)
    if not _has_only(build, _OF_BUILD):
        return False
    places = (build.get("context", "."), build.get("dockerfile", "Dockerfile"))
    return all(map(_is_inside, places)) and _has_values(build.get("args", {}))


def _is_mount_inside(mount: Any) -> bool:
    if isinstance(mount, str):
        source, colon, _ = mount.partition(":")
        of_project = source.startswith(".") and _is_inside(source)
        return not colon or of_project or _VOLUME.fullmatch(source) is not None
    return _has_only(mount, _OF_MOUNT) and mount.get("type") in {"volume", "tmpfs"}


def _is_inside(path: Any) -> bool:
    return isinstance(path, str) and bool(_FOLDER.fullmatch(path)) and ".." not in path.split("/")


def _has_values(variables: Any) -> bool:
    """Return whether each variable says its value; without one it is the operator's."""
    if isinstance(variables, dict):
        return None not in cast("dict[str, Any]", variables).values()
    return isinstance(variables, list) and all(
        "=" in str(one) for one in cast("list[Any]", variables)
    )


def _has_only(section: Any, known: frozenset[str]) -> bool:
    return isinstance(section, dict) and all(
        key in known or str(key).startswith("x-") for key in cast("dict[Any, Any]", section)
    )


def _all(section: Any, holds: Callable[[Any], bool]) -> bool:
    """Return whether something holds of each part of a section; it does where there is none."""
    if section is None:
        return True
    return isinstance(section, dict) and all(map(holds, cast("dict[str, Any]", section).values()))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in cast("dict[Any, Any]", value).items():
            yield from (*_texts(key), *_texts(inner))
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _texts(inner)
