"""Names, altnames and aliases."""

from model.intents import AddAltname, DeleteAltname, Rename, SetAlias
from model.names import raw_bytes
from model.operations import AddLinkAltname, DropLinkAltname, Handle, RenameLink, SetLinkAlias
from model.planning.draft import Draft, Refused, typed
from model.planning.rules import LONGEST_ALIAS, check_altname, check_link_name, not_loopback
from model.planning.runtimes import ask_for_inside, leave_cni_alone, renaming


def rename(draft: Draft, wish: Rename) -> None:
    """Another name, also of a link that is up."""
    link = draft.link(wish.link)
    if link.name == wish.name:
        return
    not_loopback(draft, link, "renamed")
    leave_cni_alone(draft, link)
    if wish.name in link.altnames:
        raise Refused(
            "name-taken",
            f"{wish.name}: it is an altname of {draft.called(link.id)} already, and so both cannot be",
            f"drop the altname first: {typed('altname', 'del', draft.called(link.id), wish.name)}",
            kernel="File exists",
        )
    check_link_name(draft, link.id.namespace, wish.name, but_of=link)
    ask_for_inside(draft, link, "renaming it")
    renaming(draft, link, wish.name)
    before = draft.handle(link)
    after = Handle(before.namespace, wish.name, before.ifindex)
    draft.step(RenameLink(before, wish.name), RenameLink(after, link.name))


def add_altname(draft: Draft, wish: AddAltname) -> None:
    """One more name."""
    link = draft.link(wish.link)
    if wish.name in link.altnames:
        return
    check_altname(draft, link, wish.name)
    handle = draft.handle(link)
    draft.step(AddLinkAltname(handle, wish.name), DropLinkAltname(handle, wish.name))


def delete_altname(draft: Draft, wish: DeleteAltname) -> None:
    """One name less."""
    link = draft.link(wish.link)
    if wish.name not in link.altnames:
        has = ", ".join(link.altnames)
        raise Refused(
            "no-such-altname",
            f"{draft.called(link.id)}: it has no altname {wish.name}",
            f"it has: {has}" if has else "it has none",
        )
    handle = draft.handle(link)
    later = link.altnames[link.altnames.index(wish.name) + 1 :]
    order = [again for name in later for again in (DropLinkAltname(handle, name), AddLinkAltname(handle, name))]
    draft.step(DropLinkAltname(handle, wish.name), AddLinkAltname(handle, wish.name), *order)


def set_alias(draft: Draft, wish: SetAlias) -> None:
    """The note for people."""
    link = draft.link(wish.link)
    if (link.alias or "") == wish.text:
        return
    length = len(raw_bytes(wish.text))
    if length > LONGEST_ALIAS or "\0" in wish.text:
        raise Refused(
            "alias-illegal",
            f"{draft.called(link.id)}: {length} of {LONGEST_ALIAS} bytes in the alias",
            "make it shorter",
            kernel="Invalid argument",
        )
    handle = draft.handle(link)
    draft.step(SetLinkAlias(handle, wish.text), SetLinkAlias(handle, link.alias or ""))
