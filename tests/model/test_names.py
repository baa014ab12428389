import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.ethernet import canonical_mac, is_local, is_multicast, link_local, mac_bytes
from model.names import display_name, from_hex, hex_form, is_plain, json_text, link_name_problem, raw_bytes

HOST_TEXT = st.binary(max_size=20).map(lambda raw: raw.decode("utf-8", "surrogateescape"))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("veth8pUZr", "veth8pUZr"),
        ("br[/x]", "br[/x]"),
        ("x\x1b[31m", "x\\x1b[31m"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\udcff\udcfe", "\\xff\\xfe"),
        ("\u202egnp", "\\u202egnp"),
        ("a\u200bb", "a\\u200bb"),
        ("\x9b", "\\x9b"),
        ("ブリッジ", "ブリッジ"),
        ("גשר", "גשר"),
        ("\u0301x", "\\u0301x"),
        ("a\ufe0f", "a\\ufe0f"),
        ("\U000e0041", "\\U000e0041"),
        ("", ""),
    ],
)
def test_host_text_is_shown_on_one_line_without_harm(raw: str, shown: str) -> None:
    assert display_name(raw) == shown


@given(HOST_TEXT)
def test_nothing_that_acts_or_hides_is_ever_shown(raw: str) -> None:
    shown = display_name(raw)
    assert all(unicodedata.category(char)[0] != "C" for char in shown)
    shown.encode("utf-8")
    assert display_name(shown) == shown


@given(HOST_TEXT)
def test_the_bytes_of_a_name_survive(raw: str) -> None:
    assert from_hex(hex_form(raw)) == raw
    json_text(raw).encode("utf-8")
    assert json.loads(json.dumps(json_text(raw))) == json_text(raw)
    assert is_plain(raw) <= (json_text(raw) == raw)


@pytest.mark.parametrize("name", ["eth0", "-rf", "[red]x", "x\x1b[31m", "\udcff\udcfe", "#7", "$(id)", "é", "a" * 15])
def test_what_the_kernel_takes_as_a_name(name: str) -> None:
    assert link_name_problem(name) is None


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a:b", "a b", "a\tb", "à", "a%d", "é" * 8, "a\0"])
def test_what_the_kernel_refuses_as_a_name(name: str) -> None:
    assert link_name_problem(name)
    assert raw_bytes(name) or name == ""


@pytest.mark.parametrize(
    ("mac", "address"),
    [
        ("00:16:3e:5a:1c:02", "fe80::216:3eff:fe5a:1c02"),
        ("02:00:00:00:00:01", "fe80::ff:fe00:1"),
        ("02:42:ac:11:00:02", "fe80::42:acff:fe11:2"),
        ("00:00:00:00:00:00", None),
        ("00:11", None),
        (None, None),
    ],
)
def test_the_link_local_address_follows_from_the_mac(mac: str | None, address: str | None) -> None:
    assert link_local(mac) == address


def test_macs_are_read_in_either_style() -> None:
    assert canonical_mac("02-42-AC-11-0-2") == "02:42:ac:11:00:02"
    assert mac_bytes("02:42:ac:11:00:+2") is None
    assert is_local("02:00:00:00:00:01")
    assert not is_local("00:16:3e:00:00:01")
    assert is_multicast("01:00:5e:00:00:01")
