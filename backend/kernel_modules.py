"""Which kernel modules are at work: asking the kernel for a thing that is not there would load it."""

import os
from pathlib import Path


def is_loaded(module: str) -> bool:
    """Whether a module of this name is loaded or built in; where nothing tells, it may be (lsmod(8))."""
    try:
        loaded = Path("/proc/modules").read_text(encoding="ascii", errors="replace")
    except OSError:
        return True  # a kernel without modules: what it has is built in
    if any(line.startswith(f"{module} ") for line in loaded.splitlines()):
        return True
    builtin = Path("/lib/modules", os.uname().release, "modules.builtin")
    try:
        return f"/{module}.ko" in builtin.read_text(encoding="ascii", errors="replace")
    except OSError:
        return True
