"""Docker: one container of a compose project, a second in its namespace, one by macvlan, one in the host's network."""

import functools

from tests.runtimes.lab import IMAGE, SLEEP, Expected, Lab, until

NEEDS = ("dockerd", "docker", "containerd", "busybox")
_COMPOSE = (("com.docker.compose.project", "shop"), ("com.docker.compose.service", "web"))


def start(lab: Lab) -> None:
    """Start a dockerd of the lab's own, and four containers."""
    docker = functools.partial(run, lab)
    at = lab.folder / "docker"
    at.mkdir()
    places = (
        "--data-root",
        f"{at}/data",
        "--exec-root",
        f"{at}/exec",
        "--pidfile",
        f"{at}/pid",
        "-H",
        f"unix://{at}/socket",
    )
    rules = ("--iptables=false", "--ip6tables=false", "--ip-masq=false", "--bip", "10.214.0.1/24")
    lab.daemon("dockerd", lab.inside("dockerd", *places, *rules))
    until(lambda: docker("version"), "dockerd")
    lab.run("tar", "-C", str(lab.rootfs), "-cf", f"{at}/box.tar", ".")
    docker("import", f"{at}/box.tar", IMAGE)
    compose = [word for key, value in _COMPOSE for word in ("--label", f"{key}={value}")]
    docker("network", "create", "-d", "macvlan", "-o", "parent=uplink1", "--subnet", "10.216.0.0/24", "mv")
    d1, d2, d3, d4 = names = tuple(map(lab.called, ("d1", "d2", "d3", "d4")))
    docker("run", "-d", "--name", d1, *compose, IMAGE, *SLEEP)
    docker("run", "-d", "--name", d2, "--network", f"container:{d1}", IMAGE, *SLEEP)
    docker("run", "-d", "--name", d3, "--network", "mv", IMAGE, *SLEEP)
    docker("run", "-d", "--name", d4, "--network", "host", IMAGE, *SLEEP)
    for name in names:
        labels = _COMPOSE if name == d1 else ()
        lab.expect(Expected("docker", name, pid_of(lab, name), IMAGE, labels, host_network=name == d4))


def run(lab: Lab, *words: str) -> str:
    """A command to the lab's dockerd."""
    return lab.run("docker", "-H", f"unix://{lab.folder}/docker/socket", *words)


def pid_of(lab: Lab, name: str) -> int:
    """The process of a container."""
    return int(run(lab, "inspect", "--format", "{{.State.Pid}}", name))
