"""MAC addresses, and the link-local address that follows from one."""

from string import hexdigits

_HEX_DIGITS = frozenset(hexdigits)
_MULTICAST = 0x01
_LOCAL = 0x02


def mac_bytes(mac: str) -> bytes | None:
    """The six bytes of `02:42:ac:11:00:02` (`-` will do as well); None where it is no MAC address."""
    parts = mac.replace("-", ":").split(":")
    if len(parts) != 6 or not all(0 < len(part) <= 2 for part in parts):
        return None
    digits = "".join(part.zfill(2) for part in parts)
    return bytes.fromhex(digits) if _HEX_DIGITS.issuperset(digits) else None


def canonical_mac(mac: str) -> str | None:
    """Lower case, two digits, colons: as the kernel's MACs are held here; None where it is no MAC address."""
    raw = mac_bytes(mac)
    return raw.hex(":") if raw is not None else None


def is_multicast(mac: str) -> bool:
    """A group address (IEEE 802 I/G bit): no link may have it as its own."""
    raw = mac_bytes(mac)
    return raw is not None and bool(raw[0] & _MULTICAST)


def is_local(mac: str) -> bool:
    """Locally administered (IEEE 802 U/L bit): made up, not given by a vendor."""
    raw = mac_bytes(mac)
    return raw is not None and bool(raw[0] & _LOCAL)


def link_local(mac: str | None) -> str | None:
    """The EUI-64 link-local address that a MAC gives (RFC 4291, appendix A), whether or not it is set.

    None where there is no MAC of six bytes, or only zeros.
    """
    raw = mac_bytes(mac) if mac else None
    if raw is None or not any(raw):
        return None
    first = (raw[0] ^ _LOCAL) << 8 | raw[1]
    rest = f"{raw[2] << 8 | 0xFF:x}:{0xFE00 | raw[3]:x}:{raw[4] << 8 | raw[5]:x}"
    return f"fe80::{first:x}:{rest}" if first else f"fe80::{rest}"
