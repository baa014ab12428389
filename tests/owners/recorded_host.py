"""A recorded host: its /proc, the files and sockets of its runtimes, and the finder that reads them."""

import json
from pathlib import Path

from backend.owners.assembly import Found
from backend.owners.finder import OwnerFinder
from backend.processes import ProcessTable
from model.namespace import Owner
from tests.recorded_proc import RecordedProc

ID = "4f0c4a9af1da3d25f35723e2a20274337058bedc00f782a95bc64bbd83b83295"
"""A container's."""
OTHER_ID = "d0602b9dd719e3fcf27340ff3467d4a483ffea0aae9cc4bd6241c4302a1be5ea"


class RecordedHost:
    """What a test writes into `proc` and `files`, `owners` reads as it reads a live host."""

    def __init__(self, folder: Path, timeout: float = 0.3) -> None:
        self.proc = RecordedProc(folder)
        self.root = folder / "root"
        self.now = 1000.0
        """Seconds since boot; the recorded processes are as old as that unless they say otherwise."""
        self.table = ProcessTable(self.proc.path)
        self.finder = OwnerFinder(
            self.proc.inode("host"), proc=self.proc.path, root=self.root, timeout=timeout, clock=lambda: self.now
        )

    def file(self, path: str, content: object) -> Path:
        """A state file; anything but text and bytes is written as JSON."""
        at = self.root / path.lstrip("/")
        at.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            at.write_bytes(content)
        else:
            at.write_text(content if isinstance(content, str) else json.dumps(content))
        return at

    def find(self, *, taps: bool = False) -> Found:
        self.table.refresh()
        return self.finder.find(self.table, taps=taps)

    def owners(self, namespace: str) -> tuple[Owner, ...]:
        return self.find().owners.get(self.proc.inode(namespace), ())

    def owner(self, namespace: str) -> Owner:
        """The only one."""
        (only,) = self.owners(namespace)
        return only

    # Supervisors as they look when they are what they claim to be

    def shim(self, pid: int, namespace: str, container: str, bundle: str = "/run/bundle", **more: object) -> int:
        argv = ("/usr/bin/containerd-shim-runc-v2", "-namespace", namespace, "-id", container, "-address", "/run/x")
        return self.proc.process(pid, *argv, exe="/usr/bin/containerd-shim-runc-v2", cwd=bundle, **more)  # type: ignore[arg-type]

    def conmon(self, pid: int, container: str, name: str, bundle: str = "", **more: object) -> int:
        argv = ("/usr/bin/conmon", "--api-version", "1", "-c", container, "-u", container, "-b", bundle, "-n", name)
        return self.proc.process(pid, *argv, exe="/usr/bin/conmon", **more)  # type: ignore[arg-type]

    def lxc_monitor(self, pid: int, path: str, name: str, exe: str = "/usr/bin/lxc-start") -> int:
        cgroup = f"0::/lxc.monitor.{name}"
        return self.proc.process(pid, f"[lxc monitor] {path} {name}", comm="lxc-start", exe=exe, cgroup=cgroup)
