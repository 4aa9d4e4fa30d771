"""Wait for where a click leads, if it leads anywhere.

The driver does not: a click is done when it is done, and a form that it has sent is on its way
then. So whoever reads the page right after would read the one before, now and then.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from playwright.async_api import Frame, Page, Request

_LEAVES_S: Final = 0.1
"""Within which a click that leads elsewhere begins to."""


class _Journey:
    """Hears when a page begins to go elsewhere, and when it is there."""

    def __init__(self, page: Page):
        self._page = page
        self.left, self.arrived = asyncio.Event(), asyncio.Event()

    def asked(self, request: Request) -> None:
        if request.is_navigation_request() and request.frame == self._page.main_frame:
            self.left.set()

    def came(self, frame: Frame) -> None:
        if frame == self._page.main_frame:
            self.arrived.set()

    def failed(self, request: Request) -> None:
        if request.is_navigation_request():
            self.arrived.set()


async def arriving(page: Page, deed: Awaitable[None]) -> None:
    """Do something to a page; if it goes elsewhere by that, return once it is there."""
    journey = _Journey(page)
    page.on("request", journey.asked)
    page.on("framenavigated", journey.came)
    page.on("requestfailed", journey.failed)
    try:
        await deed
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(journey.left.wait(), _LEAVES_S)
        if journey.left.is_set():
            await journey.arrived.wait()
        await page.wait_for_load_state("load")
    finally:
        page.remove_listener("request", journey.asked)
        page.remove_listener("framenavigated", journey.came)
        page.remove_listener("requestfailed", journey.failed)
