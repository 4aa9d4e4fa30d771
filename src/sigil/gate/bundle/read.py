"""Read the exam of a service from a tree, and refuse whatever is not what was recorded.

    .sigil/scenarios/<service>/bundle.json            `sigil.gate.bundle.manifest`
    .sigil/scenarios/<service>/visible/**/*.lua       the half that everybody reads
    .sigil/scenarios/<service>/holdout/*.lua.age      the sealed half
    .sigil/scenarios/<service>/lib/**/*.lua           helpers of both

Promises: a file that is changed, added, removed, renamed, swapped or linked is found and named,
without any key; nothing is followed out of the bundle; nothing is opened.

Not here: opening the sealed half (`sigil.gate.evaluator`), writing (`sigil.gate.bundle.updating`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from sigil.canonical import digest
from sigil.errors import Corrupt, InvalidValue, MalformedScenario, NotFound, SealBroken, Where
from sigil.gate.bundle.manifest import (
    MAX_BYTES,
    MAX_ENTRIES,
    REMEDY,
    REMEDY_ITSELF,
    REMEDY_SEALED,
    Manifest,
    ManifestEntry,
    parse_manifest,
)
from sigil.gate.bundle.sealing import readers
from sigil.gate.model import Scenario
from sigil.gate.names import check_service, is_visible_id
from sigil.gate.trees import Capped, Tree, place
from sigil.printable import printable

SCENARIOS = ".sigil/scenarios"
MANIFEST = "bundle.json"
PENDING = ".sealing"
"""An update that was decided and not finished; see `sigil.gate.bundle.updating`."""
MAX_TEXT = 2**20
MAX_SEALED = MAX_TEXT + 2**17
MAX_TOTAL = 256 * 2**20
_LUA = ".lua"
_SEALED = ".lua.age"
_BYTECODE = "\x1b"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A holdout that nobody has opened.

    Args:
        entry: what the manifest says of it.
        path: of its file.
        ciphertext: an age file.
    """

    entry: ManifestEntry
    path: str
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class Bundle:
    """An exam that is what was recorded, with its sealed half closed.

    Args:
        manifest: what was recorded.
        visible: the half that everybody reads, ascending by id.
        sealed: the other, ascending by id.
        library: text of each helper, by the module name that a scenario requires it by.
    """

    manifest: Manifest
    visible: tuple[Scenario, ...]
    sealed: tuple[Sealed, ...]
    library: Mapping[str, str]


def folder_of(service: str) -> str:
    """Return the folder of a service's bundle, relative to the repository.

    Raises:
        InvalidValue: no service can be called so.
    """
    return f"{SCENARIOS}/{check_service(service)}"


def services_in(tree: Tree) -> list[str]:
    """Return the services that have an exam, ascending.

    Raises:
        Unreadable: the system refuses.
    """
    paths = [entry.path.removeprefix(f"{SCENARIOS}/") for entry in tree.entries(SCENARIOS)]
    return sorted(
        path.partition("/")[0]
        for path in paths
        if path.endswith(f"/{MANIFEST}") and path.count("/") == 1
    )


def read_bundle(tree: Tree, service: str) -> Bundle:
    """Return the exam of ``service`` as ``tree`` holds it, all of it verified.

    Raises:
        NotFound: the service has none.
        SealBroken: something is not what was recorded; the message names the file.
        MalformedScenario: a text that no scenario can be, such as bytes that are no UTF-8.
        Unreadable: the system refuses.
    """
    tree = Capped(tree, MAX_TOTAL)
    manifest = read_manifest(tree, service)
    _refuse_others(tree, manifest)
    library = read_library(tree, manifest)
    visible = tuple(_visible(tree, manifest, entry, library) for entry in manifest.visible)
    return Bundle(manifest, visible, read_sealed(tree, manifest), library)


def read_manifest(tree: Tree, service: str) -> Manifest:
    """Return what is recorded of a service's exam; its files are not looked at.

    Raises:
        NotFound: the service has none.
        SealBroken: it is not as it was written, or an update of it was cut short.
    """
    folder = folder_of(service)
    refuse_pending(tree, service)
    path = f"{folder}/{MANIFEST}"
    try:
        data = tree.read(path, MAX_BYTES)
    except NotFound:
        raise NotFound(
            f"there are no scenarios of {service}",
            where=place(tree, path),
            remedy=f"sigil scenario seal --service {service}",
        ) from None
    except (Corrupt, InvalidValue) as refused:
        raise SealBroken(refused.problem, where=place(tree, path), remedy=REMEDY_ITSELF) from None
    return parse_manifest(data, service, place(tree, path))


def refuse_pending(tree: Tree, service: str) -> None:
    """Refuse a bundle in the middle of an update.

    Raises:
        SealBroken: there is an update that was cut short.
    """
    pending = f"{folder_of(service)}/{PENDING}"
    if next(tree.entries(pending), None) is not None:
        raise SealBroken(
            "an update of this bundle was cut short",
            where=place(tree, pending),
            remedy=f"finish it: sigil scenario seal --service {service}",
        )


def read_library(tree: Tree, manifest: Manifest) -> dict[str, str]:
    """Return the text of each helper by its module name, verified.

    Raises:
        SealBroken, MalformedScenario, Unreadable: as `read_bundle`.
    """
    texts: dict[str, str] = {}
    for path, recorded in manifest.library:
        full = f"{folder_of(manifest.service)}/{path}"
        text = lua_text(_verified(tree, full, recorded, MAX_TEXT), place(tree, full))
        texts[path.removesuffix(_LUA).replace("/", ".")] = text
    return texts


def read_sealed(tree: Tree, manifest: Manifest) -> tuple[Sealed, ...]:
    """Return the sealed half, its ciphertexts verified.

    Raises:
        SealBroken, Unreadable: as `read_bundle`.
    """
    found: list[Sealed] = []
    for entry in manifest.holdouts:
        path = entry_path(manifest.service, entry)
        data = _verified(tree, path, entry.sealed, MAX_SEALED)
        found_readers, recorded = readers(data), len(manifest.recipients)
        if found_readers != recorded:
            raise SealBroken(
                f"is sealed for {found_readers} keys, not for the {recorded} recorded",
                where=place(tree, path),
                remedy=f"have a recipient run sigil scenario rotate --service {manifest.service}",
            )
        found.append(Sealed(entry, path, data))
    return tuple(found)


def entry_path(service: str, entry: ManifestEntry) -> str:
    """Return the file of a scenario, relative to the repository."""
    suffix = _LUA if entry.half == "visible" else _SEALED
    return f"{folder_of(service)}/{entry.half}/{entry.id}{suffix}"


def lua_text(data: bytes, where: Where) -> str:
    """Return Lua source from its bytes; that it parses is not looked at here.

    Raises:
        MalformedScenario: no UTF-8, a NUL byte, bytecode, or nothing but blanks.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem, remedy = f"not UTF-8 text in line {line}", "save the file as UTF-8"
        raise MalformedScenario(problem, where=where, remedy=remedy) from None
    if text.startswith(_BYTECODE) or "\0" in text:
        raise MalformedScenario("not text", where=where, remedy="write Lua source, not bytecode")
    if not text.strip():
        raise MalformedScenario("empty", where=where, remedy="write the scenario, or remove it")
    return text


# --- what stands in the folders ---------------------------------------------------------


def visible_files(tree: Tree, service: str) -> dict[str, bytes]:
    """Return the visible half as it stands, recorded or not: bytes by id.

    Raises:
        MalformedScenario: a link, a name that is no id, too many, or too large a file.
        Unreadable: the system refuses.
    """
    folder = f"{folder_of(service)}/visible"
    tree = Capped(tree, MAX_TOTAL)
    return {
        path.removeprefix(f"{folder}/").removesuffix(_LUA): data
        for path, data in _as_they_stand(tree, folder)
    }


def library_files(tree: Tree, service: str) -> dict[str, bytes]:
    """Return the helpers as they stand, recorded or not: bytes by path below the bundle.

    Raises:
        MalformedScenario, Unreadable: as `visible_files`.
    """
    folder = folder_of(service)
    tree = Capped(tree, MAX_TOTAL)
    return {
        path.removeprefix(f"{folder}/"): data
        for path, data in _as_they_stand(tree, f"{folder}/lib")
    }


def _as_they_stand(tree: Tree, folder: str) -> Iterator[tuple[str, bytes]]:
    entries = sorted(islice(tree.entries(folder), MAX_ENTRIES + 1))
    if len(entries) > MAX_ENTRIES:
        raise MalformedScenario(
            f"more than {MAX_ENTRIES:,} files",
            where=place(tree, folder),
            remedy="split the service, or move away what is no scenario",
        )
    for entry in entries:
        where = place(tree, entry.path)
        name = entry.path.removeprefix(f"{folder}/")
        if entry.kind != "file":
            problem = "a symbolic link" if entry.kind == "link" else "no regular file"
            raise MalformedScenario(problem, where=where, remedy="put the file itself here")
        if not name.endswith(_LUA) or not is_visible_id(name.removesuffix(_LUA)):
            raise MalformedScenario(
                "not a name that a scenario can have",
                where=where,
                remedy="use letters, digits, _ . - and the ending .lua, or move the file away",
            )
        try:
            yield entry.path, tree.read(entry.path, MAX_TEXT)
        except InvalidValue as refused:
            raise MalformedScenario(refused.problem, where=where, remedy=refused.remedy) from None


def _refuse_others(tree: Tree, manifest: Manifest) -> None:
    """Refuse whatever stands in the bundle's folders beside what was recorded."""
    folder = folder_of(manifest.service)
    expected = {f"{folder}/{path}" for path, _ in manifest.library}
    expected |= {entry_path(manifest.service, entry) for entry in manifest.entries}
    for part in ("visible", "holdout", "lib"):
        for entry in sorted(islice(tree.entries(f"{folder}/{part}"), MAX_ENTRIES + 1)):
            if entry.kind == "link":
                raise SealBroken(
                    "a symbolic link stands in the bundle",
                    where=place(tree, entry.path),
                    remedy="put the file itself here, then seal",
                )
            if entry.path not in expected or entry.kind != "file":
                raise SealBroken(
                    "is not in the bundle",
                    where=place(tree, entry.path),
                    remedy="remove it, or record it: "
                    f"sigil scenario seal --service {manifest.service}",
                )


def _visible(
    tree: Tree, manifest: Manifest, entry: ManifestEntry, library: Mapping[str, str]
) -> Scenario:
    path = entry_path(manifest.service, entry)
    text = lua_text(_verified(tree, path, entry.digest, MAX_TEXT), place(tree, path))
    return Scenario(entry.id, "visible", text, path, entry.spec, library)


def _verified(tree: Tree, path: str, recorded: str, most: int) -> bytes:
    remedy = REMEDY_SEALED if path.endswith(".age") else REMEDY
    try:
        data = tree.read(path, most)
    except NotFound:
        raise SealBroken(
            "is in the bundle, and is not here", where=place(tree, path), remedy=remedy
        ) from None
    except (Corrupt, InvalidValue) as refused:
        raise SealBroken(
            printable(refused.problem), where=place(tree, path), remedy=remedy
        ) from None
    if digest(data) != recorded:
        raise SealBroken("is not what was recorded", where=place(tree, path), remedy=remedy)
    return data
