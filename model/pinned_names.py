"""The name and the MAC that a pin gives to a host end: the same at every start, known before the container exists."""

import re
from base64 import b32encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from model.ethernet import link_local
from model.names import LONGEST_LINK_NAME, link_name_problem
from model.policy import DERIVED, Pin

FIELDS: Final = ("owner", "link", "runtime", "netns", "bridge")
_FIELD: Final = re.compile(r"\{([^{}]*)\}")
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_.-]")
_DIGEST: Final = 5
"""Characters: 25 bits of SHA-256."""
_HIGH: Final = 0xFE
"""The first byte of a derived MAC: locally administered, and so high that a bridge without a MAC of its own never takes
it for its own (it takes the lowest of its ports')."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What a template is filled with. Texts are the host's: anything may be in them."""

    owner: str = ""
    link: str = ""
    runtime: str = ""
    netns: str = ""
    bridge: str = ""


@dataclass(frozen=True, slots=True)
class Pinned:
    """What a host end is to be."""

    name: str | None
    mac: str | None
    link_local: str | None
    """What follows from the MAC."""


def pinned(pin: Pin, where: Whereabouts, seed: str) -> Pinned:
    """What a pin means for this cable. `seed` is the host's own (its machine-id): two hosts derive other MACs."""
    mac = derived_mac(where, seed) if pin.mac == DERIVED else pin.mac
    return Pinned(pinned_name(pin.name, where) if pin.name is not None else None, mac, link_local(mac))


def template_problem(template: str) -> str | None:
    """Why this cannot be the template of a name; None: it can."""
    unknown = [field for field in _FIELD.findall(template) if field not in FIELDS]
    if unknown:
        return f"{{{unknown[0]}}} is nothing that a name can hold: " + ", ".join(f"{{{field}}}" for field in FIELDS)
    rest = _FIELD.sub("", template)
    if "{" in rest or "}" in rest:
        return "a { or a } is left over"
    if not _FIELD.search(template):
        return link_name_problem(template) or ("a name of letters, digits, _ . and -" if _unfit(template) else None)
    if "{link}" in template and "{owner}" not in template and "{netns}" not in template:
        return "the container chooses {link}: with {owner} or {netns} beside it, it cannot take the names of others"
    return None


def pinned_name(template: str, where: Whereabouts) -> str:
    """The template, filled: as it is where a link can be called so, else shortened, with a digest of all of it.

    Two cables that differ in what the template names get other digests: what is cut off does not make them collide.
    """
    full = _FIELD.sub(lambda field: str(getattr(where, field[1])), template)
    if not _unfit(full) and link_name_problem(full) is None:
        return full
    stem = _UNFIT.sub("-", full)[: LONGEST_LINK_NAME - _DIGEST - 1].strip("-.") or "link"
    return f"{stem}-{_digest(template, where)}"


def derived_mac(where: Whereabouts, seed: str) -> str:
    """A locally administered unicast address that follows from the container and its link, and from nothing else.

    A namespace's name counts where there is no owner: podman and docker make up another one at every start.
    """
    raw = _hash("mac", seed, where.runtime, where.owner, "" if where.owner else where.netns, where.link)
    return (bytes([_HIGH]) + raw[:5]).hex(":")


def _unfit(name: str) -> bool:
    return bool(_UNFIT.search(name)) or name.startswith("-")


def _digest(template: str, where: Whereabouts) -> str:
    raw = _hash("name", template, *(str(getattr(where, field)) for field in _FIELD.findall(template)))
    return b32encode(raw).decode()[:_DIGEST].lower()


def _hash(*parts: str) -> bytes:
    """Of the parts with their lengths: `a`, `bc` is not `ab`, `c`."""
    raw = [part.encode("utf-8", "surrogatepass") for part in parts]
    return sha256(b"".join(len(part).to_bytes(4, "big") + part for part in raw)).digest()
