"""What each action of a scenario does on a page.

Getters give text, ``visible`` a boolean, ``eval`` and ``cookies`` JSON, everything else nothing.
The service's own origin is never part of an address that a getter gives, so that both sides of an
exam, and a repeated one, give the same.

Not here: time limits, errors, the browser itself (`sigil.gate.browser.session`).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urljoin, urlsplit

from sigil.gate.browser.arriving import Journeys
from sigil.gate.effects import EffectFailed, Json
from sigil.gate.pictures import as_text

if TYPE_CHECKING:
    from playwright.async_api import Page

_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scenario's browser is.

    Args:
        page: its page.
        journeys: where that goes.
        origin: of the service.
    """

    page: Page
    journeys: Journeys
    origin: str

    def address(self, written: str) -> str:
        """Return the whole address of a path, or of a URL of the service.

        Raises:
            EffectFailed: it is somewhere else.
        """
        whole = urljoin(f"{self.origin}/", written)
        parts = urlsplit(whole)
        if f"{parts.scheme}://{parts.netloc}".lower() != self.origin:
            raise EffectFailed("the browser opens nothing but the service under test")
        return whole

    def shown(self, address: str) -> str:
        """Return an address of the service as a path, any other as it is."""
        rest = address.removeprefix(self.origin)
        return (rest or "/") if rest != address and rest[:1] in {"", "/", "?", "#"} else address


Action = Callable[[Place, Mapping[str, Any]], Awaitable[Json]]


async def _open(place: Place, request: Mapping[str, Any]) -> None:
    page, address = place.page, place.address(request["url"])
    for _ in range(_TRIES):
        try:
            await page.goto(address, wait_until="load")
        except Exception as error:
            # What Chromium shows of an address that it could not open comes late, and gets in
            # the way of whatever is opened next.
            if "interrupted by another navigation" not in str(error):
                raise
            await page.wait_for_load_state("load")
        if page.url.partition("#")[0] != "about:blank" and "chrome-error:" not in page.url:
            return
    raise EffectFailed("the page goes elsewhere while it is opened")


async def _click(place: Place, request: Mapping[str, Any]) -> None:
    await place.journeys.arriving(place.page.click(request["selector"], strict=True))


async def _fill(place: Place, request: Mapping[str, Any]) -> None:
    await place.page.fill(request["selector"], request["value"], strict=True)


async def _wait(place: Place, request: Mapping[str, Any]) -> None:
    text = request.get("text")
    sought = (
        place.page.get_by_text(text)
        if text is not None
        else place.page.locator(request["selector"])
    )
    # The first that can be seen: a text is often in a hidden element as well.
    await sought.filter(visible=True).first.wait_for(state="visible")


async def _text(place: Place, request: Mapping[str, Any]) -> str:
    return (await place.page.inner_text(request["selector"], strict=True)).strip()


async def _html(place: Place, request: Mapping[str, Any]) -> str:
    selector = request.get("selector")
    if selector is None:
        return await place.page.content()
    return await place.page.inner_html(selector, strict=True)


async def _title(place: Place, request: Mapping[str, Any]) -> str:
    del request
    return await place.page.title()


async def _url(place: Place, request: Mapping[str, Any]) -> str:
    del request
    return place.shown(place.page.url)


async def _visible(place: Place, request: Mapping[str, Any]) -> bool:
    return await place.page.locator(request["selector"]).filter(visible=True).count() > 0


async def _snapshot(place: Place, request: Mapping[str, Any]) -> str:
    del request
    return await place.page.locator("body").aria_snapshot()


async def _screenshot(place: Place, request: Mapping[str, Any]) -> str:
    del request
    data = await place.page.screenshot(full_page=True, animations="disabled")
    return as_text(data)


async def _eval(place: Place, request: Mapping[str, Any]) -> Json:
    value = await place.page.evaluate(request["script"])
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        raise EffectFailed("the script gave something that is no JSON") from None


async def _cookies(place: Place, request: Mapping[str, Any]) -> Json:
    del request
    found = cast("list[dict[str, Any]]", await place.page.context.cookies())
    kept = ("name", "value", "path", "httpOnly", "secure", "sameSite")
    shown = [{key: cookie.get(key) for key in kept} for cookie in found]
    return sorted(shown, key=lambda cookie: (str(cookie["name"]), str(cookie["path"])))


ACTIONS: Mapping[str, Action] = {
    "open": _open,
    "click": _click,
    "fill": _fill,
    "wait": _wait,
    "text": _text,
    "html": _html,
    "title": _title,
    "url": _url,
    "visible": _visible,
    "snapshot": _snapshot,
    "screenshot": _screenshot,
    "eval": _eval,
    "cookies": _cookies,
}
"""By name."""
