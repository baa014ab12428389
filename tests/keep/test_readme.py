"""The README's "Keeping things true", typed as it stands at a terminal; but for the container's name and systemctl."""

import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtimes.boxes import Box, lxc_box
from tests.runtimes.lab import Lab

pytestmark = pytest.mark.root

README = Path(__file__).parents[2] / "README.md"
PRIVATE_ETC = 'cp -a /etc "$1" && mount --bind "$1" /etc && shift && exec "$@"'
"""What is written into /etc is written into a copy."""


@pytest.fixture
def lab() -> Iterator[Lab]:
    if os.geteuid() != 0:
        pytest.skip("real containers need root")
    if shutil.which("lxc-start") is None:
        pytest.skip("not installed: lxc-start")
    with Lab() as opened:
        yield opened


@pytest.fixture
def box(lab: Lab) -> Iterator[Box]:
    """The tinderbox, running."""
    made = lxc_box(lab, lab.called("tinderbox"), "type = veth", "link = br0", "name = eth0", "flags = up")
    made.pid = made.boot()
    yield made
    made.halt()


def commands(name: str) -> str:
    """Those of the section, for a container of another name."""
    section = README.read_text(encoding="utf-8").partition("## Keeping things true")[2].partition("\n## ")[0]
    lines = [line[4:] for line in section.splitlines() if line.startswith("    jackfield") or "systemctl" in line]
    assert len(lines) > 5
    return "".join(f"{re.sub(r'(?<= )tinderbox(?= )', name, line)}\n" for line in lines)


def test_each_command_of_the_section_does_what_it_says(lab: Lab, box: Box, state: Path, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "jackfield").symlink_to(Path(sys.executable).with_name("jackfield"))
    (programs / "systemctl").write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/systemctl\n')
    (programs / "systemctl").chmod(0o755)
    shell = ("env", f"PATH={programs}:{os.environ['PATH']}", "sh", "-ec", commands(box.name))
    etc = tmp_path / "etc"
    status, said = typed(lab.inside("unshare", "--mount", "sh", "-c", PRIVATE_ETC, "sh", str(etc), *shell), state)
    assert status == 0, said
    assert lab.run("ip", "link", "show", "dev", "tinder0")
    rules = lab.run("nft", "list", "ruleset")
    assert '"tinder0"' in rules
    assert "3128" in rules
    assert "ExecStart=" in (etc / "systemd/system/jackfield-enforce.service").read_text()
    assert (tmp_path / "systemctl").read_text() == "enable --now jackfield-enforce\n"
    assert box.name in (etc / "jackfield/policy.toml").read_text()


def typed(argv: list[str], state: Path) -> tuple[int, str]:
    """At a terminal, by somebody who agrees to whatever asks for a name; the exit status, and what was said."""
    ours, its = pty.openpty()
    env = {**os.environ, "JACKFIELD_STATE_DIR": str(state)}
    said = ""
    with subprocess.Popen(argv, stdin=its, stdout=its, stderr=its, env=env, start_new_session=True) as running:
        os.close(its)
        while True:
            try:
                more = os.read(ours, 1 << 16).decode("utf-8", "replace")
            except OSError:  # EIO: everybody has closed it
                break
            said += more
            asked = re.search(r"Type (\S+) to [^\n]*: $", said)
            if asked:
                os.write(ours, f"{asked[1]}\n".encode())
                said += "\n"
    os.close(ours)
    return running.returncode, said
