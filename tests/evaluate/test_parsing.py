"""Values from what a command left behind."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.errors import InvalidParse
from sigil.evaluate import parsing
from sigil.evaluate.parsing import (
    CommandKind,
    ExitCode,
    Form,
    Found,
    JsonPath,
    Parsed,
    ParseFailed,
    Regex,
    WallTime,
    WholeOutput,
    parse_form,
    read,
)

LATENCY = parse_form("latency_ms=([0-9.]+)", "numeric")
P50 = parse_form("json:results[0].p50", "numeric")


def failure(form: Form, stdout: bytes, allowed: int | None = None) -> tuple[str, str]:
    with pytest.raises(ParseFailed) as caught:
        read(form, 0, stdout, allowed=allowed)
    return caught.value.kind, caught.value.detail


# --- forms ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "form"),
    [("timer", WallTime()), ("checker", ExitCode(0)), ("numeric", WholeOutput())],
)
def test_without_parse_each_kind_has_its_own_form(kind: CommandKind, form: Form):
    assert parse_form(None, kind) == form


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("exit_code==0", ExitCode(0)),
        (" exit_code == 3 ", ExitCode(3)),
        ("exit_code!=0", ExitCode(0, equal=False)),
        ("json:ok", JsonPath(("ok",), answer=True)),
    ],
)
def test_a_checker_gives_an_answer(text: str, form: Form):
    assert parse_form(text, "checker") == form


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("json:a", ("a",)),
        ("json:$.a.b", ("a", "b")),
        ("json: results[0].p50", ("results", 0, "p50")),
        ("json:[-1]", (-1,)),
        ("json:$", ()),
        ("json:", ()),
        ("json:a[\"x y\"]['z.']", ("a", "x y", "z.")),
        ("json:a['']", ("a", "")),
        ("json:a-b.c_d", ("a-b", "c_d")),
    ],
)
def test_a_json_path_is_keys_and_indices(text: str, steps: tuple[str | int, ...]):
    assert parse_form(text, "numeric") == JsonPath(steps)


@pytest.mark.parametrize("text", ["regex:(?<=p50_ms=)([0-9.]+)", "p50=([0-9]+)", "regex:[0-9]+"])
def test_a_regex_is_compiled_when_the_eval_is_loaded(text: str):
    form = parse_form(text, "timer")
    assert isinstance(form, Regex)
    assert form.pattern.pattern == text.removeprefix("regex:")


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("", "timer", "empty; write a form, or leave the key out"),
        ("latency", "timer", "no group in the regex; put ( ) around the number"),
        ("(a)(b)", "numeric", "2 groups in the regex; keep ( ) around the number"),
        ("([", "numeric", "the regex does not compile: unterminated character set"),
        ("(?P<a>x)(?P=b)", "numeric", "the regex does not compile: unknown group name"),
        ("regex:", "numeric", "the regex is empty"),
        ("(" + "x" * 1000 + ")", "numeric", "a regex longer than 1,000 characters"),
        ("(" * 500 + ")" * 500, "numeric", "the regex does not compile: nested too deeply"),
        ("()" * 500, "numeric", "500 groups in the regex"),
        ("exit_code=0", "checker", "'exit_code=0' is not a form; write exit_code==0"),
        ("exit_code==0", "timer", "an exit code is no number for a timer"),
        ("json:a..b", "numeric", "json path: '.' at character 2 means nothing here"),
        ("json:a[x]", "numeric", "json path: '[' at character 2 means nothing here"),
        ("json:a[1", "numeric", "json path: '[' at character 2 means nothing here"),
    ],
)
def test_a_wrong_form_says_what_to_write(text: str, kind: CommandKind, message: str):
    with pytest.raises(InvalidParse) as caught:
        parse_form(text, kind)
    assert str(caught.value).startswith(message)


@given(st.text(max_size=30), st.sampled_from(["timer", "checker", "numeric"]))
def test_any_text_is_a_form_or_a_named_error(text: str, kind: CommandKind):
    try:
        form = parse_form(text, kind)
    except InvalidParse:
        return
    assert pickle.loads(pickle.dumps(form)) == form


# --- regexes ----------------------------------------------------------------------------


def test_the_first_match_is_the_value():
    assert read(LATENCY, 0, b"warming up\nlatency_ms=3.5\n") == Parsed(3.5, 1)
    assert read(LATENCY, 0, b"latency_ms=1\nlatency_ms=2\n") == Parsed(1.0, 2)


def test_a_line_begins_where_a_line_begins():
    assert read(parse_form("^([0-9]+)$", "numeric"), 0, b"a1\n22\nb") == Parsed(22.0, 1)


def test_without_a_group_the_whole_match_is_the_number():
    assert read(parse_form("regex:[0-9]+", "numeric"), 0, b"took 12 s") == Parsed(12.0, 1)


@pytest.mark.parametrize(("stdout", "value"), [(b"all PASS\n", True), (b"all FAIL\n", False)])
def test_a_checker_asks_whether_it_matches(stdout: bytes, value: bool):
    assert read(parse_form("PASS", "checker"), 0, stdout).value is value


def test_a_match_more_than_the_baseline_had_is_refused():
    assert failure(LATENCY, b"latency_ms=0.1\nlatency_ms=9\n", allowed=1) == (
        "surplus", "2 values where the baseline has 1",
    )  # fmt: skip


def test_as_many_matches_as_the_baseline_had_are_fine():
    assert read(LATENCY, 0, b"latency_ms=1\nlatency_ms=9\n", allowed=2).value == 1.0


def test_an_extra_pass_of_a_checker_is_a_surplus():
    form = parse_form("PASS", "checker")
    assert failure(form, b"PASS\nPASS\n", allowed=1)[0] == "surplus"


def test_no_match_shows_what_was_printed_escaped_and_cut():
    kind, detail = failure(LATENCY, b"\x1b[31mPASS \xff" + b"x" * 1000)
    assert kind == "nothing"
    assert detail.isascii()
    assert detail.isprintable()
    assert len(detail) < 150


def test_a_group_that_took_no_part_is_no_value():
    form = parse_form("latency(?:_ms=([0-9]+))?", "numeric")
    assert failure(form, b"latency")[0] == "nothing"


@pytest.mark.parametrize(
    "text",
    ["nan", "inf", "-inf", "1e999", "1_000", "0x10", "\uff11\uff12", "1,5", "1.2.3", "", "true"],
)
def test_what_is_no_finite_decimal_is_no_number(text: str):
    form = parse_form("x=(.*)$", "numeric")
    assert failure(form, f"x={text}".encode())[0] == "number"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_float_can_be_printed_and_read(value: float):
    assert read(WholeOutput(), 0, f" {value!r}\n".encode()) == Parsed(value, 1)


@pytest.mark.parametrize("text", ["1" * 1_000_000, "1" * 1_000_000 + "x"])
def test_a_number_of_a_million_digits_is_refused_at_once(text: str):
    assert failure(WholeOutput(), text.encode())[0] == "number"


def test_undecodable_bytes_do_not_hide_the_value():
    assert read(LATENCY, 0, b"\xff\xfe\nlatency_ms=3\n").value == 3.0


def test_more_text_than_the_cap_is_not_searched(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(parsing, "MAX_TEXT", 10)
    assert failure(LATENCY, b"latency_ms=3.55")[0] == "flood"


def test_matches_are_counted_up_to_a_bound():
    form = parse_form("a()", "checker")
    assert read(form, 0, b"a" * 50_000).matches == parsing.MAX_MATCHES


def test_a_bounded_search_is_used_where_it_is_given():
    found = read(LATENCY, 0, b"", search=lambda pattern, text: Found("7", 1))
    assert found == Parsed(7.0, 1)


# --- exit codes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "value"),
    [
        ("exit_code==0", 0, True),
        ("exit_code==0", 1, False),
        ("exit_code==3", 3, True),
        ("exit_code!=0", 1, True),
    ],
)
def test_an_exit_code_is_an_answer(text: str, code: int, value: bool):
    assert read(parse_form(text, "checker"), code, b"").value is value


def test_a_wall_time_is_not_in_the_output():
    with pytest.raises(ValueError, match="wall time"):
        read(WallTime(), 0, b"")


# --- JSON -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stdout",
    [
        b'{"results": [{"p50": 4}]}',
        b'{\n "results": [\n  {"p50": 4.0}]\n}\n',
        b'some log\n{"results": [{"p50": 4}]}\n\n',
        b'{"other": 1}\n{"results": [{"p50": 4}]}\n',
    ],
)
def test_json_is_the_whole_output_or_its_last_line(stdout: bytes):
    assert read(P50, 0, stdout) == Parsed(4.0, 1)


def test_an_earlier_line_with_the_same_path_is_a_surplus():
    line = json.dumps({"results": [{"p50": 4}]}).encode() + b"\n"
    assert read(P50, 0, line * 2) == Parsed(4.0, 2)
    assert failure(P50, line * 2, allowed=1)[0] == "surplus"


@pytest.mark.parametrize(
    ("stdout", "kind", "detail"),
    [
        (b"", "nothing", "no JSON in ''"),
        (b"p50: 4", "nothing", "no JSON in 'p50: 4'"),
        (b'{"results": []}', "nothing", "the JSON has no '0' there"),
        (b'{"results": {"0": 1}}', "nothing", "the JSON has no '0' there"),
        (b'{"results": [[1]]}', "nothing", "the JSON has no 'p50' there"),
        (b'{"results": [{"p50": "4"}]}', "number", "'4' is not a number"),
        (b'{"results": [{"p50": true}]}', "number", "bool is not a number"),
        (b'{"results": [{"p50": null}]}', "number", "NoneType is not a number"),
        (b'{"results": [{"p50": NaN}]}', "number", "not a finite number"),
        (b'{"results": [{"p50": 1e999}]}', "number", "not a finite number"),
        (b'{"results": [{"p50": ' + b"9" * 400 + b"}]}", "number", "not a finite number"),
        (b'{"results": [{"p50": ' + b"9" * 5000 + b"}]}", "nothing", "no JSON in"),
        (b"[" * 100_000, "nothing", "no JSON in"),
    ],
)
def test_json_without_a_number_at_the_path_has_no_value(stdout: bytes, kind: str, detail: str):
    found = failure(P50, stdout)
    assert found[0] == kind
    assert found[1].startswith(detail)


@pytest.mark.parametrize("value", [True, False])
def test_json_answers_a_checker_with_true_or_false(value: bool):
    form = parse_form("json:ok", "checker")
    assert read(form, 0, json.dumps({"ok": value}).encode()).value is value


@pytest.mark.parametrize("value", [1, 0, "true", None])
def test_json_answers_a_checker_with_nothing_else(value: object):
    form = parse_form("json:ok", "checker")
    assert failure(form, json.dumps({"ok": value}).encode())[0] == "number"


@given(st.binary(max_size=80))
def test_any_output_has_a_value_or_a_named_failure(stdout: bytes):
    for form in (LATENCY, P50, WholeOutput(), ExitCode(0)):
        try:
            told = str(read(form, 0, stdout).value)
        except ParseFailed as error:
            told = error.detail
        assert told.isprintable()
