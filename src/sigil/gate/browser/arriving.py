"""Wait for where a click leads, if it leads anywhere.

The driver does not: a click is done when it is done, and a form that it has sent is on its way
then. So whoever reads the page right after would read the one before, now and then.

The renderer says when a page asks to go elsewhere, and it says so before it answers anything that
it is asked later. So once it has answered a question that was asked after the click, it is known
whether the click leads elsewhere; no time has to be guessed. What a page begins by itself later
on is for ``wait``.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from playwright.async_api import Frame, Page, Request

_QUESTION: Final = {
    "expression": "new Promise(answer => setTimeout(answer, 0))",
    "awaitPromise": True,
}


class Journeys:
    """Hears whether a page asks to go elsewhere, and when it is there.

    Args:
        page: the page.
        renderer: a session with its renderer (``CDPSession``) in which ``Page`` is enabled.
        frame: the renderer's id of its main frame.
    """

    def __init__(self, page: Page, renderer: Any, frame: str):
        self._page, self._renderer, self._frame = page, renderer, frame
        self._leaves = False
        self._arrived = asyncio.Event()
        renderer.on("Page.frameRequestedNavigation", self._asked)
        page.on("framenavigated", self._came)
        page.on("requestfailed", self._failed)

    async def arriving(self, deed: Awaitable[None]) -> None:
        """Do something to the page; if it goes elsewhere by that, return once it is there."""
        self._leaves = False
        self._arrived.clear()
        await deed
        with contextlib.suppress(Exception):  # the driver's: the page is gone, so it has left
            await self._renderer.send("Runtime.evaluate", _QUESTION)
        if self._leaves:
            await self._arrived.wait()
        await self._page.wait_for_load_state("load")

    def _asked(self, event: dict[str, Any]) -> None:
        if event["frameId"] == self._frame and event["disposition"] == "currentTab":
            self._leaves = True

    def _came(self, frame: Frame) -> None:
        if frame == self._page.main_frame:
            self._arrived.set()

    def _failed(self, request: Request) -> None:
        if request.is_navigation_request():
            self._arrived.set()


async def journeys(page: Page) -> Journeys:
    """Begin to listen to a page."""
    renderer: Any = await page.context.new_cdp_session(page)
    await renderer.send("Page.enable")
    tree = await renderer.send("Page.getFrameTree")
    return Journeys(page, renderer, str(tree["frameTree"]["frame"]["id"]))
