"""Whatever the bytes: the decoder tells what it can, and raises nothing."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from backend.attributes import attribute
from backend.rtnetlink import LinkMessage, Message, decode_address, decode_linkinfo, decode_nsid, error_of, messages
from model.identity import NamespaceId
from tests.netlink.messages import datagram

HERE = NamespaceId("here")

payloads = st.binary(max_size=20)
attributes = st.lists(st.builds(attribute, st.integers(0, 60), payloads), max_size=10).map(b"".join)
info_kinds = st.sampled_from(
    (b"bridge\0", b"macvlan\0", b"macvtap", b"vlan\0", b"vxlan\0", b"tun\0", b"veth\0", b"\xff")
)
linkinfos = st.builds(
    lambda kind, data, master, port: (
        attribute(1, kind) + attribute(2, data) + attribute(4, master) + attribute(5, port)
    ),
    info_kinds,
    st.one_of(attributes, payloads),
    info_kinds,
    st.one_of(attributes, payloads),
)
link_bodies = st.builds(
    lambda head, some, info, more: head + some + attribute(18, info) + more,
    st.one_of(st.binary(min_size=16, max_size=16), st.binary(max_size=16)),
    attributes,
    linkinfos,
    attributes,
)
bodies = st.one_of(link_bodies, st.binary(max_size=64), st.builds(lambda head, rest: head + rest, payloads, attributes))


@given(st.sampled_from((2, 3, 16, 17, 20, 21, 88, 89)), bodies, payloads)
def test_no_message_is_a_crash(kind: int, body: bytes, after: bytes) -> None:
    for message in messages(datagram(kind, body) + after):
        decode_every_way(message)


def decode_every_way(message: Message) -> None:
    """As if it were of each type."""
    link = LinkMessage(message)
    _ = link.complete, link.link_nsid, link.new_nsid, link.new_ifindex, link.lower
    link.decode(HERE, lambda _: None)
    decode_address(message)
    decode_nsid(message)
    error_of(message)


@given(st.binary(max_size=200))
def test_no_datagram_is_a_crash(buffer: bytes) -> None:
    for message in messages(buffer):
        assert 16 <= message.start <= message.end <= len(buffer)
        decode_every_way(message)


@given(linkinfos)
def test_no_linkinfo_is_a_crash(raw: bytes) -> None:
    decode_linkinfo(raw)


@given(st.binary(max_size=40))
def test_a_whole_message_before_a_broken_one_is_found(after: bytes) -> None:
    first = datagram(16, bytes(16))
    broken = struct.pack("=I", 7) + after
    assert [message.end for message in messages(first + broken)] == [len(first)]


def test_a_message_that_is_cut_before_its_link_names_none() -> None:
    (message,) = messages(datagram(16, b"\0\0\0\0\7"))
    link = LinkMessage(message)
    assert (link.ifindex, link.complete) == (0, False)
