"""The page about an evaluation, opened in a real browser."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.browser.chromium import BINARY, Browser, chromium
from tests.gate.summaries import FAILED, SUMMARY, holdout, told, visible

from sigil.gate.decision import Verdict
from sigil.gate.record.summary import Figures, Summary
from sigil.gate.view.frames import Frames
from sigil.gate.view.page import page

pytestmark = pytest.mark.skipif(BINARY is None, reason="there is no chromium on this machine")
HOSTILE = "</style><script>document.title='owned'</script><img src=x onerror=alert(1)>"
FULL = replace(
    SUMMARY,
    commits={"change": "a" * 40, "baseline": "b" * 40, "control": "c" * 40},
    scores={half: Figures("0.50", "1.00", "−0.50") for half in ("visible", "holdout", "overall")},
    reasons=[{"verdict": "BLOCK"}, {"verdict": "REVIEW"}],
    troubles=[{"stage": "deploy pr", "problem": "x" * 300}],
)
FRAME = "│ " + "wide " * 80
COLOURS = """(() => {
  const number = (text) => text.match(/[0-9.]+/g).map(Number);
  const light = (rgb) => {
    const part = rgb.slice(0, 3).map((v) => v / 255)
      .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
  };
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const found = number(getComputedStyle(one).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const chosen = ".verdict, .reasons b, .reasons span, .step.pass, .step.fail, td, th, pre, .less";
  return [...document.querySelectorAll(chosen)].map((element) => {
    const ink = light(number(getComputedStyle(element).color)), paper = light(ground(element));
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  });
})()"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Generator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


def shown(browser: Browser, folder: Path, found: Summary = FULL, **how: object) -> Browser:
    lines = (visible("billing/upgrade" * 6, FAILED), visible("a"), holdout(1, FAILED))
    path = folder / "page.html"
    path.write_text(page(found, told(*lines), Frames((FRAME,))), encoding="utf-8")
    browser.show(int(str(how.get("width", 1280))), 900, str(how.get("scheme", "light")))
    browser.open(path)
    return browser


def test_it_loads_without_a_complaint_and_asks_for_nothing_else(browser, tmp_path):
    shown(browser, tmp_path)
    assert browser.complaints() == []
    assert browser.requests() == [(tmp_path / "page.html").as_uri()]


def test_hostile_text_runs_nothing(browser, tmp_path):
    shown(browser, tmp_path, replace(FULL, ref=HOSTILE, lines=[HOSTILE], service=HOSTILE))
    assert browser.evaluate("document.images.length") == 0
    assert browser.evaluate("document.title").startswith("BLOCK")
    assert browser.complaints() == []


def test_even_a_script_that_got_in_would_not_run(browser, tmp_path):
    path = tmp_path / "page.html"
    got_in = "<body><script>document.title='owned'</script>"
    path.write_text(page(FULL, told(), Frames()).replace("<body>", got_in), encoding="utf-8")
    browser.open(path)
    assert browser.evaluate("document.title") != "owned"
    assert any("Content Security Policy" in said for said in browser.complaints())


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_window(browser, tmp_path, width):
    shown(browser, tmp_path, width=width)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("verdict", Verdict)
def test_all_of_it_can_be_read_against_its_ground(browser, tmp_path, scheme, verdict):
    """WCAG 2.2, 1.4.3: 4.5 to 1."""
    reasons = [{"verdict": word.value} for word in (verdict, Verdict.REVIEW)]
    shown(browser, tmp_path, replace(FULL, verdict=verdict, reasons=reasons), scheme=scheme)
    ratios = browser.evaluate(COLOURS)
    assert len(ratios) > 20
    assert min(ratios) >= 4.5


def test_whoever_likes_it_dark_gets_it_dark_but_on_paper(browser, tmp_path):
    shown(browser, tmp_path)
    background = "getComputedStyle(document.body).backgroundColor"
    assert browser.evaluate(background) == "rgb(255, 255, 255)"
    browser.show(1280, 900, "dark")
    assert browser.evaluate(background) != "rgb(255, 255, 255)"
    browser.show(1280, 900, "dark", media="print")
    assert browser.evaluate(background) == "rgb(255, 255, 255)"
