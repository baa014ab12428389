"""What an operation wishes, and why the kernel refused it, in words: where its own are only an errno."""

import errno
import os
from typing import assert_never

from model.operations import (
    AddBridge,
    AddClsact,
    AddForwarding,
    AddLinkAddress,
    AddLinkAltname,
    AddMacvlan,
    AddNamespace,
    AddNeighbour,
    AddRoute,
    AddVeth,
    DeleteLink,
    DropForwarding,
    DropLinkAddress,
    DropLinkAltname,
    DropNamespace,
    FlushForwarding,
    MoveLink,
    NameNamespace,
    Operation,
    RenameLink,
    SetBridgeSettings,
    SetLinkAlias,
    SetLinkMac,
    SetLinkMtu,
    SetLinkUp,
    SetMaster,
    SetMode,
    SetPortSettings,
    SetSysctl,
)

_EVERYWHERE = {
    errno.EPERM: "not permitted: it needs root (CAP_NET_ADMIN) in that namespace",
    errno.EACCES: "not permitted: it needs root",
    errno.ENODEV: "the link is not there any more",
    errno.EOPNOTSUPP: "this kernel, or this kind of link, cannot do that",
    errno.ENOBUFS: "the kernel had no room for its answer: look whether it was done",
    errno.ENOMEM: "the kernel has no memory left for it",
    errno.EROFS: "/proc/sys is read-only here",
}
_HERE = {
    (RenameLink, errno.EEXIST): "another link there has that name",
    (RenameLink, errno.EBUSY): "this kernel renames a link only while it is down",
    (MoveLink, errno.EEXIST): "another link there has that name",
    (MoveLink, errno.EINVAL): "this kind of link stays in its namespace",
    (AddVeth, errno.EEXIST): "another link there has one of the names",
    (AddBridge, errno.EEXIST): "another link there has that name",
    (AddMacvlan, errno.EEXIST): "another link there has that name",
    (AddMacvlan, errno.EBUSY): "the parent is a bridge's port, or has a macvlan in mode passthru",
    (AddMacvlan, errno.EINVAL): "the parent cannot carry it: a second child beside one in mode passthru, or loopback",
    (SetMode, errno.EINVAL): "the kernel switches neither into nor out of passthru",
    (SetMaster, errno.EBUSY): "it is a port already, or the parent of a macvlan",
    (SetMaster, errno.ELOOP): "a bridge cannot be a port of a bridge",
    (SetMaster, errno.EINVAL): "a link of this kind cannot be a port",
    (AddLinkAltname, errno.EEXIST): "another link there has that name",
    (DropLinkAltname, errno.ENOENT): "it has no such altname",
    (DropLinkAltname, errno.EINVAL): "it has no such altname",
    (SetLinkMac, errno.EADDRNOTAVAIL): "no link may have that MAC",
    (SetLinkMac, errno.EBUSY): "a link of this kind changes its MAC only while it is down",
    (SetLinkMtu, errno.EINVAL): "a link of this kind cannot have that MTU",
    (AddLinkAddress, errno.EEXIST): "it has that address already",
    (DropLinkAddress, errno.EADDRNOTAVAIL): "it has no such address",
    (AddRoute, errno.ENETUNREACH): "its gateway cannot be reached from there",
    (AddRoute, errno.EHOSTUNREACH): "its gateway cannot be reached from there",
    (AddRoute, errno.ENETDOWN): "its link is down",
    (AddClsact, errno.EEXIST): "it has one already",
    (DeleteLink, errno.EOPNOTSUPP): "a link of this kind cannot be deleted",
    (AddNamespace, errno.EEXIST): "a namespace of that name exists",
    (NameNamespace, errno.EEXIST): "a namespace of that name exists",
    (DropNamespace, errno.ENOENT): "no namespace has that name any more",
    (DropNamespace, errno.ELOOP): "it is a symbolic link, no name that ip netns gave",
    (SetSysctl, errno.ENOENT): "the link is not there any more, or this kernel has no such sysctl",
}


def why_not(operation: Operation, number: int, cause: str = "") -> str:
    """`cannot rename eth0 to web0: another link there has that name`. Host text in it is raw."""
    cause = cause or _HERE.get((type(operation), number)) or _EVERYWHERE.get(number) or os.strerror(number)
    return f"cannot {wish(operation)}: {cause}"


def wish(operation: Operation) -> str:  # noqa: C901, PLR0911, PLR0912  one line for each operation
    """What it asks for, after `cannot`."""
    match operation:
        case AddVeth():
            return f"make the veth {operation.near.name} - {operation.far.name}"
        case AddBridge():
            return f"make the bridge {operation.name}"
        case AddMacvlan():
            return f"make the {operation.kind} {operation.name} on {operation.parent.name}"
        case AddNamespace() | NameNamespace():
            return f"give a namespace the name {operation.name}"
        case DropNamespace():
            return f"take the name of namespace {operation.name} away"
        case DeleteLink():
            return f"delete {operation.link.name}"
        case RenameLink():
            return f"rename {operation.link.name} to {operation.name}"
        case AddLinkAltname():
            return f"give {operation.link.name} the altname {operation.name}"
        case DropLinkAltname():
            return f"take the altname {operation.name} from {operation.link.name}"
        case SetLinkAlias():
            return f"set the alias of {operation.link.name}"
        case SetLinkMac():
            return f"give {operation.link.name} the MAC {operation.mac}"
        case SetLinkUp():
            return f"set {operation.link.name} {'up' if operation.up else 'down'}"
        case SetLinkMtu():
            return f"set the MTU of {operation.link.name} to {operation.mtu}"
        case SetMaster():
            if operation.master is None:
                return f"take {operation.link.name} out of its bridge"
            return f"make {operation.link.name} a port of {operation.master.name}"
        case MoveLink():
            return f"move {operation.link.name} to its other namespace as {operation.name}"
        case SetMode():
            return f"switch {operation.link.name} to mode {operation.mode}"
        case AddLinkAddress():
            return f"give {operation.link.name} the address {operation.cidr}"
        case DropLinkAddress():
            return f"take the address {operation.cidr} from {operation.link.name}"
        case SetPortSettings() | SetBridgeSettings():
            return f"set {', '.join(field for field, _ in operation.settings)} of {operation.link.name}"
        case SetSysctl():
            return f"set {operation.family} {operation.key} of {operation.link.name} to {operation.value}"
        case AddRoute():
            return f"make the route to {operation.route.destination}"
        case AddForwarding():
            return f"make the forwarding entry {operation.mac} of {operation.link.name}"
        case DropForwarding():
            return f"remove the forwarding entry {operation.mac} of {operation.link.name}"
        case FlushForwarding():
            return f"forget what was learned at {operation.link.name}"
        case AddNeighbour():
            return f"make the neighbour {operation.address} of {operation.link.name}"
        case AddClsact():
            return f"give {operation.link.name} its clsact qdisc"
        case _:
            assert_never(operation)
