"""What systemd-nspawn calls the host end of a container's veth, and the MAC that it gives the inner end.

Both follow from the machine's name, so that they are known before it starts. Source: systemd's
src/nspawn/nspawn-network.c (setup_veth, shorten_ifname, generate_mac); SipHash-2-4 as its authors' paper has it.
"""

from base64 import urlsafe_b64encode
from typing import Final

from model.names import LONGEST_LINK_NAME

INSIDE: Final = "host0"
_PREFIXES: Final = ("ve-", "vb-")
"""A veth of its own, and one that is a port of a bridge or a zone."""
_SHORTEN_KEY: Final = bytes.fromhex("e190a404a8ef4b518cccc33a9f11fca2")
_CONTAINER_KEY: Final = bytes.fromhex("c3c4f919b557b21ce6cf1427039ceea2")
_MASK: Final = 0xFFFFFFFFFFFFFFFF


def host_ends(machine: str) -> tuple[str, ...]:
    """Every name that its host end may get: before systemd 245 one that is too long was cut off, since then hashed."""
    names = []
    for full in (prefix + machine for prefix in _PREFIXES):
        names += [full] if len(full) <= LONGEST_LINK_NAME else [_shortened(full), full[:LONGEST_LINK_NAME]]
    return tuple(names)


def inside_mac(machine: str, machine_id: str) -> str | None:
    """Of host0; None: this is no machine-id(5)."""
    try:
        raw = bytes.fromhex(machine_id)
    except ValueError:
        return None
    if len(raw) != 16:
        return None
    mac = bytearray(siphash24(raw + machine.encode("utf-8", "surrogateescape"), _CONTAINER_KEY).to_bytes(8, "little"))
    mac[0] = mac[0] & 0xFE | 0x02
    return mac[:6].hex(":")


def _shortened(name: str) -> str:
    """The first eleven characters, then 24 bits of the hash in base64."""
    digest = siphash24(name.encode("utf-8", "surrogateescape"), _SHORTEN_KEY) & 0xFFFFFF
    return name[: LONGEST_LINK_NAME - 4] + urlsafe_b64encode(digest.to_bytes(3, "big")).decode()


def siphash24(text: bytes, key: bytes) -> int:
    """SipHash-2-4, of a key of 16 bytes."""
    k0, k1 = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    state = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    whole = len(text) - len(text) % 8
    last = text[whole:].ljust(7, b"\0") + bytes([len(text) & 0xFF])
    for at in range(0, whole, 8):
        _take(state, int.from_bytes(text[at : at + 8], "little"))
    _take(state, int.from_bytes(last, "little"))
    state[2] ^= 0xFF
    for _ in range(4):
        _round(state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _take(state: list[int], word: int) -> None:
    state[3] ^= word
    _round(state)
    _round(state)
    state[0] ^= word


def _round(v: list[int]) -> None:
    v[0] = (v[0] + v[1]) & _MASK
    v[1] = _rotated(v[1], 13) ^ v[0]
    v[0] = _rotated(v[0], 32)
    v[2] = (v[2] + v[3]) & _MASK
    v[3] = _rotated(v[3], 16) ^ v[2]
    v[0] = (v[0] + v[3]) & _MASK
    v[3] = _rotated(v[3], 21) ^ v[0]
    v[2] = (v[2] + v[1]) & _MASK
    v[1] = _rotated(v[1], 17) ^ v[2]
    v[2] = _rotated(v[2], 32)


def _rotated(word: int, by: int) -> int:
    return (word << by | word >> (64 - by)) & _MASK
