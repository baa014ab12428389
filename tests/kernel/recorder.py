"""Record the kernel's messages about one of every kind of link it can make, to be decoded later, elsewhere.

    python -m tests.kernel.recorder > tests/kernel/recorded/linux-6.1.json

As root, on the kernel in question. Each kind gets two empty network namespaces; nothing is left.
"""

import json
import os
import platform
import subprocess
import sys
import threading

from backend.attributes import walk
from backend.netlink_sockets import AskingSocket
from backend.netns import inside, open_own_netns, unshare_netns
from backend.rtnetlink import IFLA_LINKINFO, RTM_NEWLINK, get_addresses, get_links, messages
from tests.kernel.kinds import KINDS


def record(commands: str) -> list[str] | None:
    """The messages, in hex, after these commands in a new namespace; None: the kernel makes no such link."""
    found: list[list[str] | None] = []
    thread = threading.Thread(target=lambda: found.append(_record_here(commands)))
    thread.start()
    thread.join()
    return found[0] if found else None


def _record_here(commands: str) -> list[str] | None:
    unshare_netns()
    other = open_own_netns()
    try:
        unshare_netns()
        lines = commands.format(other=f"/proc/{os.getpid()}/fd/{other}").splitlines()
        made = [_ip(line) for line in lines]
        if not all(made):
            return None
        _ip("link set dev a up")
        _ip("address add 192.0.2.77 peer 192.0.2.78/32 dev lo")
        _ip("address add 2001:db8::5/64 dev lo nodad")
        found = _messages()
        with inside(other):
            return found + _messages()
    finally:
        os.close(other)


def _ip(line: str) -> bool:
    return subprocess.run(["ip", *line.split()], capture_output=True, text=True, check=False).returncode == 0


def _messages() -> list[str]:
    asking = AskingSocket()
    try:
        dumped = asking.dump(get_links(None)) + asking.dump(get_addresses(None))
    finally:
        asking.close()
    return [message.buffer[message.start - 16 : message.end].hex() for message in dumped]


def distinct(recorded: dict[str, list[str]]) -> dict[str, list[str]]:
    """Each message once: those that differ from one kept before by their numbers, names and MACs only are left out."""
    seen: set[object] = set()
    kept: dict[str, list[str]] = {}
    for kind, texts in recorded.items():
        for text in texts:
            look = _look(bytes.fromhex(text))
            if look not in seen:
                seen.add(look)
                kept.setdefault(kind, []).append(text)
    return kept


def _look(raw: bytes) -> object:
    """What attributes a message has, and what it says of the kind of its link."""
    (message,) = messages(raw)
    start = message.start + (16 if message.type == RTM_NEWLINK else 8)
    places = walk(raw, start, message.end)
    at, length = places.get(IFLA_LINKINFO, (0, 0)) if message.type == RTM_NEWLINK else (0, 0)
    return message.type, tuple(places), raw[start + at : start + at + length]


def main() -> None:
    """Print the recording."""
    recorded = {kind: record(commands) for kind, commands in KINDS.items()}
    missing = [kind for kind, found in recorded.items() if found is None]
    sys.stderr.write(f"not on this kernel: {', '.join(missing) or 'nothing'}\n")
    kinds = distinct({kind: found for kind, found in recorded.items() if found is not None})
    kernel = platform.release().partition("-")[0]
    json.dump({"kernel": kernel, "byteorder": sys.byteorder, "kinds": kinds}, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("needs root")
    main()
