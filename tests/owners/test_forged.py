"""What a hostile container may try: argv, program names and cgroup names are its own to choose."""

import os

import pytest

from tests.owners.recorded_host import ID, OTHER_ID, RecordedHost

IN_DOCKER = f"0::/docker/{ID}"


@pytest.fixture
def docker(host: RecordedHost) -> RecordedHost:
    """A host with one docker container, d1, whose init is pid 11."""
    host.file(f"/var/lib/docker/containers/{ID}/config.v2.json", {"Name": "/d1"})
    host.shim(10, "moby", ID)
    host.proc.process(11, "sh", net="web", parent=10, cgroup=IN_DOCKER, pid_ns="web")
    return host


@pytest.mark.parametrize(
    ("argv", "exe"),
    [
        (("[lxc monitor] /var/lib/lxc victim",), "/usr/bin/lxc-start"),
        (("[lxc monitor] /var/lib/lxc victim",), "/bin/busybox"),
        (("[lxc monitor] ",), "/usr/bin/lxc-start"),
        (("conmon", "-c", OTHER_ID, "-n", "victim"), "/usr/bin/conmon"),
        (("conmon",), "/usr/bin/conmon"),
        (("conmon", "-c"), "/usr/bin/conmon"),
        (("containerd-shim", "-namespace", "moby", "-id"), "/usr/bin/containerd-shim-runc-v2"),
        (("systemd-nspawn", "-M", "victim"), "/usr/bin/systemd-nspawn"),
        ((), "/usr/bin/systemd-nspawn"),
    ],
)
def test_a_supervisor_inside_a_container_is_not_believed(docker: RecordedHost, argv: tuple[str, ...], exe: str) -> None:
    docker.proc.process(12, *argv, net="web", parent=11, cgroup=IN_DOCKER, pid_ns="web", exe=exe)
    docker.proc.process(13, "sh", net="inner", parent=12, cgroup=IN_DOCKER, pid_ns="web")
    owner = docker.owner("inner")
    assert (owner.runtime, owner.name, owner.proved) == ("docker", "d1", True)
    assert docker.find().warnings == ()


@pytest.mark.parametrize("exe", ["/tmp/conmon-not", "/usr/bin/python3.11", "/usr/bin/conmon.sh"])
def test_the_kernel_says_what_a_supervisor_runs_not_its_argv(host: RecordedHost, exe: str) -> None:
    host.proc.process(10, "/usr/bin/conmon", "-c", ID, "-n", "victim", exe=exe)
    host.proc.process(11, "sh", net="web", parent=10)
    assert host.owner("web").runtime == "process"


def test_a_users_own_conmon_names_nothing_that_root_started(host: RecordedHost) -> None:
    host.conmon(10, ID, "victim", uid=1000)
    host.proc.process(11, "sudo", parent=10, uid=0)
    host.proc.process(12, "sh", net="web", parent=11, uid=0)
    assert host.owner("web").runtime == "process"


def test_a_users_own_conmon_proves_nothing(host: RecordedHost) -> None:
    host.conmon(10, ID, "victim", uid=1000)
    host.proc.process(11, "sh", net="web", parent=10, uid=1000, cgroup=f"0::/user.slice/libpod-{ID}.scope")
    owner = host.owner("web")
    assert (owner.name, owner.user, owner.proved) == ("victim", "1000", False)


def test_a_cgroup_alone_proves_nothing(host: RecordedHost) -> None:
    host.proc.process(11, "sh", net="web", cgroup=f"0::/user.slice/user-1000.slice/docker-{ID}.scope", uid=1000)
    owner = host.owner("web")
    assert (owner.runtime, owner.proved) == ("docker", False)


def test_where_cgroup_and_supervisor_contradict_each_other_the_cgroup_wins_with_a_warning(host: RecordedHost) -> None:
    host.lxc_monitor(10, "/var/lib/lxc", "box")
    host.proc.process(11, "sh", net="web", parent=10, cgroup=IN_DOCKER)
    found = host.find()
    (owner,) = found.owners[host.proc.inode("web")]
    assert (owner.runtime, owner.id, owner.proved) == ("docker", ID, False)
    (warning,) = found.warnings
    assert (warning.code, warning.netns, warning.pid) == ("owner-contradiction", host.proc.inode("web"), 11)
    assert "docker" in warning.text
    assert "lxc" in warning.text


def test_a_container_of_another_name_below_the_same_kind_of_supervisor_is_a_contradiction(host: RecordedHost) -> None:
    host.lxc_monitor(10, "/var/lib/lxc", "box")
    host.proc.process(11, "sh", net="web", parent=10, cgroup="0::/lxc.payload.victim")
    (warning,) = host.find().warnings
    assert warning.code == "owner-contradiction"


@pytest.mark.parametrize(
    "name", ["\udcff\udcfe", "br[/x]", "a\x1b[31m", "../../etc", "$(id)", "x\ny", "\u202etxt", "-rf"]
)
def test_a_hostile_name_is_carried_as_it_is(host: RecordedHost, name: str) -> None:
    host.conmon(10, ID, name, "/var/lib/containers/storage/../../../etc/userdata")
    host.proc.process(11, "sh", net="web", parent=10, cgroup=f"0::/libpod_parent/libpod-{ID}")
    assert host.owner("web").name == name
    assert os.fsencode(host.owner("web").name) == os.fsencode(name)


def test_a_bundle_that_is_a_fifo_is_not_waited_for(host: RecordedHost) -> None:
    bundle = f"/var/lib/containers/storage/overlay-containers/{ID}/userdata"
    storage = host.root / "var/lib/containers/storage/overlay-containers"
    storage.mkdir(parents=True)
    os.mkfifo(storage / "containers.json")
    host.conmon(10, ID, "db", bundle)
    host.proc.process(11, "sh", net="db", parent=10, cgroup=f"0::/libpod_parent/libpod-{ID}")
    assert (host.owner("db").name, host.owner("db").image) == ("db", None)


def test_parents_that_lead_in_a_circle_end_somewhere(host: RecordedHost) -> None:
    host.proc.process(10, "a", net="web", parent=11)
    host.proc.process(11, "b", net="web", parent=10)
    assert host.find().owners == {}
