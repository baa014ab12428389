"""Finding attributes: the layouts that are remembered say what a walk says, whatever the bytes."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from backend.attributes import Layouts, attribute, each, walk

attributes = st.builds(attribute, st.one_of(st.integers(0, 6), st.integers(0, 0xFFFF)), st.binary(max_size=12))
nests = st.lists(attributes, max_size=8).map(b"".join)
cut_nests = st.builds(lambda nest, cut: nest[: len(nest) - cut], nests, st.integers(0, 8))
anything = st.one_of(nests, cut_nests, st.binary(max_size=48))


@given(st.lists(anything, max_size=12), st.binary(max_size=8), st.binary(max_size=8))
def test_layouts_say_what_a_walk_says(buffers: list[bytes], before: bytes, after: bytes) -> None:
    layouts = Layouts()
    for buffer in buffers + buffers:
        start, end = len(before), len(before) + len(buffer)
        assert layouts.places(before + buffer + after, start, end) == walk(before + buffer + after, start, end)


@given(st.lists(anything, max_size=12), st.binary(max_size=8), st.permutations(range(6)))
def test_what_is_wanted_is_read_as_it_stands_there(buffers: list[bytes], before: bytes, kinds: list[int]) -> None:
    wanted = [(kind, "BHIis"[number % 5]) for number, kind in enumerate(kinds)]
    layouts = Layouts(*wanted)
    for buffer in buffers + buffers:
        places, read = layouts.layout(before + buffer, len(before), len(before) + len(buffer))
        for (kind, form), value in zip(wanted, read(before + buffer, len(before)), strict=True):
            at, size = places.get(kind, (0, -1))
            payload = buffer[at : at + max(size, 0)]
            needed = 0 if form == "s" else struct.calcsize(form)
            if size < needed:
                assert value is None
            else:
                assert value == (payload if form == "s" else struct.unpack_from("=" + form, payload)[0])


@given(nests, st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=6))
def test_layouts_are_not_fooled_by_what_looks_alike(nest: bytes, changes: list[tuple[int, int]]) -> None:
    """The same length, a few bytes changed: among them lengths and types."""
    layouts = Layouts()
    layouts.places(nest, 0, len(nest))
    changed = bytearray(nest)
    for at, value in changes:
        if at < len(changed):
            changed[at] = value
    assert layouts.places(bytes(changed), 0, len(changed)) == walk(bytes(changed), 0, len(changed))


@given(st.lists(st.tuples(st.integers(0, 0x3FFF), st.binary(max_size=12)), max_size=8))
def test_what_was_written_is_read(written: list[tuple[int, bytes]]) -> None:
    buffer = b"".join(attribute(kind, payload) for kind, payload in written)
    read = [(kind, buffer[at : at + length]) for kind, at, length in each(buffer, 0, len(buffer))]
    assert read == written
    places = walk(buffer, 0, len(buffer))
    assert {kind: buffer[at : at + length] for kind, (at, length) in places.items()} == dict(written)


def test_more_lengths_than_are_remembered_are_read_all_the_same() -> None:
    layouts = Layouts()
    for length in range(2000):
        buffer = attribute(5, b"x" * length)
        assert layouts.places(buffer, 0, len(buffer)) == {5: (4, length)}


def test_the_flags_in_a_type_are_not_part_of_it() -> None:
    """NLA_F_NESTED and NLA_F_NET_BYTEORDER (linux/netlink.h)."""
    buffer = struct.pack("=HHI", 8, 0xC000 | 18, 7)
    assert walk(buffer, 0, 8).keys() == {18}
