"""What a scenario asks of the world: what is sent, what comes back, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from tests.gate.lua.worlds import World, response, run, serving

from sigil.gate.lua import Limits
from sigil.gate.model import Status


def sent(body: str) -> dict[str, Any]:
    world = serving({})
    done = run(f"{body} expect(true)", world)
    assert done.result.status is Status.PASS, done.evidence
    return world.calls[0].request


def message(body: str, world: World | None = None, **more: Any) -> str:
    done = run(f"{body} expect(true)", world or serving({}), **more)
    assert done.result.status is Status.ERROR, done
    return done.evidence.message


def holds(body: str, world: World | None = None) -> bool:
    done = run(body, world or serving({}))
    return done.result.status is Status.PASS


METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


@pytest.mark.parametrize("method", METHODS)
def test_each_method_is_sent(method):
    request = sent(
        f'sigil.{method}("/a?b=1", "text", {{ headers = {{ A = "b" }}, timeout_ms = 5 }})'
    )
    assert request == {
        "method": method.upper(), "path": "/a?b=1", "body": "text", "headers": {"A": "b"},
        "timeout_ms": 5, "base_url": None,
    }  # fmt: skip


def test_another_method_and_another_base():
    request = sent('sigil.request("PURGE", "/", nil, { base_url = "http://127.0.0.1:1" })')
    assert (request["method"], request["base_url"]) == ("PURGE", "http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("written", "body"),
    [
        ("{}", "{}"),
        ("sigil.json.array({})", "[]"),
        ("{ 1, 2 }", "[1,2]"),
        ("{ b = 1, a = 2 }", '{"a":2,"b":1}'),
        ("{ a = sigil.json.null }", '{"a":null}'),
        ('{ "é" }', '["é"]'),
        ("{ 1.5, 2^53 }", "[1.5,9007199254740992.0]"),
        ('sigil.json.decode("[]")', "[]"),
        ('sigil.json.decode("[[],{}]")', "[[],{}]"),
        ("{ a = { b = { true } } }", '{"a":{"b":[true]}}'),
    ],
)
def test_a_table_is_sent_as_json(written, body):
    request = sent(f'sigil.post("/", {written})')
    assert request["body"] == body
    assert request["headers"] == {"Content-Type": "application/json"}


def test_a_content_type_that_is_given_stays():
    headers = sent('sigil.post("/", {}, { headers = { ["content-type"] = "x/y" } })')["headers"]
    assert headers == {"content-type": "x/y"}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ('sigil.get("a")', "a path starts with /"),
        ("sigil.get()", "a path starts with /"),
        ('sigil.get("/a b")', "neither blanks"),
        ('sigil.get("/\\n")', "neither blanks"),
        ('sigil.get("/", nil, { header = {} })', "there is no option header"),
        ('sigil.get("/", nil, { headers = { ["a b"] = "" } })', "a token of HTTP"),
        ('sigil.get("/", nil, { headers = { a = "b\\r\\nc: d" } })', "no text on one line"),
        ('sigil.get("/", nil, { timeout_ms = 0 })', "timeout_ms is a number"),
        ('sigil.post("/", { 1, a = 2 })', "both numbers and names"),
        ('sigil.post("/", { f = pcall, g = type })', "a function has no form"),
        ('sigil.post("/", { 0/0 })', "neither NaN nor infinity"),
        ('sigil.request("get", "/")', "in capitals"),
        ("sigil.sleep(-1)", "0 to 60 seconds"),
        ("sigil.sleep(1/0)", "0 to 60 seconds"),
        ("sigil.env(1)", "needs a text"),
        ('sigil.exec("ls", { 1 })', "every argument is a text"),
        ('sigil.exec("")', "needs a command"),
        ('sigil.gte("/")', "did you mean sigil.get?"),
        ("sigil.gen.uid()", "did you mean sigil.gen.uuid?"),
        ("sigil.browser.wait({})", "either a text or a selector"),
        ("sigil.browser.click()", "needs a selector"),
        ('sigil.browser.text("a", "b")', "takes 1 arguments at most"),
        ("sigil.browser.fill(1, 2)", "its selector is a text"),
        ("sigil.expect_status_class({ status = 200 }, 9)", "a number from 1 to 5"),
        ("sigil.json.array(1)", "needs a table"),
    ],
)
def test_a_call_that_is_not_as_it_should_be_says_so(call, said):
    assert said in message(call)


@pytest.mark.parametrize(
    ("call", "capability"),
    [('sigil.get("/")', "http"), ('sigil.exec("ls")', "exec"), ("sigil.judge(1)", "judge"),
     ("sigil.intent({})", "intent"), ("sigil.browser.title()", "browser"),
     ('invariant("x", {})', "property")],
)  # fmt: skip
def test_what_is_not_declared_does_not_work(call, capability):
    name = call.split("(")[0]
    world = serving({})
    said = message(call, world, capabilities=())
    assert said == f'{name} needs the capability "{capability}": add it to policy.capabilities'
    assert world.calls == []


def test_nothing_works_before_run():
    from sigil.errors import MalformedScenario

    with pytest.raises(MalformedScenario, match="while run is running"):
        run("expect(true)", head='sigil.get("/")')


# --- responses --------------------------------------------------------------------------


def test_a_response_has_its_parts():
    world = World(http=lambda _: response({"a": [1, None]}, 201, **{"X-Thing": "v"}))
    assert holds("""
        local r = sigil.get("/")
        expect(r.status == 201 and r.elapsed_ms == 3 and r.body == '{"a": [1, null]}')
        expect(r.headers["x-thing"] == "v" and r.headers["X-THING"] == "v")
        expect(r.headers.absent == nil and r.headers[1] == nil)
        expect(r.json.a[1] == 1 and r.json.a[2] == sigil.json.null and #r.json.a == 2)
        expect(r.json == r.json)
    """, world)  # fmt: skip


def test_json_is_read_only_when_it_is_looked_at():
    assert holds('expect(sigil.get("/").status == 200)', World(http=lambda _: response("<html>")))


def test_an_empty_body_has_no_json():
    assert holds('expect(sigil.get("/").json == nil)', World(http=lambda _: response("")))


def test_whole_numbers_stay_whole_and_floats_stay_floats():
    world = serving({"i": 9223372036854775807, "f": 1.0})
    assert holds("""
        local r = sigil.get("/").json
        expect(math.type(r.i) == "integer" and math.type(r.f) == "float" and r.i == math.maxinteger)
    """, world)  # fmt: skip


def test_text_is_utf8_and_other_bytes_are_kept():
    body = 'local t = sigil.get("/").json expect(t == "日本" and utf8.len(t) == 2)'
    assert holds(body, World(http=lambda _: response('"日本"')))
    assert holds(
        'expect(sigil.get("/").body == "\\xc3\\xbf")', World(http=lambda _: response("\xff"))
    )


def test_null_is_no_nil_and_has_no_fields():
    done = run('expect(sigil.get("/").json.user.name == "x")', serving({"user": None}))
    assert done.result.status is Status.FAIL
    assert "attempt to index a JSON null (field 'name')" in done.evidence.message


def test_a_class_of_statuses():
    assert holds('sigil.expect_status_class(sigil.get("/"), "2xx")')
    done = run('sigil.expect_status_class(sigil.get("/"), 2)', serving({}, 503))
    assert (done.result.status, done.evidence.message) == (Status.FAIL, "the status 503 is not 2xx")


def test_json_goes_out_and_comes_back():
    assert holds("""
        local text = '{"a":[],"b":{},"c":[1,2.5,"x",true,null]}'
        expect(sigil.json.encode(sigil.json.decode(text)) == text)
    """)


def test_yaml_is_read():
    assert holds("""
        local y = sigil.yaml.decode("a: [1, x]\\nb: ~\\nc: 2026-01-31")
        expect(y.a[2] == "x" and y.b == sigil.json.null and y.c == "2026-01-31")
    """)


# --- the others -------------------------------------------------------------------------


def test_a_command_is_run():
    world = World(exec=lambda r: {"exit_code": 3, "stdout": "o", "stderr": "e", "elapsed_ms": 1})
    assert holds("""
        local r = sigil.exec("tool", { "a", "b" }, { timeout_ms = 7 })
        expect(r.exit_code == 3 and r.stdout == "o" and r.stderr == "e")
    """, world)  # fmt: skip
    assert world.calls[0].request == {"command": ["tool", "a", "b"], "timeout_ms": 7}


def test_the_environment_gives_text_or_nil():
    world = World(env=lambda r: "v" if r["name"] == "A" else None)
    assert holds('expect(sigil.env("A") == "v" and sigil.env("B") == nil)', world)


def test_a_secret_is_shown_by_its_name():
    world = World(env=lambda _: "hunter22", http=lambda r: response({"echo": r["body"]}))
    done = run(
        'local r = sigil.post("/", sigil.env("PW")) expect(r.json.echo == "x", r.body)', world
    )
    assert "hunter22" not in repr(done.evidence)
    assert "__PW__" in repr(done.evidence)


def test_sleeping_is_a_call():
    world = World(sleep=lambda _: None)
    assert holds("sigil.sleep(0.5) expect(true)", world)
    assert world.calls[0].request == {"seconds": 0.5}


def test_a_failed_call_can_be_caught():
    assert holds("""
        local ok, why = pcall(sigil.get, "/")
        expect(not ok and why.message == "nobody answers http" and tostring(why) == why.message)
    """, World())  # fmt: skip


def test_the_number_of_calls_has_an_end():
    said = message('while true do sigil.get("/") end', limits=Limits(calls=5))
    assert said == "more than 5 calls"


def test_what_goes_wrong_in_our_own_code_is_raised():
    def broken(_: object) -> None:
        raise KeyError("ours")

    with pytest.raises(KeyError, match="ours"):
        run('while true do pcall(sigil.get, "/") end', World(http=broken))


def test_an_interruption_is_raised():
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run('pcall(sigil.get, "/")', World(http=interrupted))


BROWSING = """
    sigil.browser.open("/a")
    sigil.browser.wait({ selector = "#x", timeout_ms = 9 })
    sigil.browser.fill("#x", "v")
    expect(sigil.browser.click("#x") == nil)
    expect(sigil.browser.text("#x") == "text" and sigil.browser.html() == "html")
    expect(sigil.browser.title() == "title" and sigil.browser.url() == "url")
    expect(sigil.browser.visible("#x") == true and sigil.browser.screenshot("a") == "screenshot")
    expect(sigil.browser.eval("1 + 1").n == 2 and sigil.browser.cookies()[1].name == "c")
    expect(sigil.browser.snapshot().role == "page")
"""


def test_the_browser_acts_and_reads():
    given = {
        "visible": True,
        "eval": {"n": 2},
        "cookies": [{"name": "c"}],
        "snapshot": {"role": "page"},
    }
    world = World(browser=lambda r: given.get(r["action"], r["action"]))
    assert holds(BROWSING, world)
    assert [call.request for call in world.calls][:4] == [
        {"action": "open", "url": "/a"}, {"action": "wait", "selector": "#x", "timeout_ms": 9},
        {"action": "fill", "selector": "#x", "value": "v"}, {"action": "click", "selector": "#x"},
    ]  # fmt: skip


def test_a_getter_of_another_type_is_an_error():
    world = World(browser=lambda _: 1)
    assert (
        message('sigil.browser.text("a")', world)
        == "sigil.browser.text: the reply is not of its type"
    )
