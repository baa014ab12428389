"""Namespaces for the tests, and the rule that CI skips no directory of tests in silence."""

import gc
import itertools
import os
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend import netns

TESTS = Path(__file__).parent
ON_CI = bool(os.environ.get("CI"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """For the half of the suite that needs nobody else (halves.py)."""
    parser.addoption("--no-root", action="store_true", help="refuse to begin when a test is marked `root`")


def pytest_sessionstart() -> None:
    """Tests make links of kind ifb: where that is a module it would put two of its own into the machine's namespace."""
    if os.geteuid() == 0 and shutil.which("modprobe"):
        subprocess.run(["modprobe", "--quiet", "ifb", "numifbs=0"], check=False, capture_output=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What works on the machine's kernel must not run beside other tests that do."""
    if config.getoption("--no-root"):
        lost = [item.nodeid for item in items if item.get_closest_marker("root")]
        if lost:
            raise pytest.UsageError(f"marked `root`, where tests/halves.py does not look for it: {', '.join(lost)}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what is marked `root` where we are not."""
    if item.get_closest_marker("root") and os.geteuid() != 0:
        pytest.skip("needs root")


@pytest.fixture
def make_netns() -> Iterator[Callable[[str], str]]:
    """Make a named network namespace (`ip netns add`): give it a word, get its full name. Removed after the test."""
    made: list[str] = []

    def make(word: str = "ns") -> str:
        name = f"jf-test-{os.getpid()}-{next(_serial)}-{word}"
        subprocess.run(["ip", "netns", "add", name], check=True)
        made.append(name)
        return name

    yield make
    for name in reversed(made):
        if Path("/run/netns", name).exists():
            subprocess.run(["ip", "netns", "delete", name], check=True)


@pytest.fixture
def private_host() -> Iterator[int]:
    """Run the body of the test, its threads and its programs in an empty network namespace of their own; lo is up.

    The value is a descriptor of it. Only the network is private: /run/netns and /proc are the machine's.
    """
    home = netns.open_own_netns()
    try:
        netns.unshare_netns()
        own = netns.open_own_netns()
        try:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            yield own
        finally:
            netns.setns(home)
            os.close(own)
    finally:
        os.close(home)


_serial = itertools.count()


class Groups:
    """What became of each first-level directory under tests/."""

    def __init__(self) -> None:
        self.ran: set[str] = set()
        self.skipped: dict[str, int] = defaultdict(int)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A module may skip itself as a whole."""
        if report.skipped:
            self.skipped[_group(report.fspath)] += 1

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test as run when its body was."""
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skipped[_group(report.fspath)] += 1
        elif report.when == "call":
            self.ran.add(_group(report.fspath))

    @property
    def skipped_whole(self) -> list[str]:
        """The directories of which nothing ran."""
        return sorted(group for group in self.skipped if group not in self.ran)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """On CI a directory that was skipped whole is a failure."""
        if ON_CI and self.skipped_whole and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which ones, and what it means."""
        for group in self.skipped_whole:
            terminalreporter.write_line(f"every test of tests/{group} was skipped" + (": CI fails" if ON_CI else ""))


def pytest_collection_finish() -> None:
    """What was imported stays: looking through it for garbage again and again takes a fifth of the time."""
    gc.collect()
    gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    """Watch the groups."""
    config.pluginmanager.register(Groups())


def _group(path: str) -> str:
    parts = Path(path).parts
    return parts[1] if len(parts) > 2 and parts[0] == TESTS.name else ""
