"""Docker: the cgroup holds the id; dockerd's own file, or its socket, the name, the image and compose's labels.

Sources: dockerd(8); moby's daemon/config.v2.json as `container.Container` writes it; the Engine API's
`GET /containers/ID/json`, which waits while the container is starting: so the file comes first.
"""

import re
from dataclasses import replace

from backend.owners.claim import HEX_ID, CgroupForm, Claim, Description, text_pairs
from backend.owners.command_line import option, options
from backend.owners.sources import Sources
from backend.owners.state_file import field, text_field

CGROUPS = (
    CgroupForm("docker", re.compile(rf"(?:^|/)docker/(?P<id>{HEX_ID})(?=/|$)")),
    CgroupForm("docker", re.compile(rf"(?:^|/)docker-(?P<id>{HEX_ID})\.scope(?=/|$)")),
)
NAMESPACE = "moby"
"""What dockerd calls its own in containerd."""


def describe(claim: Claim, sources: Sources) -> Description:
    """Name, image and labels, by file or else by socket."""
    if not re.fullmatch(HEX_ID, claim.id):
        return Description()
    for folder in _data_roots(sources):
        path = f"{folder}/containers/{claim.id}/config.v2.json"
        config = sources.files.json(path)
        if text_field(config, "Name"):
            return replace(_described(config), source=path)
    for socket in _sockets(sources):
        try:
            answer = sources.sockets.get(socket, f"/containers/{claim.id}/json")
        except TimeoutError:
            return Description(answered=False)
        if text_field(answer, "Name"):
            return _described(answer)
    return Description()


def _described(config: object) -> Description:
    """The file and the answer have these fields in common."""
    return Description(
        name=(text_field(config, "Name") or "").lstrip("/") or None,
        image=text_field(config, "Config", "Image"),
        labels=text_pairs(field(config, "Config", "Labels")),
    )


def _data_roots(sources: Sources) -> list[str]:
    told = [root for argv in sources.dockerds if (root := option(argv, "--data-root", "-g", "--graph"))]
    configured = text_field(sources.files.json("/etc/docker/daemon.json"), "data-root")
    return [*told, *([configured] if configured else []), "/var/lib/docker"]


def _sockets(sources: Sources) -> list[str]:
    hosts = [host for argv in sources.dockerds for host in options(argv, "-H", "--host")]
    told = [host.removeprefix("unix://") for host in hosts if host.startswith("unix://")]
    return [*told, "/run/docker.sock"]
