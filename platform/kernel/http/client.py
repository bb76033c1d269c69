"""Where a request comes from: the peer, or whom a proxy of ours says that it speaks for."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import msgspec

from kernel.security import Connection
from kernel.text import one_line

EVERYWHERE = ("0.0.0.0/0", "::/0")


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """The other side of a request, as its owner will be shown it."""

    ip: str
    user_agent: str

    @property
    def network(self) -> str:
        """What counts as one place: an address, of IPv6 its /64, which one household has."""
        try:
            address = ip_address(self.ip)
        except ValueError:
            return self.ip
        return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else self.ip


class Proxies:
    """The proxies whose ``X-Forwarded-For`` is believed (CVE-2025-59152: nobody else's is)."""

    def __init__(self, trusted: Sequence[str]) -> None:
        """Addresses and networks; ``*`` is every one. Raises ValueError for what is neither."""
        texts = EVERYWHERE if "*" in trusted else trusted
        self._trusted: list[IPv4Network | IPv6Network] = [ip_network(text, strict=False) for text in texts]

    def client_of(self, request: Connection) -> Client:
        """Who asks; the nearest address that is not one of our proxies."""
        agent = one_line(request.headers.get("user-agent", ""))[:300]
        return Client(ip=self._address(request), user_agent=agent)

    def _address(self, request: Connection) -> str:
        peer = request.client.host if request.client else ""
        if not self._trusted or not self._is_ours(peer):
            return peer
        forwarded = [part.strip() for line in request.headers.getall("x-forwarded-for", []) for part in line.split(",")]
        for hop in reversed(forwarded):
            if not is_address(hop):
                break
            peer = hop
            if not self._is_ours(hop):
                break
        return peer

    def _is_ours(self, text: str) -> bool:
        return is_address(text) and any(ip_address(text) in network for network in self._trusted)


def is_address(text: str) -> bool:
    """Whether it is the text of an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
