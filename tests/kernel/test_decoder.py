"""Our decoder says what pyroute2's says, for every kind of link that this kernel can make."""

from collections.abc import Callable

import pytest

from backend.netlink_sockets import AskingSocket
from backend.rtnetlink import LinkMessage, get_addresses, get_links, messages
from tests.kernel.alike import HERE, assert_alike
from tests.kernel.iproute import ip
from tests.kernel.kinds import KINDS


@pytest.mark.root
@pytest.mark.parametrize("kind", KINDS)
def test_it_agrees_with_pyroute2_about(kind: str, private_host: int, make_netns: Callable[[str], str]) -> None:
    other = make_netns("other")
    try:
        for line in KINDS[kind].format(other=other).splitlines():
            ip(*line.split())
    except AssertionError as refused:
        pytest.skip(f"this kernel makes no {kind}: {refused}")
    ip("address", "add", "192.0.2.77", "peer", "192.0.2.78/32", "dev", "lo")
    ip("address", "add", "2001:db8::5/64", "dev", "lo", "nodad")
    with_both(get_links(None), get_addresses(None))


def with_both(*requests: bytes) -> None:
    """Ask the kernel, and decode each answer in both ways."""
    asking = AskingSocket()
    try:
        for request in requests:
            found = asking.dump(request)
            assert found
            for message in found:
                assert_alike(message)
    finally:
        asking.close()


def test_a_cut_message_is_no_crash() -> None:
    """Whatever ends early gives what was whole, or nothing."""
    asking = AskingSocket()
    try:
        whole = asking.dump(get_links(None))[0]
    finally:
        asking.close()
    raw = whole.buffer[whole.start - 16 : whole.end]
    for length in range(16, len(raw)):
        cut = length.to_bytes(4, "little") + raw[4:length]
        for message in messages(cut):
            if message.end - message.start >= 16:
                LinkMessage(message).decode(HERE, lambda _: None)
    assert list(messages(raw[:20])) == []
