"""A scenario's browser: what each action does, and where no page gets by any way."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from tests.browser.chromium import BINARY
from tests.gate.browser_pages import Driven, serving

from sigil.gate.browser import Browser, launching
from sigil.gate.effects import EffectFailed, EffectMissing
from sigil.gate.exam.channel import Assignment
from sigil.gate.exam.hall import Hall, Lost
from sigil.gate.lua import Limits
from sigil.gate.model import Scenario
from sigil.gate.pictures import picture

pytestmark = pytest.mark.skipif(BINARY is None, reason="there is no chromium on this machine")
FORM = """<!doctype html><title>A form</title><h1>Hello</h1>
<form action="/done"><input name="q"><button>Send</button></form>
<p hidden id="no">hidden</p><p class="two">a</p><p class="two">b</p>"""
DONE = "<title>Done</title><h1>Thank you</h1>"


@pytest.fixture(scope="module")
def site():
    with serving() as site:
        yield site


@pytest.fixture(scope="module")
def other():
    with serving() as other:
        yield other


@pytest.fixture(scope="module")
def browser(site):
    with Browser(site.connect, f"127.0.0.1:{site.port}") as browser:
        yield Driven(browser)


@pytest.fixture(autouse=True)
def pages(site, other):
    site.pages, site.redirects = {"/": FORM, "/done": DONE}, {}
    other.pages = {"/": "<h1>elsewhere</h1>"}
    site.asked.clear()
    other.asked.clear()


# --- actions ------------------------------------------------------------------------------


def test_getters_tell_what_is_on_the_page(browser):
    browser.open("/")
    assert browser.title() == "A form"
    assert browser.text("h1") == "Hello"
    assert browser.html("h1") == "Hello"
    assert browser.html().startswith("<!DOCTYPE html>")
    assert browser.visible("h1") is True
    assert browser.visible("#no") is False
    assert browser.visible("#missing") is False


def test_actions_give_nothing_and_a_click_waits_for_where_it_leads(browser):
    browser.open("/")
    assert browser.fill("[name=q]", "x") is None
    assert browser.click("button") is None
    assert (browser.url(), browser.text("h1")) == ("/done?q=x", "Thank you")


WAYS_ON = {
    "link": "<a id=x href=/done>x</a>",
    "form": "<form method=post action=/done><button id=x>x</button></form>",
    "script": "<button id=x onclick=\"location = '/done'\">x</button>",
    "replaced": "<button id=x onclick=\"location.replace('/done')\">x</button>",
}


@pytest.mark.parametrize("way", WAYS_ON)
def test_after_a_click_the_page_is_the_one_it_leads_to(browser, site, way):
    site.pages["/on"] = WAYS_ON[way]
    for _ in range(5):
        browser.open("/on")
        browser.click("#x")
        assert browser.text("h1") == "Thank you"


WAYS_NOWHERE = {
    "nothing": "<button id=x>x</button>",
    "fragment": "<a id=x href=#here>x</a>",
    "popup": "<a id=x target=_blank href=/done>x</a>",
    "refused": "<a id=x href=http://127.0.0.1:1/>x</a>",
}


@pytest.mark.parametrize("way", WAYS_NOWHERE)
def test_a_click_that_leads_nowhere_is_done(browser, site, way):
    site.pages["/on"] = WAYS_NOWHERE[way]
    browser.open("/on")
    assert browser.click("#x", timeout_ms=5000) is None


def test_the_services_own_origin_is_in_no_address(browser, site):
    browser.open(f"{site.origin}/done?a=1#b")
    assert browser.url() == "/done?a=1#b"


def test_a_snapshot_is_an_outline_of_roles_and_names(browser):
    browser.open("/")
    assert '- heading "Hello" [level=1]' in browser.snapshot()
    assert '- button "Send"' in browser.snapshot()


def test_a_screenshot_is_a_png_in_the_reply(browser):
    browser.open("/")
    assert picture(browser.screenshot()).startswith(b"\x89PNG")
    assert picture("text") is None


def test_a_script_gives_json(browser):
    browser.open("/")
    assert browser.eval("({a: [1, 'x', null]})") == {"a": [1, "x", None]}


@pytest.mark.parametrize("script", ["NaN", "1/0", "throw new Error('no')", "(("])
def test_a_script_without_json_fails(browser, script):
    browser.open("/")
    with pytest.raises(EffectFailed):
        browser.eval(script)


def test_waiting_finds_what_comes_later(browser, site):
    site.pages["/later"] = (
        "<p hidden>Paid</p><script>setTimeout(() => document.body.append('Paid now'), 50)</script>"
    )
    browser.open("/later")
    assert browser.wait(text="Paid now", timeout_ms=5000) is None


@pytest.mark.parametrize("wanted", [{"text": "never"}, {"selector": "#never"}, {"selector": "#no"}])
def test_waiting_in_vain_fails_in_time(browser, wanted):
    browser.open("/")
    with pytest.raises(EffectFailed, match="50ms"):
        browser.wait(**wanted, timeout_ms=50)


def test_a_selector_that_means_two_elements_is_refused(browser):
    browser.open("/")
    with pytest.raises(EffectFailed, match="strict mode"):
        browser.text(".two")


def test_cookies_are_told_without_their_host_and_time(browser):
    browser.open("/")
    browser.eval("document.cookie = 'a=1'")
    [cookie] = browser.cookies()
    assert (cookie["name"], cookie["value"]) == ("a", "1")
    assert not {"domain", "expires"} & set(cookie)


def test_two_browsers_share_no_cookie(site, browser):
    browser.open("/")
    browser.eval("document.cookie = 'shared=1'")
    with Browser(site.connect, f"127.0.0.1:{site.port}") as second:
        driven = Driven(second)
        driven.open("/")
        assert driven.cookies() == []


# --- nowhere else -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "//example.com/", "file:///etc/passwd", "chrome://version",
     "javascript:1", "data:text/html,x", "http://127.0.0.1:1/", "http://localhost/"],
)  # fmt: skip
def test_only_the_service_is_opened(browser, url):
    with pytest.raises(EffectFailed, match="nothing but the service"):
        browser.open(url)


WAYS = {
    "image": "<img src={other}/>",
    "script": "<script src={other}/></script>",
    "style": "<link rel=stylesheet href={other}/>",
    "frame": "<iframe src={other}/></iframe>",
    "preconnect": "<link rel=preconnect href={other}><link rel=prefetch href={other}/>",
    "fetch": "<script>fetch('{other}/', {{mode: 'no-cors'}})</script>",
    "beacon": "<script>navigator.sendBeacon('{other}/', 'x')</script>",
    "socket": "<script>new WebSocket('{other}/'.replace('http', 'ws'))</script>",
    "events": "<script>new EventSource('{other}/')</script>",
    "popup": "<script>window.open('{other}/')</script>",
    "leave": "<script>location = '{other}/'</script>",
    "refresh": "<meta http-equiv=refresh content='0; url={other}/'>",
    "worker": "<script>new Worker(URL.createObjectURL(new Blob([`fetch('{other}/')`])))</script>",
    "download": "<a download href={other}/ id=a>x</a><script>a.click()</script>",
    "ping": "<a href=/done ping={other}/ id=a>x</a><script>a.click()</script>",
    "form": "<form method=post action={other}/ id=f></form><script>f.submit()</script>",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_page_reaches_no_other_origin(browser, site, other, way):
    site.pages["/bad"] = WAYS[way].format(other=other.origin)
    with contextlib.suppress(EffectFailed):  # it went elsewhere, and was not let
        browser.open("/bad")
    with contextlib.suppress(EffectFailed):
        browser.eval("new Promise(done => setTimeout(done, 150))")
    browser.open("/done")
    assert other.asked == []


def test_a_redirect_to_another_origin_leads_nowhere(browser, site, other):
    site.redirects["/away"] = f"{other.origin}/"
    with pytest.raises(EffectFailed):
        browser.open("/away")
    assert other.asked == []


def test_datagrams_of_a_page_go_nowhere(browser, site):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(0.5)
        port = listening.getsockname()[1]
        site.pages["/rtc"] = f"""<script>
          const peer = new RTCPeerConnection({{iceServers: [{{urls: 'stun:127.0.0.1:{port}'}}]}});
          peer.createDataChannel('x');
          peer.createOffer().then(offer => peer.setLocalDescription(offer));
        </script>"""
        browser.open("/rtc")
        with pytest.raises(TimeoutError):
            listening.recvfrom(2048)


def test_what_a_page_opens_beside_itself_is_closed(browser, site):
    site.pages["/pop"] = "<title>still here</title><script>window.open('/done')</script>"
    browser.open("/pop")
    assert browser.title() == "still here"


# --- hostile pages ------------------------------------------------------------------------


@pytest.fixture
def own(site):
    with Browser(site.connect, f"127.0.0.1:{site.port}") as browser:
        yield Driven(browser)


def test_a_page_that_never_comes_to_rest_costs_no_more_than_its_time(own, site):
    site.pages["/busy"] = "<script>for (;;) {}</script>"
    own.open("/done")
    with pytest.raises(EffectFailed, match=r"in time|exceeded"):
        own.open("/busy", timeout_ms=300)
    with pytest.raises(EffectFailed, match=r"in time|exceeded"):
        own.title(timeout_ms=300)


def test_a_page_that_asks_is_not_answered(browser, site):
    site.pages["/ask"] = "<script>alert(1); confirm(2); prompt(3)</script><h1>on</h1>"
    browser.open("/ask")
    assert browser.text("h1") == "on"


def test_a_service_that_is_gone_is_an_error_and_no_crash(tmp_path):
    def refused(timeout_s: float) -> socket.socket:
        raise ConnectionRefusedError

    with Browser(refused, "127.0.0.1:9") as browser, pytest.raises(EffectFailed, match="net::"):
        Driven(browser).open("/")


def test_without_chromium_the_remedy_is_told(monkeypatch):
    monkeypatch.setattr(launching, "NAMES", ("no-such-browser",))
    remedy = "apt-get install chromium"
    with (
        Browser(lambda _: socket.socket(), "127.0.0.1:9") as browser,
        pytest.raises(EffectMissing, match=remedy),
    ):
        Driven(browser).open("/")


# --- the end ------------------------------------------------------------------------------


def _left(folder: str) -> list[str]:
    """Return the command lines of running processes that name a folder."""
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(entry.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [line for line in found if folder in line]


@pytest.fixture
def short():
    """A folder whose name leaves room for the names of sockets in it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


def test_nothing_is_left_of_a_browser(site, monkeypatch, short):
    monkeypatch.setattr(tempfile, "tempdir", str(short))
    before = threading.active_count()
    with Browser(site.connect, f"127.0.0.1:{site.port}") as browser:
        Driven(browser).open("/")
        assert _left(str(short))
    assert list(short.iterdir()) == []
    assert _left(str(short)) == []
    assert threading.active_count() <= before


def test_nothing_of_a_page_is_written_to_the_disk(site, monkeypatch, short):
    monkeypatch.setattr(tempfile, "tempdir", str(short))
    site.pages["/secret-path"] = "<title>canary-title</title><h1>canary-text</h1>"
    with Browser(site.connect, f"127.0.0.1:{site.port}") as browser:
        driven = Driven(browser)
        driven.open("/secret-path")
        driven.eval("localStorage.setItem('a', 'canary-stored'); document.cookie = 'a=canary-c'")
        driven.screenshot()
        written = [path.read_bytes() for path in short.rglob("*") if path.is_file()]
    assert written
    for canary in (b"canary", b"secret-path"):
        assert not any(canary in data for data in written)


def test_only_the_user_can_look_into_a_browsers_folder(site, monkeypatch, short):
    monkeypatch.setattr(tempfile, "tempdir", str(short))
    with Browser(site.connect, f"127.0.0.1:{site.port}") as browser:
        Driven(browser).open("/")
        [folder] = short.iterdir()
        assert folder.stat().st_mode & 0o077 == 0


KILLED = """
import os, sys, tempfile, socket
tempfile.tempdir = sys.argv[1]
from sigil.gate.browser import Browser
from sigil.gate.effects import Call
def connect(timeout): return socket.create_connection(("127.0.0.1", int(sys.argv[2])), timeout)
browser = Browser(connect, "127.0.0.1:" + sys.argv[2])
browser.perform(Call("browser", {"action": "open", "url": "/"}))
print("up", flush=True)
os.kill(os.getpid(), 9)
"""


def test_a_browser_dies_with_the_process_that_drives_it(site, short):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(short), str(site.port)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "up\n"
    waited = threading.Event()
    for _ in range(100):
        if not _left(str(short)):
            break
        waited.wait(0.05)
    assert _left(str(short)) == []


def test_a_scenario_that_is_out_of_time_leaves_no_browser(site):
    text = """return { policy = { capabilities = { "browser" } }, run = function()
      sigil.browser.open("/")
      sigil.sleep(60)
      expect(true)
    end }"""
    with Hall() as hall:
        assignment = Assignment(
            scenario=Scenario("s", "visible", text, "s.lua"),
            seed=1,
            limits=Limits(),
            authority=f"127.0.0.1:{site.port}",
            origins=frozenset({site.origin}),
            most_seconds=8.0,
        )
        with pytest.raises(Lost):
            hall.examine(assignment, answer=lambda call: None, connect=site.connect)
        assert site.asked
        waited = threading.Event()
        for _ in range(100):
            if not _descendants(hall._process.pid):
                break
            waited.wait(0.05)
        assert _descendants(hall._process.pid) == []


def _descendants(parent: int) -> list[str]:
    """Return the names of what a process has started, and of what that has."""
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            status = (entry / "status").read_text(encoding="utf-8")
            if f"PPid:\t{parent}\n" in status:
                found += [status.partition("\n")[0], *_descendants(int(entry.name))]
    return found
