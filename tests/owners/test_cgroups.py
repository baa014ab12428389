"""The forms a container's cgroup has: version 1, hybrid, version 2, with systemd and without."""

import pytest

from backend.owners.membership import claimed_by_cgroup
from tests.owners.recorded_host import ID, OTHER_ID

POD = "kubepods-burstable-pod8d0a7e1c_1fd4_4c12_9b2c_0a1b2c3d4e5f.slice"

FORMS = {
    # docker
    f"/docker/{ID}": ("docker", ID),
    f"/system.slice/docker-{ID}.scope": ("docker", ID),
    f"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-{ID}.scope": ("docker", ID),
    f"/docker-{ID}.scope/init.scope": ("docker", ID),
    # podman
    f"/machine.slice/libpod-{ID}.scope": ("podman", ID),
    f"/machine.slice/libpod-{ID}.scope/container": ("podman", ID),
    f"/libpod_parent/libpod-{ID}": ("podman", ID),
    f"/libpod_parent/{OTHER_ID}/libpod-{ID}": ("podman", ID),
    f"/machine.slice/machine-libpod_pod_{OTHER_ID}.slice/libpod-{ID}.scope/container": ("podman", ID),
    f"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope/container": ("podman", ID),
    # Kubernetes
    f"/kubepods.slice/kubepods-burstable.slice/{POD}/cri-containerd-{ID}.scope": ("kubernetes", ID),
    f"/kubepods.slice/kubepods-besteffort.slice/{POD}/crio-{ID}.scope": ("kubernetes", ID),
    f"/kubepods.slice/{POD}/docker-{ID}.scope": ("kubernetes", ID),
    f"/kubepods/burstable/pod8d0a7e1c-1fd4-4c12-9b2c-0a1b2c3d4e5f/{ID}": ("kubernetes", ID),
    f"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod1.slice/cri-containerd-{ID}.scope": ("kubernetes", ID),
    f"/machine.slice/crio-{ID}.scope": ("kubernetes", ID),
    # LXC, LXD, Incus
    "/lxc.payload.web": ("lxc", "web"),
    "/lxc.payload.web/init.scope": ("lxc", "web"),
    "/lxc.payload/web": ("lxc", "web"),
    "/lxc.payload.pr1_x3": ("lxc", "pr1_x3"),
    "/user.slice/user-1000.slice/session-2.scope/lxc.payload.web": ("lxc", "web"),
    "/lxc/web": ("lxc", "web"),
    # systemd-nspawn and machined
    "/machine.slice/machine-n1.scope": ("nspawn", "n1"),
    "/machine.slice/machine-n1.scope/payload": ("nspawn", "n1"),
    "/machine.slice/machine-my\\x2dweb.scope/payload/init.scope": ("nspawn", "my-web"),
    "/machine.slice/systemd-nspawn@my\\x2dweb.service/payload": ("nspawn", "my-web"),
    "/system.slice/systemd-nspawn@web.service": ("nspawn", "web"),
    # libvirt
    "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator": ("libvirt", "vm"),
    "/machine.slice/machine-qemu\\x2d12\\x2dmy\\x2dvm.scope": ("libvirt", "my-vm"),
    "/machine.slice/machine-lxc\\x2d7\\x2dbox.scope": ("libvirt", "box"),
    "/machine/qemu-1-vm.libvirt-qemu/emulator": ("libvirt", "vm"),
    # one in another: the outermost is the host's
    f"/lxc.payload.web/docker/{ID}": ("lxc", "web"),
    f"/lxc.payload.web/system.slice/docker-{ID}.scope": ("lxc", "web"),
    f"/docker/{ID}/lxc.payload.web": ("docker", ID),
    f"/docker/{ID}/kubelet/kubepods/pod1/{OTHER_ID}": ("docker", ID),
    f"/machine.slice/machine-n1.scope/payload/system.slice/docker-{ID}.scope": ("nspawn", "n1"),
    f"/system.slice/docker-{ID}.scope/kubelet.slice/kubelet-kubepods.slice/x/cri-containerd-{OTHER_ID}.scope": (
        "docker",
        ID,
    ),
}


@pytest.mark.parametrize("path", FORMS)
def test_a_cgroup_tells_the_container(path: str) -> None:
    claim = claimed_by_cgroup((path,))
    assert claim is not None
    assert (claim.runtime, claim.id) == FORMS[path]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/init.scope",
        "/payload",
        "/default/c1",
        "/system.slice/docker.service",
        "/system.slice/docker-compose@shop.service",
        "/lxc.monitor.web",
        f"/machine.slice/libpod-conmon-{ID}.scope",
        f"/machine.slice/crio-conmon-{ID}.scope",
        f"/libpod_parent/{ID}/conmon",
        f"/docker/{ID[:-1]}",
        f"/docker/{ID}0",
        f"/mydocker/{ID}",
        "/kubepods.slice/kubepods-burstable.slice",
        "/user.slice/user-1000.slice/session-c1.scope",
    ],
)
def test_the_hosts_own_and_the_supervisors_cgroups_are_no_containers(path: str) -> None:
    assert claimed_by_cgroup((path,)) is None


def test_the_unified_hierarchy_is_believed_before_the_others() -> None:
    claim = claimed_by_cgroup((f"/docker/{ID}", "/lxc.payload.web"))
    assert claim is not None
    assert claim.runtime == "docker"


def test_a_hybrid_host_names_the_container_in_version_1_only() -> None:
    claim = claimed_by_cgroup(("/", f"/docker/{ID}"))
    assert claim is not None
    assert claim.runtime == "docker"
