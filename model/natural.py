"""The order in which a person expects names and addresses: by the numbers in them, not by their digits."""

import re
from collections.abc import Iterable

from model.link import Address

_DIGITS = re.compile(r"([0-9]+)")

Key = tuple[tuple[int, int, str], ...]
"""Compares as the name does. Numbers stand before letters."""


def natural(name: str) -> Key:
    """`veth9` before `veth10`; upper and lower case are the same, unless nothing else differs."""
    parts = [part for part in _DIGITS.split(name.casefold()) if part]
    return (*((0, int(part), part) if part[0] in "0123456789" else (1, 0, part) for part in parts), (-1, 0, name))


def address_order(addresses: Iterable[Address]) -> tuple[int, tuple[int, ...], int]:
    """By value, of the first one that is more than link-local; IPv4 first, links without an address last."""
    for address in addresses:
        if address.scope != "link":
            return address.family, value_of(address.text), address.prefix_length
    return 9, (), 0


def value_of(text: str) -> tuple[int, ...]:
    """An address as numbers, so that 10.0.0.9 is before 10.0.0.10; what is no address comes first."""
    from ipaddress import ip_address  # a plain command that sorts nothing does without

    try:
        return tuple(ip_address(text).packed)
    except ValueError:
        return ()
