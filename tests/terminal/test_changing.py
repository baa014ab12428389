"""Changing the practice lab by keys, in a real terminal, on the real kernel."""

import pytest

from tests.terminal.test_terminal import in_terminal


@pytest.mark.root
def test_a_cable_is_renamed_replugged_and_put_back_by_keys() -> None:
    with in_terminal("demo", columns=110, rows=32) as terminal:
        terminal.shows("LIVE")
        terminal.shows("veth8pUZr")
        terminal.press("\x1b[B")
        terminal.shows("br0 › tinderbox/eth0")
        terminal.press("o")
        terminal.shows("br0 › veth8pUZr")
        terminal.press("r")
        terminal.shows("free, 9 of 15 bytes")
        terminal.press("\x15")
        terminal.shows("up to 15 bytes")
        terminal.press("vethByKeys")
        terminal.shows("ip link set dev veth8pUZr name vethByKeys")
        terminal.shows(" Rename ctrl+s ")
        terminal.press("\x13")
        terminal.shows("done: rename veth8pUZr to vethByKeys")
        terminal.shows("br0 › vethByKeys")  # the kernel's own event comes a moment later
        terminal.press("a")
        terminal.shows("Attach vethByKeys")
        terminal.press("br1")
        terminal.shows("ip link set dev vethByKeys master br1")
        terminal.shows(" Attach ctrl+s ")
        terminal.press("\x13")
        terminal.shows("done: attach vethByKeys to br1")
        for deed in ("attach vethByKeys to br1", "rename veth8pUZr to vethByKeys"):
            terminal.shows("  u Undo")
            terminal.press("u")
            terminal.shows(f"Undo: {deed}")
            terminal.shows(" Undo ctrl+s ")
            terminal.press("\x13")
            terminal.shows(f"taken back: {deed}")
        terminal.press("@")
        terminal.shows("Commands we ran")
        terminal.shows("taken back")
        terminal.press("@")
        terminal.shows("uplink0")
        terminal.press("q")
        assert terminal.ends() == 0


@pytest.mark.root
def test_a_container_is_guarded_by_keys_and_undone_with_real_rules() -> None:
    with in_terminal("demo", columns=110, rows=32) as terminal:
        terminal.shows("LIVE")
        terminal.shows("veth8pUZr")
        terminal.press("\x1b[B")
        terminal.shows("br0 › tinderbox/eth0")
        terminal.press("g")
        terminal.shows("add element netdev jackfield_guard dhcp")
        terminal.shows(" Guard ctrl+s ")
        terminal.press("\x13")
        terminal.shows("done: guard tinderbox/eth0")
        terminal.press("6")
        terminal.shows("● loaded  tinderbox/eth0")
        terminal.shows("nothing: guard")
        terminal.shows("  u Undo")
        terminal.press("u")
        terminal.shows("Undo: guard tinderbox/eth0")
        terminal.shows(" Undo ctrl+s ")
        terminal.press("\x13")
        terminal.shows("taken back: guard tinderbox/eth0")
        terminal.shows("○ open    tinderbox/eth0")
        terminal.press("q")
        assert terminal.ends() == 0
