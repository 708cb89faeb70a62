"""The one door to machines outside. No node code opens a connection in any other way.

    name ─▶ resolved once ─▶ every address judged ─▶ connected to exactly that address ─▶ socket

What a name means is asked once: a name server that answers otherwise the second time is not asked a second time. Nobody follows redirects. Addresses that are
not on the public internet are refused, and so is every port that is not one of a few; `FLOWZA_EGRESS_ALLOW` is how the owner of this installation opens
an internal host, as `host:port`, `address:port` or `network:port`, separated by commas. Addresses that hand out credentials cannot be opened at all.
"""

import ipaddress
import os
import re
import socket
from collections.abc import Callable, Sequence
from typing import Any

from node_containers.sdk import NodeError

ALLOWED_PORTS = frozenset((80, 443, 5432, 6432, 6543, 8443))
CONNECT_SECONDS = 10
VARIABLE = "FLOWZA_EGRESS_ALLOW"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[..., Sequence[tuple[Any, ...]]]
# Where clouds answer with credentials: link-local, and AWS's own two.
_NEVER = tuple(ipaddress.ip_network(text) for text in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32"))
# Prefixes whose last 32 bits are an IPv4 address that a gateway would connect to (RFC 6052, RFC 8215).
_TRANSLATED = tuple(ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48"))
_HOST = re.compile(r"(?!-)[A-Za-z0-9_.-]{1,253}(?<!-)")


def connect(host: str, port: int, *, seconds: float = CONNECT_SECONDS, resolve: Resolve = socket.getaddrinfo) -> socket.socket:
    """A connected socket to a host that may be talked to. Raises `NodeError` host-not-allowed, port-not-allowed, host-unknown or host-unreachable."""
    addresses = allowed_addresses(host, port, resolve)
    failure: OSError | None = None
    for address in addresses:
        try:
            return socket.create_connection((str(address), port), timeout=seconds)
        except OSError as failed:
            failure = failed
    raise NodeError(
        "host-unreachable", f"{host}:{port} does not answer: {failure}.", hint="Is the address right, and is the service running?"
    )


def allowed_addresses(host: str, port: int, resolve: Resolve = socket.getaddrinfo) -> list[Address]:
    """The addresses of a host, each of which may be connected to. One that may not spoils the name."""
    rules = _rules()
    if not is_open(host, port) and port not in ALLOWED_PORTS and not any(one == port for _, one in rules):
        allowed = ", ".join(str(one) for one in sorted(ALLOWED_PORTS))
        raise NodeError("port-not-allowed", f"Port {port} of {host} must not be connected to.", hint=f"These ports may: {allowed}.")
    addresses = _resolved(host, port, resolve)
    for address in addresses:
        if not _is_open_address(host, address, port, rules):
            message = (
                f"{host} is at {address}, which is not on the public internet."
                if host != str(address)
                else f"{host} is not on the public internet."
            )
            raise NodeError("host-not-allowed", message, hint=f"The owner of this installation can open it: {VARIABLE}={host}:{port}.")
    return addresses


def is_open(host: str, port: int) -> bool:
    """Whether the owner has opened this very host, by name or as an address."""
    return any(_names(rule, host) and one == port for rule, one in _rules())


def _resolved(host: str, port: int, resolve: Resolve) -> list[Address]:
    literal = host.removeprefix("[").removesuffix("]")
    if not _HOST.fullmatch(host) and not _is_address(literal):
        raise NodeError("host-not-allowed", f"“{host[:80]}” is no name of a host.", hint="Use a name such as db.example.org.")
    try:
        found = resolve(literal, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as unknown:
        raise NodeError("host-unknown", f"There is no host {host}.", hint="Check the name.") from unknown
    addresses = list(dict.fromkeys(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))
    if not addresses:
        raise NodeError("host-unknown", f"There is no host {host}.", hint="Check the name.")
    return addresses


def _is_open_address(host: str, address: Address, port: int, rules: Sequence[tuple[str, int]]) -> bool:
    for meant in _meanings(address):
        if any(meant.version == net.version and meant in net for net in _NEVER):
            return False
    if any(one == port and (_names(rule, host) or _holds(rule, address)) for rule, one in rules):
        return True
    return port in ALLOWED_PORTS and all(is_public(meant) for meant in _meanings(address))


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet and of one machine on it."""
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local)


def _meanings(address: Address) -> list[Address]:
    """The address and what it may stand for: an IPv4 address inside of an IPv6 one is the one that is reached."""
    found: list[Address] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        found += [inner for inner in (address.ipv4_mapped, address.sixtofour) if inner]
        found += list(address.teredo or ())
        if any(address in net for net in _TRANSLATED) or int(address) < 2**32:
            found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return found


def _rules() -> list[tuple[str, int]]:
    """What the owner has opened, as (name, address or network; port)."""
    found = []
    for entry in os.environ.get(VARIABLE, "").split(","):
        host, _, port = entry.strip().rpartition(":")
        if host and port.isdigit():
            found.append((host.removeprefix("[").removesuffix("]").lower(), int(port)))
    return found


def _names(rule: str, host: str) -> bool:
    return rule == host.removeprefix("[").removesuffix("]").lower()


def _holds(rule: str, address: Address) -> bool:
    try:
        net = ipaddress.ip_network(rule, strict=False)
    except ValueError:
        return False
    return net.version == address.version and address in net


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text
