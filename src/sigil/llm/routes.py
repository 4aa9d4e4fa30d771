"""The way to a server: straight, or through a proxy that the system names.

Proxies are those of ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``, which may
name networks too, or of the system's own settings. No error repeats a proxy's URL: a password
may be in it.

Not here: connections (`sigil.llm.plain_client`).
"""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from sigil.errors import ProviderFailed

PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Route:
    """The way to a server.

    Args:
        scheme: of its URL.
        host: its name.
        port: its port.
        shown: host and port as the header of that name has them.
        proxy: the URL of what stands between, if anything does.
    """

    scheme: str
    host: str
    port: int
    shown: str
    proxy: SplitResult | None

    @property
    def is_relayed(self) -> bool:
        """Whether a proxy reads what is sent, and so has to be told where it goes."""
        return self.proxy is not None and self.scheme == "http"

    @property
    def first_stop(self) -> tuple[str, int]:
        """Host and port of what is connected to: the proxy, if there is one."""
        if self.proxy is None:
            return self.host, self.port
        return ascii_name(self.proxy.hostname or ""), self.proxy.port or PORTS["http"]

    @property
    def named(self) -> str:
        """``user:password``, if the proxy wants one."""
        if self.proxy is None or self.proxy.username is None:
            return ""
        return f"{unquote(self.proxy.username)}:{unquote(self.proxy.password or '')}"

    @property
    def for_proxy(self) -> dict[str, str]:
        """The headers by which a proxy knows us."""
        token = b64encode(self.named.encode("utf-8", "replace")).decode()
        return {"Proxy-Authorization": f"Basic {token}"} if self.named else {}


def route_to(url: str) -> Route:
    """Return the way to the server of ``url``.

    Raises:
        ProviderFailed: it is no address, or the proxy on the way is none.
    """
    try:
        parts = urlsplit(url)
        host, port = ascii_name(parts.hostname or ""), parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        raise _no_address(url) from None
    if not host or not port:
        raise _no_address(url)
    bracketed = f"[{host}]" if ":" in host else host
    shown = bracketed if port == PORTS[parts.scheme] else f"{bracketed}:{port}"
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    direct = proxy_bypass(f"{bracketed}:{port}") or _is_among(host, proxies.get("no", ""))
    between = None if direct or not proxy else _proxy(proxy, parts.scheme)
    return Route(parts.scheme, host, port, shown, between)


def _no_address(url: str) -> ProviderFailed:
    return ProviderFailed(f"{url} is no address of a server", remedy="see base_url")


def ascii_name(host: str) -> str:
    """Return the name of a host as the network has it."""
    return host if host.isascii() else host.encode("idna").decode()


def _is_among(host: str, listed: str) -> bool:
    """Return whether ``NO_PROXY`` names a network of an address, or a domain as ``*.example``."""
    entries = [entry.strip() for entry in listed.split(",")]
    if any(entry.startswith("*.") and host.endswith(entry[1:]) for entry in entries):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    for entry in entries:
        with suppress(ValueError):
            if address in ip_network(entry, strict=False):
                return True
    return False


def _proxy(url: str, scheme: str) -> SplitResult:
    """Return the parts of a proxy's URL, of which no error repeats anything: it has a password."""
    with suppress(ValueError):
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme == "http" and ascii_name(parts.hostname or "") and parts.port != 0:
            return parts
    raise ProviderFailed(
        f"the proxy for {scheme} is none that is spoken to by HTTP",
        remedy="name one as http://host:port, or name the server in NO_PROXY",
    )
