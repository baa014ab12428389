"""Kubernetes: the pod of a container, out of the annotations that containerd's CRI plugin or CRI-O put in its bundle.

Sources: containerd's internal/cri/annotations; cri-o's pkg/annotations; kubelet's pkg/kubelet/types/labels.go.
"""

import re

from backend.owners.claim import HEX_ID, CgroupForm, Claim, Description
from backend.owners.sources import Sources
from backend.owners.state_file import field, text_field

CGROUPS = (
    CgroupForm(
        "kubernetes",
        re.compile(
            rf"(?:^|/)(?:kubelet-)?kubepods[^/]*(?:/[^/]+)*?/"
            rf"(?:cri-containerd-|crio-|docker-|libpod-)?(?P<id>{HEX_ID})(?:\.scope)?(?=/|$)"
        ),
    ),
    CgroupForm("kubernetes", re.compile(rf"(?:^|/)crio-(?P<id>{HEX_ID})(?:\.scope)?(?=/|$)")),
)
NAMESPACE = "k8s.io"
"""What the kubelet calls its own in containerd."""
_CRI = "io.kubernetes.cri."
_CRIO = "io.kubernetes.cri-o."


def describe(claim: Claim, sources: Sources) -> Description:
    """The pod's name and id, and which of its containers this is."""
    annotations = field(sources.files.json(f"{claim.clue}/config.json"), "annotations") if claim.clue else None

    def first(*keys: str) -> str | None:
        return next((found for key in keys if (found := text_field(annotations, key))), None)

    pod = first(_CRI + "sandbox-name", "io.kubernetes.pod.name")
    if pod is None:
        return Description()
    kind = first(_CRI + "container-type", _CRIO + "ContainerType")
    holder = kind == "sandbox"
    namespace = first(_CRI + "sandbox-namespace", "io.kubernetes.pod.namespace")
    return Description(
        name=pod,
        image=None if holder else first(_CRI + "image-name", _CRIO + "ImageName"),
        labels=(("io.kubernetes.pod.namespace", namespace),) if namespace else (),
        pod=first(_CRI + "sandbox-id", _CRIO + "SandboxID") or claim.id,
        container=None if holder else first(_CRI + "container-name", "io.kubernetes.container.name"),
    )
