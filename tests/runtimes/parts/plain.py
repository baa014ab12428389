"""A namespace without a name, held by a plain process, with a cable to the bridge."""

from pathlib import Path

from tests.runtimes.lab import Expected, Lab, until

NEEDS = ("unshare", "sleep")


def start(lab: Lab) -> None:
    """Start it."""
    pid = lab.daemon("anonymous", lab.inside("unshare", "--net", "sleep", "100000"))
    until(lambda: Path("/proc", str(pid), "comm").read_text() == "sleep\n" and lab.has_left(pid), "unshare")
    peer = ("type", "veth", "peer", "name", "eth0", "netns", str(pid))
    lab.run("ip", "link", "add", "vethanon", "up", "master", "br0", *peer)
    lab.expect(Expected("process", "sleep", pid))
