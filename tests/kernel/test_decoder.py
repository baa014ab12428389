"""Our decoder says what pyroute2's says, for every kind of link that this kernel can make."""

import re
from collections.abc import Callable

import pytest

from backend.netlink_sockets import AskingSocket
from backend.rtnetlink import RTM_NEWLINK, LinkMessage, Message, decode_address, get_addresses, get_links, messages
from model.identity import NamespaceId
from tests.kernel import by_pyroute2
from tests.kernel.iproute import ip

HERE = NamespaceId("here")

KINDS = {
    "veth": "link add dev a type veth peer name b",
    "veth across": "link add dev a type veth peer name b netns {other}",
    "bridge": "link add dev a type bridge stp_state 1 ageing_time 1000 forward_delay 400 priority 4096",
    "bridge port": "link add dev p type veth peer name q\nlink add dev a type bridge\nlink set dev p master a\n"
    "link set dev p type bridge_slave isolated on hairpin on learning off flood off cost 7 priority 3",
    "macvlan vepa": "link add dev p type ifb\nlink add link p name a type macvlan mode vepa",
    "macvlan bridge": "link add dev p type ifb\nlink add link p name a type macvlan mode bridge",
    "macvlan private": "link add dev p type ifb\nlink add link p name a type macvlan mode private",
    "macvlan passthru": "link add dev p type ifb\nlink add link p name a type macvlan mode passthru",
    "macvlan source": "link add dev p type ifb\nlink add link p name a type macvlan mode source\n"
    "link set dev a type macvlan macaddr add 02:00:00:00:00:09\n"
    "link set dev a type macvlan macaddr add 02:00:00:00:00:08",
    "macvtap": "link add dev p type ifb\nlink add link p name a type macvtap mode bridge",
    "macvlan across": "link add dev p type ifb\nlink add link p name a type macvlan mode bridge netns {other}",
    "vxlan": "link add dev p type ifb\n"
    "link add dev a type vxlan id 42 remote 192.0.2.9 local 192.0.2.1 dstport 4789 dev p",
    "vxlan six": "link add dev a type vxlan id 43 remote 2001:db8::9 local 2001:db8::1 dstport 4790",
    "tun": "tuntap add dev a mode tun user 1000",
    "tap": "tuntap add dev a mode tap multi_queue",
    "ifb": "link add dev a type ifb",
    "vlan": "link add dev p type ifb\nlink add link p name a type vlan id 5",
    "dummy": "link add dev a type dummy",
    "ipvlan": "link add dev p type ifb\nlink add link p name a type ipvlan",
    "vrf": "link add dev a type vrf table 10",
    "bond": "link add dev a type bond",
    "wireguard": "link add dev a type wireguard",
    "gretap": "link add dev a type gretap remote 192.0.2.9 local 192.0.2.1",
    "sit": "link add dev a type sit remote 192.0.2.9",
    "geneve": "link add dev a type geneve id 4 remote 192.0.2.9",
    "names and alias": "link add dev a type ifb\nlink set dev a alias word-after-word\n"
    "link property add dev a altname one altname a-much-longer-alternative-name",
}


@pytest.mark.root
@pytest.mark.parametrize("kind", KINDS)
def test_it_agrees_with_pyroute2_about(kind: str, private_host: int, make_netns: Callable[[str], str]) -> None:
    other = make_netns("other")
    for line in KINDS[kind].format(other=other).splitlines():
        ip(*line.split(), check=False)
    if "across" not in kind and " a " not in re.sub("[:@]", " ", ip("-o", "link")):
        pytest.skip(f"this kernel makes no {kind}")
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


def assert_alike(message: Message) -> None:
    """One message, ours against theirs."""
    (theirs,) = by_pyroute2.parse(message.buffer[message.start - 16 : message.end])
    if message.type == RTM_NEWLINK:
        ours = LinkMessage(message).decode(HERE, lambda nsid: NamespaceId(f"nsid{nsid}"))
        assert ours == by_pyroute2.link_of(theirs, HERE)
    else:
        assert decode_address(message) == by_pyroute2.address_of(theirs)


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
