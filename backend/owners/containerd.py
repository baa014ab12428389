"""containerd: the shim above a container. dockerd and the kubelet use it too, each in a namespace of its own.

Sources: containerd's core/runtime/v2/README.md (the shim's command line; its working directory is the bundle);
nerdctl's pkg/labels for the names that nerdctl gives.
"""

from backend.owners import docker, kubernetes
from backend.owners.claim import Claim, Description, text_pairs
from backend.owners.command_line import option
from backend.owners.sources import Sources
from backend.owners.state_file import field, text_field
from backend.processes import Process

SUPERVISORS = ("containerd-shim", "containerd-shim-runc-v1", "containerd-shim-runc-v2")


def supervised(shim: Process) -> Claim | None:
    """The container a shim was started for; a pod's shim is named after the pod's first."""
    argv = shim.argv or ()
    namespace, container = option(argv, "-namespace", "--namespace"), option(argv, "-id", "--id")
    if not namespace or not container:
        return None
    bundle = shim.cwd or ""
    match namespace:
        case docker.NAMESPACE:
            return Claim("docker", container)
        case kubernetes.NAMESPACE:
            return Claim("kubernetes", container, clue=bundle)
        case _:
            labels = (("containerd.namespace", namespace),)
            return Claim("containerd", container, container, clue=bundle, labels=labels)


def describe(claim: Claim, sources: Sources) -> Description:
    """The annotations of the bundle are what `ctr run --label` and nerdctl leave there."""
    annotations = field(sources.files.json(f"{claim.clue}/config.json"), "annotations") if claim.clue else None
    return Description(
        name=text_field(annotations, "nerdctl/name"),
        image=text_field(annotations, "nerdctl/image") or text_field(annotations, "io.containerd.image.name"),
        labels=text_pairs(annotations),
    )
