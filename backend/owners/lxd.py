"""LXD and Incus: projects, and the image out of the daemon's socket.

Sources: their REST API, `GET /1.0/instances/NAME`; outside the default project an instance's LXC name is
PROJECT_NAME.
"""

import urllib.parse
from pathlib import PurePath

from backend.owners.claim import Claim, Description
from backend.owners.sources import Sources
from backend.owners.state_file import text_field

_INCUS_SOCKETS = ("/run/incus/unix.socket", "/var/lib/incus/unix.socket")


def instance(runtime: str, path: str, lxc_name: str) -> Claim:
    """The instance that a monitor of LXD's or Incus's runs. Neither a project nor an instance has a `_` in its name."""
    project, _, name = lxc_name.rpartition("_")
    return Claim(runtime, lxc_name, name, clue=path, labels=(("project", project or "default"),))


def describe(claim: Claim, sources: Sources) -> Description:
    """The image. Not what a policy or a picture hangs on: where nobody answers, it is simply not known."""
    project = dict(claim.labels).get("project", "default")
    name = urllib.parse.quote(claim.name or claim.id, safe="")
    url = f"/1.0/instances/{name}?project={urllib.parse.quote(project, safe='')}"
    for socket in _sockets(claim):
        try:
            answer = sources.sockets.get(socket, url)
        except TimeoutError:
            return Description(answered=False)
        if answer is not None:
            return Description(image=text_field(answer, "metadata", "config", "image.description"))
    return Description()


def _sockets(claim: Claim) -> tuple[str, ...]:
    """`containers` lies beside the socket, wherever LXD_DIR or a snap has put them."""
    beside = str(PurePath(claim.clue).parent / "unix.socket")
    return (beside, *_INCUS_SOCKETS) if claim.runtime == "incus" else (beside,)
