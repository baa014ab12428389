"""What runtimes' own configurations say of host ends that they will make: their names, and the inner ends' MACs.

Sources: lxc.container.conf(5), lxc.system.conf(5); the REST API of LXD and Incus, `GET /1.0/instances` (`host_name` of
a NIC). systemd-nspawn's follow from the container's name: model.births.
"""

import os
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from backend.owners.daemon_socket import DaemonSockets
from backend.owners.state_file import StateFiles, field, text_field
from model.births import Birth, to_come
from model.ethernet import canonical_mac
from model.names import link_name_problem
from model.policy import Policies, fits

_LXC_PATH: Final = "/var/lib/lxc"
_LXC_SYSTEM: Final = "/etc/lxc/lxc.conf"
_SETTING: Final = re.compile(r"^\s*lxc\.net\.(\d+)\.([a-z.]+)\s*=\s*(.*?)\s*$", re.MULTILINE)
_PATH_SETTING: Final = re.compile(r"^\s*lxc\.lxcpath\s*=\s*(.*?)\s*$", re.MULTILINE)
_SOCKETS: Final = {
    "lxd": ("LXD_DIR", ("/var/snap/lxd/common/lxd/unix.socket", "/var/lib/lxd/unix.socket")),
    "incus": ("INCUS_DIR", ("/run/incus/unix.socket", "/var/lib/incus/unix.socket")),
}
"""By runtime: the variable that names the daemon's directory, and where its socket is else."""
_FRESH_S: Final = 5.0


class Births:
    """Reads them, and remembers files as long as they are the same and a daemon's answer for some seconds."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._files = StateFiles(root)
        self._sockets = DaemonSockets(root=root)
        self._read: dict[str, tuple[int, tuple[Birth, ...]]] = {}
        self._answers: dict[str, tuple[float, tuple[Birth, ...]]] = {}

    def of(self, policies: Policies) -> tuple[Birth, ...]:
        """Of containers that a guard or a seal may be for."""
        matches = [policy.match for policy in policies if policy.sends is not None and policy.match.by_owner]
        owners = {match.owner or "*" for match in matches if match.runtime in (None, "lxc")}
        asked = {match.runtime for match in matches}
        found = list(self._of_lxc(owners)) if owners else []
        for runtime in _SOCKETS:
            found += self._of_daemon(runtime) if runtime in asked else ()
        return tuple(birth for birth in found if link_name_problem(birth.name) is None)

    # LXC

    def _of_lxc(self, owners: set[str]) -> Iterator[Birth]:
        set_path = _PATH_SETTING.search(self._files.text(_LXC_SYSTEM) or "")
        place = set_path[1] if set_path is not None else _LXC_PATH
        for name in sorted(self._names(place, owners)):
            yield from self._of_container(f"{place}/{name}/config", name)

    def _names(self, place: str, owners: set[str]) -> set[str]:
        plain = {owner for owner in owners if "*" not in owner and "/" not in owner}
        patterns = [owner for owner in owners if "*" in owner]
        try:
            there = [home.name for home in self._files.inside(place).iterdir()] if patterns else []
        except OSError:
            there = []
        return plain | {name for name in there if any(fits(pattern, name) for pattern in patterns)}

    def _of_container(self, file: str, name: str) -> tuple[Birth, ...]:
        stamp = self._files.stamp(file)
        known = self._read.get(file)
        if stamp is None:
            return ()
        if known is None or known[0] != stamp:
            known = self._read[file] = stamp, tuple(lxc_births(name, self._files.text(file) or ""))
        return known[1]

    # LXD and Incus

    def _of_daemon(self, runtime: str) -> tuple[Birth, ...]:
        known = self._answers.get(runtime)
        now = time.monotonic()
        if known is None or now - known[0] > _FRESH_S:
            known = self._answers[runtime] = now, tuple(instance_births(runtime, self._ask(runtime)))
        return known[1]

    def _ask(self, runtime: str) -> object:
        variable, places = _SOCKETS[runtime]
        beside = os.environ.get(variable)
        self._sockets.new_round()
        for socket in (f"{beside}/unix.socket",) if beside else places:
            try:
                answer = self._sockets.get(socket, "/1.0/instances?recursion=1&all-projects=true")
            except TimeoutError:
                continue
            if answer is not None:
                return answer
        return None


BIRTHS: Final = Births()
"""Those of this host."""


def lxc_births(name: str, configuration: str) -> Iterator[Birth]:
    """Of its own file; what it includes says nothing of one container alone."""
    nics: dict[int, dict[str, str]] = {}
    for number, key, value in _SETTING.findall(configuration):
        nics.setdefault(int(number), {})[key] = value.strip("'\"") if value[:1] == value[-1:] else value
    unnamed = 0
    for _, nic in sorted(nics.items()):
        inside = nic.get("name") or f"eth{unnamed}"
        unnamed += "name" not in nic
        if nic.get("type") == "veth" and "veth.pair" in nic:
            mac = canonical_mac(nic.get("hwaddr", ""))  # `x` in it stands for what LXC makes up
            yield Birth(nic["veth.pair"], to_come("lxc", name), inside, mac, nic.get("link"))


def instance_births(runtime: str, answer: object) -> Iterator[Birth]:
    """Of every NIC that has a `host_name`."""
    instances = field(answer, "metadata")
    for instance in instances if isinstance(instances, list) else ():
        name, project = text_field(instance, "name"), text_field(instance, "project") or "default"
        devices = field(instance, "expanded_devices")
        if name is None or not isinstance(devices, Mapping):
            continue
        for key, nic in sorted(devices.items()):
            host = text_field(nic, "host_name")
            if host is not None and text_field(nic, "type") == "nic":
                kept = (text_field(instance, "config", f"volatile.{key}.{word}") for word in ("hwaddr", "name"))
                volatile_mac, volatile_name = kept
                mac = canonical_mac(text_field(nic, "hwaddr") or volatile_mac or "")
                bridge = text_field(nic, "parent") or text_field(nic, "network")
                inside = text_field(nic, "name") or volatile_name
                yield Birth(host, to_come(runtime, name, project=project), inside, mac, bridge)
