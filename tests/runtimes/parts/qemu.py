"""Two VMs that run nothing: one on a tap, one on a macvtap."""

from pathlib import Path

from tests.runtimes.lab import Expected, ExpectedTap, Lab, until

NEEDS = ("qemu-system-x86_64",)
_QEMU = ["qemu-system-x86_64", "-machine", "q35,accel=tcg", "-m", "32", "-nodefaults", "-display", "none", "-S"]


def start(lab: Lab) -> None:
    """Start vm1 and vm2."""
    if not Path("/dev/net/tun").exists():
        lab.absent["qemu"] = "no /dev/net/tun"
        return
    vm1, vm2 = lab.called("vm1"), lab.called("vm2")
    lab.run("ip", "tuntap", "add", "tap1", "mode", "tap")
    lab.run("ip", "link", "set", "tap1", "master", "br0", "up")
    network = "tap,id=n0,ifname=tap1,script=no,downscript=no"
    first = lab.daemon("vm1", lab.inside(*_QEMU, "-name", f"guest={vm1}", *_card(network)))
    lab.run("ip", "link", "add", "link", "uplink0", "name", "mvtap1", "up", "type", "macvtap", "mode", "bridge")
    index = int(lab.run("ip", "-o", "link", "show", "mvtap1").split(":")[0])
    shell = f'exec "$@" 3<>/dev/tap{index}'
    argv = (*_QEMU, "-name", vm2, *_card("tap,id=n0,fd=3"))
    second = lab.daemon("vm2", lab.inside("sh", "-c", shell, "sh", *argv))
    for pid, device in ((first, "/dev/net/tun"), (second, f"/dev/tap{index}")):
        until(lambda pid=pid, device=device: _holds(pid, device), f"qemu to open {device}")  # type: ignore[misc]
    lab.expect(*(Expected("qemu", name, pid, host_network=True) for name, pid in ((vm1, first), (vm2, second))))
    lab.taps += [ExpectedTap("tap1", "tap1", vm1), ExpectedTap("mvtap1", index, vm2)]


def _card(network: str) -> tuple[str, ...]:
    return "-netdev", network, "-device", "virtio-net-pci,netdev=n0"


def _holds(pid: int, device: str) -> bool:
    """It has the device open, and has chosen its tap."""
    for descriptor in Path("/proc", str(pid), "fd").iterdir():
        if str(descriptor.readlink()) == device:
            fdinfo = Path("/proc", str(pid), "fdinfo", descriptor.name).read_text()
            return Path("/proc", str(pid), "comm").read_text().startswith("qemu") and (
                device != "/dev/net/tun" or "iff:\ttap1" in fdinfo
            )
    return False
