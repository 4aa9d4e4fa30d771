"""Services that somebody else puts up, by their addresses.

Nothing is started, isolated or ended here. What the service does with the requests that it gets,
and whether it is what was ordered, only who put it up can say; `docs/deployments.md` says what
that costs.

Not here: services that are put up here (`process`, `compose`).
"""

from __future__ import annotations

import socket
import ssl
from functools import cached_property
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from sigil.gate.deploy.encrypted import plain_end_of
from sigil.gate.deploy.health import wait_until_healthy
from sigil.gate.deploy.model import SHOWN, Order
from sigil.gate.deploy.settings import External
from sigil.printable import printable

_PORTS = {"http": 80, "https": 443}


class ExternalDeployment:
    """A service elsewhere. See `sigil.gate.deploy.model.Deployment`.

    Args:
        order: whose service.
        settings: of ``order``.
    """

    def __init__(self, order: Order, settings: External):
        self._order = order
        self._settings = settings
        self._origin = settings.urls.pr if order.side == "pr" else settings.urls.baseline
        parts = urlsplit(self._origin)
        self._host = str(parts.hostname)
        self._port = parts.port or _PORTS[parts.scheme]
        self._secure = parts.scheme == "https"
        self._up = False
        self.authority = parts.netloc

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def origins(self) -> frozenset[str]:
        """Return its origin."""
        return frozenset({self._origin})

    @property
    def alive(self) -> bool:
        """Return whether it was healthy at the start; nobody here knows more."""
        return self._up

    def start(self) -> None:
        """Wait until it is healthy; see `Deployment.start`."""
        self._order.progress(f"asking {self._order.side}: {printable(self.authority, SHOWN)}")
        wait_until_healthy(
            self.connect,
            self.authority,
            self._settings.health,
            self._settings.start_s,
            progress=self._order.progress,
        )
        self._up = True

    def connect(self, timeout_s: float) -> socket.socket:
        """Return a new connection, encrypted and authenticated where the origin says https."""
        made = socket.create_connection((self._host, self._port), timeout=timeout_s)
        if not self._secure:
            return made
        try:
            plain = plain_end_of(self._tls.wrap_socket(made, server_hostname=self._host))
        except BaseException:
            made.close()
            raise
        plain.settimeout(timeout_s)
        return plain

    def stop(self) -> None:
        """Leave it alone."""
        self._up = False

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()
