"""The page about a run, opened in a real browser."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
from tests.browser.chromium import BINARY, Browser, chromium
from tests.optimize.made_up import candidate, history, improved, large, measured, recorded

from sigil.optimize.picture.facts import Facts
from sigil.optimize.picture.page import page

pytestmark = pytest.mark.skipif(BINARY is None, reason="there is no chromium on this machine")
HOSTILE = (
    "</script><img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Generator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


def shown(browser: Browser, folder: Path, facts: Facts, width: int = 1280) -> Browser:
    path = folder / "page.html"
    path.write_text(page(facts), encoding="utf-8")
    browser.show(width, 900)
    browser.open(path)
    return browser


def test_it_loads_without_a_complaint_and_asks_for_nothing_else(
    browser: Browser, tmp_path: Path
) -> None:
    shown(browser, tmp_path, improved())
    assert browser.complaints() == []
    assert browser.requests() == [(tmp_path / "page.html").as_uri()]


def test_hostile_notes_run_nothing(browser: Browser, tmp_path: Path) -> None:
    bad = candidate(1, note=HOSTILE, proposer=HOSTILE, evaluation=measured(2.0))
    shown(browser, tmp_path, Facts(recorded(description=HOSTILE), history(bad, ended=HOSTILE)))
    assert browser.evaluate("document.title") == "work: nothing better was accepted"
    assert browser.evaluate("document.images.length") == 0
    assert browser.complaints() == []


def test_even_a_script_that_got_in_would_not_run(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    got_in = "<body><script>document.title='owned'</script><img src=x onerror=alert(1)>"
    path.write_text(page(improved()).replace("<body>", got_in), encoding="utf-8")
    browser.open(path)
    assert browser.evaluate("document.title") == "work: latency 5× faster"
    assert any("Content Security Policy" in said for said in browser.complaints())


def test_a_press_on_a_heading_sorts_its_table(browser: Browser, tmp_path: Path) -> None:
    values = [9.0, 10.5, 2.0]
    made = [candidate(n, evaluation=measured(v)) for n, v in enumerate(values, start=1)]
    shown(browser, tmp_path, Facts(recorded(), history(*made)))
    best = "[...document.querySelectorAll('h2')].find(h => h.textContent === 'Best candidates')"
    column = (
        f"[...{best}.parentElement.querySelectorAll('tbody tr')].map(r => r.cells[1].textContent)"
    )
    press = f"{best}.parentElement.querySelectorAll('th button')[1].click()"
    assert browser.evaluate(column) == ["~2 ms", "~9 ms", "~10.5 ms"]
    browser.evaluate(press)
    browser.evaluate(press)
    assert browser.evaluate(column) == ["~10.5 ms", "~9 ms", "~2 ms"]


@pytest.mark.parametrize("width", [1280, 420])
def test_nothing_is_wider_than_the_window(browser: Browser, tmp_path: Path, width: int) -> None:
    shown(browser, tmp_path, large(400), width)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width


def test_whoever_likes_it_dark_gets_it_dark(browser: Browser, tmp_path: Path) -> None:
    shown(browser, tmp_path, improved())
    background = "getComputedStyle(document.body).backgroundColor"
    light = browser.evaluate(background)
    browser.show(1280, 900, "dark")
    assert browser.evaluate(background) != light
    browser.show(1280, 900, "dark", media="print")
    assert browser.evaluate(background) == "rgb(255, 255, 255)"


def test_every_dot_of_a_chart_lies_in_its_chart(browser: Browser, tmp_path: Path) -> None:
    shown(browser, tmp_path, large(400), 420)
    inside = """(() => {
      const chart = document.querySelector("svg.chart").getBoundingClientRect();
      return [...document.querySelectorAll("svg.chart .dots, svg.chart circle")].every((dot) => {
        const box = dot.getBoundingClientRect();
        return box.left >= chart.left && box.right <= chart.right + 1 && box.top >= chart.top - 1;
      });
    })()"""
    assert browser.evaluate(inside) is True
