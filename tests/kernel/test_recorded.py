"""Messages recorded on other kernels, about kinds that this one may lack: decoded by us and by pyroute2 alike."""

import json
import random
import struct
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from backend.rtnetlink import LinkMessage, messages
from tests.kernel.alike import HERE, assert_alike
from tests.netlink.test_fuzzed_decoder import decode_every_way

RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.json"))

pytestmark = pytest.mark.skipif(sys.byteorder != "little", reason="recorded on a little-endian machine")


@cache
def recording(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


EACH = [(path, kind) for path in RECORDED for kind in recording(path)["kinds"]]


@pytest.mark.parametrize(("path", "kind"), EACH, ids=[f"{path.stem}-{kind}" for path, kind in EACH])
def test_a_recorded_message_is_decoded_as_pyroute2_decodes_it(path: Path, kind: str) -> None:
    for text in recording(path)["kinds"][kind]:
        (message,) = messages(bytes.fromhex(text))
        assert_alike(message)


def test_the_kinds_that_a_development_kernel_may_lack_are_recorded() -> None:
    kinds = {
        LinkMessage(message).decode(HERE, lambda _: None).kind
        for path in RECORDED
        for texts in recording(path)["kinds"].values()
        for text in texts
        for message in messages(bytes.fromhex(text))
        if message.type == 16
    }
    assert {"vlan", "dummy", "ipvlan", "bond", "vrf", "wireguard", "geneve", "gretap", "macvlan", "vxlan"} <= kinds


def test_no_damage_to_a_message_is_a_crash() -> None:
    """Cut anywhere, or with any byte changed: what can be read is read, and nothing is raised."""
    chance = random.Random(1)
    for path in RECORDED:
        for texts in recording(path)["kinds"].values():
            for text in texts:
                whole = bytes.fromhex(text)
                for _ in range(60):
                    for message in messages(damaged(whole, chance)):
                        decode_every_way(message)


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, and perhaps the end cut off; the length says what is left."""
    raw = bytearray(whole)
    for _ in range(chance.randrange(4)):
        raw[chance.randrange(4, len(raw))] = chance.choice((0, 1, 3, 4, 5, 255, chance.randrange(256)))
    if chance.random() < 0.5:
        del raw[chance.randrange(16, len(raw)) :]
    raw[:4] = struct.pack("=I", len(raw))
    return bytes(raw)
