"""Each runtime, from recorded text: what owns the namespace, and what it is called."""

import sqlite3

import pytest

from model.namespace import Owner
from tests.owners.recorded_host import ID, OTHER_ID, RecordedHost

STORAGE = "/var/lib/containers/storage"
BUNDLE = f"{STORAGE}/overlay-containers/{ID}/userdata"


def test_docker_by_its_own_file_with_composes_labels(host: RecordedHost) -> None:
    labels = {"com.docker.compose.service": "web", "com.docker.compose.project": "shop"}
    config = {"Name": "/shop-web-1", "Config": {"Image": "nginx:1", "Labels": labels}}
    host.file(f"/srv/docker/containers/{ID}/config.v2.json", config)
    host.proc.process(5, "dockerd", "--data-root", "/srv/docker", exe="/usr/sbin/dockerd")
    host.shim(10, "moby", ID)
    host.proc.process(11, "nginx", net="web", parent=10, cgroup=f"0::/system.slice/docker-{ID}.scope", pid_ns="web")
    assert host.owner("web") == Owner(
        runtime="docker",
        name="shop-web-1",
        id=ID,
        pid=11,
        image="nginx:1",
        labels=(("com.docker.compose.project", "shop"), ("com.docker.compose.service", "web")),
    )


def test_docker_where_the_configuration_says_where_it_keeps_its_files(host: RecordedHost) -> None:
    host.file("/etc/docker/daemon.json", {"data-root": "/mnt/d"})
    host.file(f"/mnt/d/containers/{ID}/config.v2.json", {"Name": "/d1"})
    host.shim(10, "moby", ID)
    host.proc.process(11, "sh", net="web", parent=10, cgroup=f"0::/docker/{ID}")
    assert host.owner("web").name == "d1"


def test_docker_with_a_cgroup_parent_of_its_own_is_known_by_its_shim(host: RecordedHost) -> None:
    host.shim(10, "moby", ID)
    host.proc.process(11, "sh", net="web", parent=10, cgroup=f"0::/my-limits/{ID}")
    owner = host.owner("web")
    assert (owner.runtime, owner.name, owner.proved) == ("docker", ID[:12], True)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"[]", b'{"Name": 7}', b'{"Name": "/d", "Config": []}']
)
def test_a_state_file_that_is_half_written_or_hostile_costs_at_most_the_name(
    host: RecordedHost, content: bytes
) -> None:
    host.file(f"/var/lib/docker/containers/{ID}/config.v2.json", content)
    host.shim(10, "moby", ID)
    host.proc.process(11, "sh", net="web", parent=10, cgroup=f"0::/docker/{ID}")
    assert host.owner("web").name in {ID[:12], "d"}


def test_podman_by_conmon_its_storage_and_its_database(host: RecordedHost) -> None:
    metadata = '{"image-name": "docker.io/library/postgres:16"}'
    host.file(f"{STORAGE}/overlay-containers/containers.json", [{"id": ID, "names": ["db"], "metadata": metadata}])
    database = sqlite3.connect(host.file(f"{STORAGE}/db.sql", b""))
    database.execute("CREATE TABLE ContainerConfig (ID TEXT, Name TEXT, PodID TEXT, JSON TEXT)")
    database.execute("CREATE TABLE PodConfig (ID TEXT, Name TEXT, JSON TEXT)")
    database.execute("INSERT INTO PodConfig VALUES (?, 'shop', '')", (OTHER_ID,))
    database.execute("INSERT INTO ContainerConfig VALUES (?, 'db', ?, ?)", (ID, OTHER_ID, '{"labels": {"role": "db"}}'))
    database.commit()
    database.close()
    host.conmon(10, ID, "db", BUNDLE)
    host.proc.process(11, "postgres", net="db", parent=10, cgroup=f"0::/machine.slice/libpod-{ID}.scope/container")
    owner = host.owner("db")
    assert (owner.runtime, owner.name, owner.id, owner.proved) == ("podman", "db", ID, True)
    assert owner.image == "docker.io/library/postgres:16"
    assert owner.labels == (("pod", "shop"), ("role", "db"))


def test_a_rootless_podman_is_its_users_and_proves_nothing(host: RecordedHost) -> None:
    host.file("/etc/passwd", "root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n")
    host.conmon(10, ID, "db", uid=1000, user_ns="alice")
    host.proc.process(11, "postgres", net="db", parent=10, cgroup="0::/", uid=1000, user_ns="alice", pid_ns="db")
    owner = host.owner("db")
    assert (owner.runtime, owner.name, owner.user, owner.proved) == ("podman", "db", "alice", False)


def test_a_pod_shows_its_containers_and_not_the_one_that_holds_it_together(host: RecordedHost) -> None:
    for pid, name in ((10, f"{OTHER_ID[:12]}-infra"), (20, "app"), (30, "log")):
        container = f"{pid:064x}"
        host.conmon(pid, container, name)
        host.proc.process(pid + 1, name, net="pod", parent=pid, cgroup=f"0::/machine.slice/libpod-{container}.scope")
    assert [owner.name for owner in host.owners("pod")] == ["app", "log"]


def test_containerd_by_its_bundle(host: RecordedHost) -> None:
    bundle = "/run/containerd/io.containerd.runtime.v2.task/default/c1"
    host.file(f"{bundle}/config.json", {"annotations": {"nerdctl/name": "web", "app": "shop"}})
    host.shim(10, "default", "c1", bundle)
    host.proc.process(11, "sh", net="c1", parent=10, cgroup="0::/default/c1")
    owner = host.owner("c1")
    assert (owner.runtime, owner.id, owner.name) == ("containerd", "c1", "web")
    assert dict(owner.labels) == {"containerd.namespace": "default", "nerdctl/name": "web", "app": "shop"}


def test_a_kubernetes_pod_is_one_owner_with_its_containers_listed(host: RecordedHost) -> None:
    bundles = "/run/containerd/io.containerd.runtime.v2.task/k8s.io"
    common = {
        "io.kubernetes.cri.sandbox-id": ID,
        "io.kubernetes.cri.sandbox-name": "web-7d4b",
        "io.kubernetes.cri.sandbox-namespace": "prod",
    }
    host.file(f"{bundles}/{ID}/config.json", {"annotations": common | {"io.kubernetes.cri.container-type": "sandbox"}})
    host.shim(10, "k8s.io", ID, f"{bundles}/{ID}")
    cgroup = "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-"
    host.proc.process(11, "/pause", net="pod", parent=10, cgroup=f"{cgroup}{ID}.scope")
    for pid, name in ((12, "app"), (13, "sidecar")):
        container = f"{pid:064x}"
        annotations = common | {
            "io.kubernetes.cri.container-type": "container",
            "io.kubernetes.cri.container-name": name,
            "io.kubernetes.cri.image-name": f"registry/{name}:1",
        }
        host.file(f"{bundles}/{container}/config.json", {"annotations": annotations})
        host.proc.process(pid, name, net="pod", parent=10, cgroup=f"{cgroup}{container}.scope")
    assert host.owner("pod") == Owner(
        runtime="kubernetes",
        name="web-7d4b",
        id=ID,
        pid=11,
        image="registry/app:1",
        labels=(("io.kubernetes.container.name", "app,sidecar"), ("io.kubernetes.pod.namespace", "prod")),
    )


def test_a_pod_of_cri_o_is_kubernetes_too(host: RecordedHost) -> None:
    bundle = f"/run/containers/storage/overlay-containers/{ID}/userdata"
    annotations = {
        "io.kubernetes.pod.name": "web-1",
        "io.kubernetes.pod.namespace": "prod",
        "io.kubernetes.container.name": "app",
        "io.kubernetes.cri-o.SandboxID": OTHER_ID,
        "io.kubernetes.cri-o.ContainerType": "container",
    }
    host.file(f"{bundle}/config.json", {"annotations": annotations})
    host.conmon(10, ID, "k8s_app_web-1_prod_uid_0", bundle)
    host.proc.process(11, "app", net="pod", parent=10, cgroup=f"0::/kubepods.slice/x.slice/crio-{ID}.scope")
    owner = host.owner("pod")
    assert (owner.runtime, owner.name, owner.id) == ("kubernetes", "web-1", OTHER_ID)


def test_lxc_by_its_monitor(host: RecordedHost) -> None:
    host.lxc_monitor(10, "/var/lib/lxc", "tinderbox")
    host.proc.process(11, "init", net="box", parent=10, cgroup="0::/lxc.payload.tinderbox", pid_ns="box")
    host.proc.process(12, "sh", net="box", parent=11, cgroup="0::/lxc.payload.tinderbox", pid_ns="box")
    assert host.owner("box") == Owner(runtime="lxc", name="tinderbox", id="tinderbox", pid=11)


def test_lxc_in_the_foreground_has_options_instead_of_a_title(host: RecordedHost) -> None:
    host.proc.process(10, "lxc-start", "-F", "-n", "tinderbox", exe="/usr/bin/lxc-start")
    host.proc.process(11, "init", net="box", parent=10, cgroup="0::/lxc.payload.tinderbox-1")
    assert host.owner("box").name == "tinderbox"


@pytest.mark.parametrize(("exe", "runtime"), [("/snap/lxd/1/bin/lxd", "lxd"), ("/opt/incus/bin/incusd", "incus")])
def test_lxd_and_incus_are_told_by_their_program_and_name_the_project(
    host: RecordedHost, exe: str, runtime: str
) -> None:
    host.lxc_monitor(10, f"/var/lib/{runtime}/containers", "pr1_x3", exe)
    host.proc.process(11, "init", net="box", parent=10, cgroup="0::/lxc.payload.pr1_x3")
    owner = host.owner("box")
    assert (owner.runtime, owner.name, owner.labels) == (runtime, "x3", (("project", "pr1"),))


def test_nspawn_without_machined_is_known_by_its_supervisor(host: RecordedHost) -> None:
    host.proc.process(10, "systemd-nspawn", "-D", "/srv/n2", "--network-veth", exe="/usr/bin/systemd-nspawn")
    host.proc.process(11, "init", net="n2", parent=10, cgroup="0::/payload", user_ns="n2")
    owner = host.owner("n2")
    assert (owner.runtime, owner.name, owner.proved) == ("nspawn", "n2", True)


def test_nspawn_in_its_scope_and_its_supervisor_is_no_owner(host: RecordedHost) -> None:
    scope = "0::/machine.slice/machine-my\\x2dweb.scope"
    host.proc.process(10, "systemd-nspawn", "-Mmy-web", exe="/usr/bin/systemd-nspawn", cgroup=f"{scope}/supervisor")
    host.proc.process(11, "init", net="web", parent=10, cgroup=f"{scope}/payload")
    assert (host.owner("web").name, host.owner("web").proved) == ("my-web", True)
    assert host.owners("host") == ()


def test_qemu_is_named_by_its_command_line_and_owns_none_of_the_hosts_links(host: RecordedHost) -> None:
    argv = ("qemu-system-x86_64", "-name", "guest=vm1,debug-threads=on", "-uuid", "8d0a7e1c")
    host.proc.process(10, *argv, exe="/usr/bin/qemu-system-x86_64")
    owner = host.owner("host")
    assert (owner.runtime, owner.name, owner.id, owner.host_network) == ("qemu", "vm1", "8d0a7e1c", True)


def test_two_machines_of_one_name_in_two_namespaces_are_two(host: RecordedHost) -> None:
    for pid, namespace in ((10, "host"), (11, "lab")):
        host.proc.process(pid, "qemu-system-x86_64", "-name", "vm1", exe="/usr/bin/qemu-system-x86_64", net=namespace)
    assert (host.owner("host").pid, host.owner("lab").pid) == (10, 11)


def test_a_libvirt_machine_is_proved_by_the_file_that_libvirt_keeps(host: RecordedHost) -> None:
    argv = ("qemu-system-x86_64", "-name", "guest=my-vm")
    cgroup = "0::/machine.slice/machine-qemu\\x2d1\\x2dmy\\x2dvm.scope/libvirt/emulator"
    host.proc.process(10, *argv, exe="/usr/bin/qemu-system-x86_64", cgroup=cgroup, uid=64055)
    assert (host.owner("host").name, host.owner("host").proved) == ("my-vm", False)
    host.file("/run/libvirt/qemu/my-vm.xml", "<domstatus state='running' pid='10'>\n</domstatus>\n")
    host.finder.look_again([10])
    owner = host.owner("host")
    assert (owner.runtime, owner.name, owner.user, owner.proved) == ("libvirt", "my-vm", None, True)


def test_plain_processes_own_what_no_runtime_owns_and_only_the_eldest_are_named(host: RecordedHost) -> None:
    host.file("/etc/passwd", "nm-openvpn:x:118:125::/:/bin/false\n")
    unit = "0::/system.slice/openvpn@office.service"
    host.proc.process(10, "openvpn", net="vpn", cgroup=unit, uid=118)
    for pid in range(20, 40):
        host.proc.process(pid, "worker", net="vpn", parent=10)
    for pid in range(40, 50):
        host.proc.process(pid, "sh", net="vpn")
    owners = host.owners("vpn")
    assert [owner.pid for owner in owners] == [10, 40, 41]
    assert owners[0] == Owner(
        runtime="process",
        name="openvpn",
        id="10",
        pid=10,
        labels=(("unit", "openvpn@office.service"),),
        user="nm-openvpn",
        proved=False,
    )


def test_a_process_that_visits_a_containers_namespace_is_no_owner(host: RecordedHost) -> None:
    host.lxc_monitor(10, "/var/lib/lxc", "box")
    host.proc.process(11, "init", net="box", parent=10, cgroup="0::/lxc.payload.box")
    host.proc.process(12, "tcpdump", net="box")
    assert [owner.name for owner in host.owners("box")] == ["box"]


def test_several_containers_of_one_namespace_all_own_it(host: RecordedHost) -> None:
    for pid, container in ((10, ID), (20, OTHER_ID)):
        host.file(f"/var/lib/docker/containers/{container}/config.v2.json", {"Name": f"/d{pid}"})
        host.shim(pid, "moby", container)
        host.proc.process(pid + 1, "sh", net="shared", parent=pid, cgroup=f"0::/docker/{container}")
    assert [owner.name for owner in host.owners("shared")] == ["d10", "d20"]


def test_a_container_in_the_hosts_network_is_marked_so(host: RecordedHost) -> None:
    host.shim(10, "moby", ID)
    host.proc.process(11, "node_exporter", parent=10, cgroup=f"0::/docker/{ID}", pid_ns="inner")
    owner = host.owner("host")
    assert (owner.runtime, owner.host_network) == ("docker", True)


def test_a_container_in_its_supervisors_network_is_marked_so_wherever_that_is(host: RecordedHost) -> None:
    host.shim(10, "moby", ID, net="lab")
    host.proc.process(11, "sh", net="lab", parent=10, cgroup=f"0::/docker/{ID}")
    assert [(owner.runtime, owner.host_network) for owner in host.owners("lab")] == [
        ("docker", True),
        ("process", False),
    ]


def test_what_a_container_does_in_the_hosts_network_makes_it_no_owner_there(host: RecordedHost) -> None:
    host.shim(10, "moby", ID)
    host.proc.process(11, "sh", net="web", parent=10, cgroup=f"0::/docker/{ID}")
    host.proc.process(12, "runc", parent=10, cgroup=f"0::/docker/{ID}", exe="/usr/sbin/runc")
    host.proc.process(13, "nsenter", parent=11, cgroup=f"0::/docker/{ID}")
    assert host.owners("host") == ()


def test_a_container_inside_a_container_is_the_outer_ones(host: RecordedHost) -> None:
    host.lxc_monitor(10, "/var/lib/lxc", "web")
    payload = "0::/lxc.payload.web"
    host.proc.process(11, "systemd", net="web", parent=10, cgroup=f"{payload}/init.scope", pid_ns="web")
    host.shim(12, "moby", ID, net="web", parent=11, cgroup=f"{payload}/system.slice/docker.service", pid_ns="web")
    inner = f"{payload}/system.slice/docker-{ID}.scope"
    host.proc.process(13, "nginx", net="inner", parent=12, cgroup=inner, pid_ns="inner")
    assert [(owner.runtime, owner.name, owner.pid, owner.proved) for owner in host.owners("inner")] == [
        ("lxc", "web", 13, True)
    ]
    assert host.find().warnings == ()
