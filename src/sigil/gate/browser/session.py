"""Answer a scenario's browser calls, each within its time.

The page is foreign. Whatever it does, a call ends: with a reply, or with `EffectFailed` when its
time is over, the page has crashed, or what was asked for is not there. A page that never comes to
rest is not waited for at the end.

Not here: what the actions do (`sigil.gate.browser.actions`).
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import Awaitable, Collection, Coroutine
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar
from urllib.parse import urlsplit

from sigil.errors import install
from sigil.gate.browser import launching
from sigil.gate.browser.actions import ACTIONS, Place
from sigil.gate.browser.arriving import journeys
from sigil.gate.browser.door import Connector, Destination, Door
from sigil.gate.effects import Call, EffectFailed, EffectMissing, Json
from sigil.printable import printable
from sigil.store.files import sweep, temporary_directory

if TYPE_CHECKING:
    from playwright.async_api import Page

ACTION_S: Final = 10.0
"""Of an action that does not say."""
START_S: Final = 60.0
_GRACE_S: Final = 1.0
"""Past a time limit of the driver's own, whose message says more."""
_CLOSE_S: Final = 5.0
_LONGEST: Final = 300
_PORTS: Final = {"http": 80, "https": 443}

T = TypeVar("T")


class Browser:
    """Answers calls of kind ``browser``; one thread at a time. A context manager.

    Args:
        connect: makes connections to the service; called from other threads.
        authority: host and port under which the service is addressed.
        origins: every origin that is the service.
    """

    def __init__(self, connect: Connector, authority: str, origins: Collection[str] = ()):
        secure = f"https://{authority}".lower() in origins
        self._origin = f"{'https' if secure else 'http'}://{authority}".lower()
        # A browser encrypts by itself, over a plain connection.
        self._connect = _dialling(_destination(self._origin)) if secure else connect
        self._held = ExitStack()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._place: Place | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def perform(self, call: Call) -> Json:
        """Return the reply; see `sigil.gate.browser.actions`.

        Raises:
            EffectFailed: there is no browser, the action cannot be done, or not in time.
        """
        request = call.request
        action = ACTIONS.get(str(request.get("action")))
        if call.kind != "browser" or action is None:
            raise EffectFailed("the browser has no such action")
        place = self._place or self._start()
        timeout_s = float(request.get("timeout_ms") or ACTION_S * 1000) / 1000
        place.page.set_default_timeout(timeout_s * 1000)
        return self._within(timeout_s + _GRACE_S, action(place, request))

    def close(self) -> None:
        """End the browser and remove all that it wrote; idempotent."""
        held, self._held = self._held, ExitStack()
        self._place = None
        held.close()

    # --- starting ---------------------------------------------------------------------------

    def _start(self) -> Place:
        try:
            place = self._within(START_S, self._launch())
        except EffectFailed as failed:
            failed.is_ours = True  # no page was asked for yet
            self.close()
            raise
        except BaseException:
            self.close()
            raise
        self._place = place
        return place

    async def _launch(self) -> Place:
        try:
            from playwright.async_api import async_playwright  # noqa: PLC0415 - an extra
        except ImportError:
            raise EffectMissing(
                f"the browser's driver is not installed: {install('browser')}"
            ) from None
        home = Path(tempfile.gettempdir())
        sweep(home)
        folder = self._held.enter_context(temporary_directory(home))
        door = Door(self._connect, {_destination(self._origin)})
        self._held.callback(door.close)
        options = launching.options(folder, door.port)
        with launching.temporary_files_in(folder):
            driver = await async_playwright().start()
        self._held.callback(self._stop, driver.stop)
        chromium = await driver.chromium.launch(**options)
        self._held.callback(self._stop, chromium.close)
        context = await chromium.new_context(**launching.CONTEXT)
        page = await context.new_page()
        context.on("page", _close_popup)
        return Place(page, await journeys(page), self._origin)

    def _stop(self, stop: Any) -> None:
        with contextlib.suppress(EffectFailed):
            self._within(_CLOSE_S, stop())

    # --- time -------------------------------------------------------------------------------

    def _within(self, seconds: float, work: Awaitable[T]) -> T:
        """Return what comes of ``work``.

        Raises:
            EffectFailed: nothing, in that time or at all.
        """
        if self._loop is None:
            loop = self._loop = asyncio.new_event_loop()
            self._held.callback(self._end_loop, loop)
        try:
            return self._loop.run_until_complete(_timed(work, seconds))
        except TimeoutError:
            raise EffectFailed("the browser did not do it in time") from None
        except EffectFailed:
            raise
        except Exception as error:  # the driver's, which may not be imported
            raise EffectFailed(_said(error, self._origin)) from error

    def _end_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = None
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


async def _timed(work: Awaitable[T], seconds: float) -> T:
    return await asyncio.wait_for(work, seconds)


def _close_popup(page: Page) -> Coroutine[Any, Any, None]:
    """Close what a page opens beside itself: a scenario has one page."""
    return page.close()


def _said(error: Exception, origin: str) -> str:
    """Return the first line of a driver's message, without its method and the service's origin."""
    first = (str(error) or type(error).__name__).splitlines()[0].replace(origin, "")
    _, _, rest = first.partition(": ")
    return f"the browser: {printable(rest or first, _LONGEST)}"


def _destination(origin: str) -> Destination:
    parts = urlsplit(origin)
    return str(parts.hostname), parts.port or _PORTS[parts.scheme]


def _dialling(destination: Destination) -> Connector:
    def dial(timeout_s: float) -> socket.socket:
        return socket.create_connection(destination, timeout=timeout_s)

    return dial
