"""Documents that people write: where they are wrong, and what they should say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, field

from sigil.errors import InvalidValue, MalformedDocument, SigilError, UnknownKey, Where
from sigil.store.documents import MAX_BYTES, Document, parse_document, read_document, validate
from sigil.store.shapes import LARGEST, Shape


class Part(Shape, frozen=True, kw_only=True):
    kind: Literal["timer", "checker"]
    count: Annotated[int, Meta(ge=1)] = 1
    share: Annotated[float, Meta(gt=0, le=LARGEST)] = 0.5


class Whole(Shape, frozen=True, kw_only=True):
    version: str | int | float
    name: Annotated[str, Meta(min_length=1)] = "x"
    parts: list[Part] = field(default_factory=list)
    main: Part | None = None
    cases: str | list[int] | None = None
    on: bool = False


def document(text: str) -> Document:
    return parse_document(text.encode(), "f.yaml")


def problem(text: str) -> str:
    with pytest.raises(SigilError) as caught:
        validate(document(text), Whole)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- reading ----------------------------------------------------------------------------


def test_a_document_keeps_bytes_data_and_lines(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"version: 1\nparts:\n- kind: timer\n")
    found = read_document(path, "shown.yaml")
    assert found.path == "shown.yaml"
    assert found.raw == path.read_bytes()
    assert found.data == {"version": 1, "parts": [{"kind": "timer"}]}
    assert found.where("parts[0].kind") == Where("shown.yaml", 3, "parts[0].kind")


def test_a_byte_order_mark_and_windows_lines_are_fine():
    found = parse_document(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n", "f.yaml")
    assert found.data == {"a": 1, "b": 2}
    assert found.where("b").line == 2


def test_a_field_that_is_not_there_has_the_line_of_what_would_hold_it():
    found = document("a:\n  b:\n  - c: 1\n")
    assert found.where("a.b[0].nope.more") == Where("f.yaml", 3, "a.b[0].nope.more")
    assert found.where("a.b[7]").line == 2
    assert found.where("z") == Where("f.yaml", 1, "z")
    assert found.where() == Where("f.yaml", 1, None)


def test_a_missing_file_is_one_line(tmp_path: Path):
    with pytest.raises(MalformedDocument, match=r"cannot be read \(No such file"):
        read_document(tmp_path / "none.yaml")


def test_a_folder_is_no_document(tmp_path: Path):
    with pytest.raises(MalformedDocument, match=r"cannot be read \(Is a directory\)"):
        read_document(tmp_path)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "f.yaml: the file is empty; write the document"),
        (b"# nothing\n", "f.yaml: the file is empty; write the document"),
        (b"---\n", "f.yaml: the file is empty; write the document"),
        (b"- 1\n", "f.yaml:1: the top level is not a mapping; start with a key"),
        (b"\n\njust text\n", "f.yaml:3: the top level is not a mapping; start with a key"),
        (b"a: 1\nb: \xff\n", "f.yaml:2: not UTF-8 text; save the file as UTF-8"),
        ("a: 1".encode("utf-16"), "f.yaml:1: not UTF-8 text; save the file as UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0", "f.yaml:1: not UTF-8 text; save the file as UTF-8"),
        (b"\x7fELF\x02\x01\x01\0", "f.yaml:1: a control character; save it as plain text"),
        (b"#" * (MAX_BYTES + 1), "f.yaml: larger than 4 MiB"),
    ],
)
def test_what_is_no_document_is_one_line(raw: bytes, message: str):
    with pytest.raises(MalformedDocument) as caught:
        parse_document(raw, "f.yaml")
    assert str(caught.value).startswith(message)


def test_a_huge_file_is_not_read_whole(tmp_path: Path):
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(MalformedDocument, match="larger than"):
        read_document(path)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_document_or_one_line(raw: bytes):
    try:
        told = parse_document(raw, "f.yaml").path
    except MalformedDocument as error:
        told = str(error)
    assert told.startswith("f.yaml")


# --- validating -------------------------------------------------------------------------


def test_a_document_that_fits_becomes_its_model():
    found = validate(document("version: 0.1\nparts: [{kind: checker, share: 1e-5}]"), Whole)
    assert found.parts[0].share == 1e-5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("verson: 1", "f.yaml:1: verson: unknown key; did you mean version?"),
        ("version: 1\nzzz: 1", "f.yaml:2: zzz: unknown key; known keys: cases, main, name, on,"),
        (
            "version: 1\nparts:\n- kid: timer",
            "f.yaml:3: parts[0].kid: unknown key; did you mean kind?",
        ),
        (
            "version: 1\nmain: {kind: timer, cont: 3}",
            "f.yaml:2: main.cont: unknown key; did you mean count?",
        ),
    ],
)
def test_an_unknown_key_names_the_nearest_one(text: str, message: str):
    assert problem(text).startswith(message)


def test_an_unknown_key_is_an_unknown_key():
    with pytest.raises(UnknownKey):
        validate(document("version: 1\nz: 1"), Whole)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: x", "f.yaml:1: version: this key is required; add it"),
        ("version: 1\nparts: [{}]", "f.yaml:2: parts[0].kind: this key is required; add it"),
        ("version: [1]", "f.yaml:1: version: expected text or a whole number or a number, not a l"),
        ("version: 1\nname: 5", "f.yaml:2: name: expected text, not 5; put it in quotes"),
        ("version: 1\nname: yes", "f.yaml:2: name: expected text, not true; put it in quotes"),
        ("version: 1\nname:", "f.yaml:2: name: expected text, not nothing"),
        ("version: 1\nname: ''", "f.yaml:2: name: expected text of at least 1 character, not ''"),
        ("version: 1\non: 1", "f.yaml:2: on: expected true or false, not 1"),
        ("version: 1\nparts: 3", "f.yaml:2: parts: expected a list, not 3"),
        ("version: 1\nparts: {a: 1}", "f.yaml:2: parts: expected a list, not a mapping"),
        ("version: 1\nparts: [x]", "f.yaml:2: parts[0]: expected a mapping, not 'x'"),
        ("version: 1\nmain: []", "f.yaml:2: main: expected a mapping, not a list"),
        ("version: 1\ncases: {a: 1}", "f.yaml:2: cases: expected text or a list, not a mapping"),
        ("version: 1\ncases: [1, x]", "f.yaml:2: cases[1]: expected a whole number, not 'x'"),
        (
            "version: 1\nparts:\n- kind: timr",
            "f.yaml:3: parts[0].kind: expected 'timer' or 'checker', not 'timr'; did you mean ti",
        ),
        (
            "version: 1\nmain:\n  kind: timer\n  count: '60'",
            "f.yaml:4: main.count: expected a whole number, not '60'; write 60, without quotes",
        ),
        (
            "version: 1\nmain:\n  kind: timer\n  count: 1.5",
            "f.yaml:4: main.count: expected a whole number, not 1.5",
        ),
        (
            "version: 1\nmain:\n  kind: timer\n  count: 0",
            "f.yaml:4: main.count: should be greater than or equal to 1, not 0",
        ),
        (
            "version: 1\nmain:\n  kind: timer\n  share: 1e5",
            "f.yaml:4: main.share: expected a number, not '1e5'; write 100000, without quotes",
        ),
        (
            "version: 1\nmain:\n  kind: timer\n  share: .nan",
            "f.yaml:4: main.share: expected a finite number, not nan",
        ),
        (
            "version: 1\nmain:\n  kind: timer\n  share: .inf",
            "f.yaml:4: main.share: expected a finite number, not inf",
        ),
        ("version: 1\nname: [" + "x" * 500 + "]", "f.yaml:2: name: expected text, not a list"),
    ],
)
def test_a_wrong_value_says_what_is_expected(text: str, message: str):
    assert problem(text).startswith(message)


def test_a_key_that_a_terminal_obeys_is_shown_as_text():
    assert problem('version: 1\n"a\\e[31m": 1').startswith(r"f.yaml:2: a\x1b[31m: unknown key")


def test_a_long_value_is_cut():
    assert len(problem("version: 1\nmain: " + "x" * 10_000)) < 150


def test_what_stands_under_an_alias_has_the_line_of_the_alias():
    text = "version: 1\nmain: &m {kind: timer}\nparts:\n- *m\n- &n {kind: timr}\n- *n\n"
    assert problem(text).startswith("f.yaml:5: parts[1].kind: expected")
    with pytest.raises(InvalidValue) as caught:
        validate(document("version: 1\nmain: {kind: timer}\nparts: [3]"), Whole)
    assert caught.value.where == Where("f.yaml", 3, "parts[0]")


def test_an_error_of_whoever_reads_a_part_has_the_line_of_its_own_field():
    found = document("models:\n  one:\n    provider: x\n    timeout_s: .nan\n")
    with pytest.raises(InvalidValue) as caught, found.telling_lines():
        raise InvalidValue("no", where=Where("f.yaml", 2, "models.one.timeout_s"))
    assert caught.value.where == Where("f.yaml", 4, "models.one.timeout_s")
