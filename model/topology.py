"""The live graph: facts go in, changes come out, and the work is in proportion to what changed.

Between two calls of `apply` the graph is whole: whoever applies the changes to an earlier picture of it arrives at
this one.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from operator import itemgetter
from typing import NamedTuple, assert_never

from model.change import Change, Standing, What
from model.difference import differences
from model.ends import NO_ENDS, Ends
from model.facts import (
    AddressGone,
    AddressSeen,
    Fact,
    HolderSeen,
    LinkGone,
    LinkSeen,
    NamespaceGone,
    NamespaceRead,
    NamespaceSeen,
    OwnersSeen,
    Resynced,
    Visibility,
)
from model.identity import UNKNOWN, End, LinkId, NamespaceId
from model.inventory import AddressKey, Caution, Far, Inventory
from model.labels import names_of, owner_order
from model.link import Address, Link
from model.namespace import Namespace, Owner
from model.story import Draft, Story

__all__ = ["Caution", "Far", "Topology"]


_BARE = Standing()


class Departed(NamedTuple):
    """A link that was taken out of the graph."""

    link: Link
    standing: Standing
    called: str
    named_by: AbstractSet[LinkId]
    """Those whose peer or parent it is, wherever it is: the kernel tells them nothing of a move."""


class Topology(Inventory):
    """The live graph. Reading it is `Inventory`'s; `apply` is the only way to change it.

    - Facts about a namespace that was not seen yet wait until it is.
    - A link may name links that were never seen: that end is UNKNOWN until they are.
    - A link on its way to another namespace is held where it was until it arrives, or its destination says that it is
      not there: one move, not a death and a birth.
    """

    def __init__(self) -> None:
        super().__init__()
        self._parked: dict[NamespaceId, list[Fact]] = {}
        self._arriving: dict[LinkId, LinkId] = {}
        """For links on their way: the id they will have, and the id they are held by until then."""
        self._leaving: dict[LinkId, LinkId] = {}
        """The same, the other way round."""
        self._named_by: dict[LinkId, set[LinkId]] = {}
        """For links on their way: who named it when it left, and has said nothing since."""

    def apply(self, facts: Iterable[Fact]) -> list[Change]:
        """Take in a batch of facts, in the order in which they were said, and tell what happened."""
        story = Story()
        for fact in facts:
            self._take(fact, story)
        self._give_up_lost_moves(story)
        self._recognise(story)
        self._settle(story)
        return story.tell(self.address, self._settled)

    def learn(self, facts: Iterable[Fact]) -> None:
        """The same, where nobody asks what happened: a first reading, of which everything is new."""
        story = Story()
        was_empty = not self._links
        for fact in facts:
            if was_empty and isinstance(fact, NamespaceRead) and self._is_blank(fact):
                self._fill(fact, story)
            else:
                self._take(fact, story)
        self._give_up_lost_moves(story)
        self._recognise(story)
        self._redraw(story)

    def _take(self, fact: Fact, story: Story) -> None:
        namespace = _place_of(fact)
        if namespace is not None and namespace not in self._namespaces:
            self._park(fact, namespace, story)
        else:
            self._take_in(fact, story)

    def _park(self, fact: Fact, namespace: NamespaceId, story: Story) -> None:
        """Keep it until its namespace was seen, but what it says of links elsewhere: those may be told anew by then."""
        if isinstance(fact, LinkGone) and fact.moved_to is not None:
            self._point(self._naming(fact.link), fact.link, fact.moved_to, story)
            fact = LinkGone(fact.link)
        self._parked.setdefault(namespace, []).append(fact)

    def _take_in(self, fact: Fact, story: Story) -> None:
        match fact:
            case NamespaceSeen():
                self._namespace_seen(fact.namespace, story)
            case NamespaceGone():
                self._namespace_gone(fact.namespace, story)
            case NamespaceRead():
                self._namespace_read(fact, story)
            case LinkSeen():
                self._put(fact.link, story)
            case LinkGone():
                self._link_gone(fact, story)
            case AddressSeen():
                self._address_seen(fact, story)
            case AddressGone():
                self._address_gone(fact, story)
            case OwnersSeen():
                self._owners_seen(fact.namespace, fact.owners, story)
            case HolderSeen():
                self._holder_seen(fact, story)
            case Resynced():
                self._resynced(fact, story)
            case Visibility():
                self.visibility = fact
            case _:
                assert_never(fact)

    # Namespaces

    def _namespace_seen(self, seen: Namespace, story: Story) -> None:
        before = self._namespaces.get(seen.id)
        if before == seen:
            return
        self._namespaces[seen.id] = seen
        self._in_order = None
        self.labels.put(seen)
        if seen.home:
            self.home = seen.id
        if before is None:
            self._inside[seen.id] = {}
            if self._graph is not None:
                self._graph.add_node(seen.id)
            story.add(What.NAMESPACE_ADDED, seen.id, None, seen)
            for fact in self._parked.pop(seen.id, ()):
                self._take(fact, story)
            return
        if names_of(before) != names_of(seen):
            story.add(What.NAMESPACE_RENAMED, seen.id, names_of(before), names_of(seen))
        if dataclasses.replace(before, names=seen.names) != seen:
            story.add(What.NAMESPACE, seen.id, before, seen)

    def _namespace_gone(self, gone: NamespaceId, story: Story) -> None:
        self._parked.pop(gone, None)
        before = self._namespaces.get(gone)
        if before is None:
            return
        name = self._remember_name(gone, story)
        for target, held in list(self._arriving.items()):
            if target.namespace == gone:
                self._remove(self._links[held], story)
        for link in list(self._inside[gone].values()):
            going_to = self._leaving.get(link.id)
            draft = self._remove(link, story)
            if going_to is not None:
                story.adrift[going_to] = draft
        self._forget_awaited(gone)
        for owner in self._owners.pop(gone, ()):
            story.add(What.OWNER_REMOVED, gone, owner).address = name
        del self._namespaces[gone], self._inside[gone]
        self._in_order = None
        self.labels.drop(gone)
        if self._graph is not None:
            self._graph.remove_node(gone)
        if self.home == gone:
            self.home = None
        story.add(What.NAMESPACE_REMOVED, gone, before).address = name

    def _owners_seen(self, namespace: NamespaceId, seen: tuple[Owner, ...], story: Story) -> None:
        before = self._owners.get(namespace, ())
        after = tuple(sorted(set(seen), key=owner_order))
        if before == after:
            return
        name = self._remember_name(namespace, story)
        self._owners[namespace] = after
        self.labels.put_owners(namespace, after)
        for owner in before:
            if owner not in after:
                story.add(What.OWNER_REMOVED, namespace, owner).address = name
        for owner in after:
            if owner not in before:
                story.add(What.OWNER_ADDED, namespace, None, owner)

    def _namespace_read(self, read: NamespaceRead, story: Story) -> None:
        stated = {link.id.ifindex for link in read.links}
        for ifindex, link in list(self._inside[read.namespace].items()):
            if ifindex not in stated and link.id not in self._leaving:
                story.missed[link.id] = self._remove(link, story)
        for target, held in list(self._arriving.items()):
            if target.namespace == read.namespace and target.ifindex not in stated:
                story.missed[target] = self._remove(self._links[held], story)
        if read.addresses is None:
            for link in read.links:
                self._put(link, story)
        else:
            self._put_with_addresses(read, read.addresses, story)

    def _is_blank(self, read: NamespaceRead) -> bool:
        """Nothing is there, or on its way, that this reading would have to be compared with."""
        here = read.namespace
        return (
            self._inside.get(here) == {}
            and not self._arriving
            and not self._awaited.get(here)
            and len({link.id.ifindex for link in read.links}) == len(read.links)
        )

    def _fill(self, read: NamespaceRead, story: Story) -> None:
        """All at once. In a graph that was empty every link is new, so that touching each once touches all."""
        for link in read.links:
            self._add_link(link)
            story.dirty[link.id] = None
        for ifindex, address in read.addresses or ():
            link_id = LinkId(read.namespace, ifindex)
            held = self._addresses.get(link_id)
            if held is None:
                self._await(link_id)
                held = self._addresses[link_id] = {}
            held[address.key] = address
            self._texts.add(address.text, link_id)

    def _put_with_addresses(
        self, read: NamespaceRead, addresses: tuple[tuple[int, Address], ...], story: Story
    ) -> None:
        """The addresses of a new link come with it, untold; those of a link that was there are compared."""
        stated: dict[int, dict[AddressKey, Address]] = {}
        for ifindex, address in addresses:
            stated.setdefault(ifindex, {})[address.key] = address
        known = set(self._inside[read.namespace])
        self._forget_awaited(read.namespace, {link.id.ifindex for link in read.links})
        for link in read.links:
            self._put(link, story)
        for ifindex in known - stated.keys():
            if ifindex in self._inside[read.namespace]:
                self._compare_addresses(LinkId(read.namespace, ifindex), {}, story)
        for ifindex, after in stated.items():
            link_id = LinkId(read.namespace, ifindex)
            if ifindex in known and link_id in self._links:
                self._compare_addresses(link_id, after, story)
            else:
                self._bring_addresses(link_id, after, story)

    def _bring_addresses(self, link: LinkId, addresses: dict[AddressKey, Address], story: Story) -> None:
        self._await(link)
        self._addresses[link] = addresses
        for _, text, _, _ in addresses:
            self._texts.add(text, link)
        born = story.fresh.get(link)
        if born is not None:
            born.stands = self._standing(link)

    # Links

    def _put(self, link: Link, story: Story) -> None:
        if self._named_by:
            for far in (link.peer, link.parent):
                if isinstance(far, LinkId) and far in self._named_by:
                    self._named_by[far].discard(link.id)  # it means whoever is there now
        before = self._links.get(link.id)
        if before is not None and link.id in self._leaving:
            self._remove(before, story)
            before = None
        if before is not None and before.kind != link.kind:
            self._remove(before, story)
            before = None
        if before is None:
            self._arrive(link, story)
        elif before != link:
            self._change(before, link, story)

    def _arrive(self, link: Link, story: Story) -> None:
        """A link that was not there: new, or here at last."""
        origin = self._origin_of(link, story)
        story.taken(link.id)
        self._add_link(link)
        self._awaited.discard(link.id.namespace, link.id)
        self._touch_all(link, story)
        if origin is None:
            born = story.add(What.LINK_ADDED, link.id, None, link)
            born.stands = self._standing(link.id)
            story.fresh[link.id] = born
        else:
            moved = self._moved(origin, link, story)
            story.drafts.append(moved)
            story.fresh[link.id] = moved

    def _origin_of(self, link: Link, story: Story) -> Departed | None:
        """What an arriving link was until now, taken out of where it was."""
        held = self._arriving.get(link.id)
        if held is not None:
            origin = self._links[held]
            if origin.kind == link.kind:
                return self._take_out(origin, story)
            self._remove(origin, story)
            return None
        draft = story.adrift.pop(link.id, None)
        return None if draft is None else self._unsaid(draft, link.kind)

    def _unsaid(self, told: Draft, kind: str) -> Departed | None:
        """Take back that a link was removed, if one of this kind can be it."""
        before = told.before
        if not isinstance(before, Link) or before.kind != kind:
            return None
        told.void = True
        return Departed(before, told.stood or Standing(), told.address or "", self._naming(before.id))

    def _moved(self, origin: Departed, link: Link, story: Story) -> Draft:
        before, standing, called, named_by = origin
        is_told = link.id in story.fresh  # without a holder, and so it stays until somebody tells of one
        if standing.holder is not None and link.id not in self._holders and not is_told:
            self._holders[link.id] = standing.holder
        self._point(named_by, before.id, link.id, story)
        return Draft(What.MOVED, link.id, before, link, formerly=called, stood=standing, stands=self._standing(link.id))

    def _change(self, before: Link, after: Link, story: Story) -> None:
        if (before.master, before.peer, before.parent) == (after.master, after.peer, after.parent):
            self._replace_link(before, after)
        else:
            story.touch(self._claims.touched_by(before))
            self._replace_link(before, after)
            story.touch(self._claims.touched_by(after))
        for what, old, new in differences(before, after):
            story.add(what, after.id, old, new)

    def _link_gone(self, fact: LinkGone, story: Story) -> None:
        held = self._arriving.get(fact.link)
        if held is not None:
            self._left_again(self._links[held], fact, story)
            return
        link = self._links.get(fact.link)
        if link is None:
            self._drop_standing(fact.link)
            draft = story.missed.pop(fact.link, None)
            if draft is not None and fact.moved_to is not None:
                self._had_left(draft, fact.moved_to, story)
        elif link.id in self._leaving:
            return
        elif fact.moved_to is None or fact.moved_to == link.id:
            self._remove(link, story)
        else:
            self._leave(link, fact.moved_to, story)

    def _leave(self, link: Link, target: LinkId, story: Story) -> None:
        """A link went to another namespace: it may be there already, or still come."""
        there = self._links.get(target)
        if there is None:
            overtaken = self._arriving.get(target)
            if overtaken is not None:
                self._remove(self._links[overtaken], story)
            self._leaving[link.id] = target
            self._arriving[target] = link.id
            self._named_by.setdefault(link.id, self._naming(link.id))
            return
        if there.kind != link.kind:
            self._remove(link, story)
        else:
            self._land(self._take_out(link, story), there, story)

    def _had_left(self, told: Draft, target: LinkId, story: Story) -> None:
        """A reading of its namespace came before the news of its move: it was told as removed."""
        there = self._links.get(target)
        if there is None:
            story.missed[target] = story.adrift[target] = told  # it may be there already, still come, or have gone on
            return
        origin = self._unsaid(told, there.kind)
        if origin is not None:
            self._land(origin, there, story)

    def _land(self, origin: Departed, there: Link, story: Story) -> None:
        """It turns out where a link that is there came from."""
        moved = self._moved(origin, there, story)
        birth = story.birth_of(there.id)
        if birth is not None:
            moved.after, moved.stands = birth.after, birth.stands
            story.retell(birth, moved, origin.link.id)
        else:
            story.drafts.append(moved)
        story.fresh[there.id] = moved

    def _left_again(self, link: Link, fact: LinkGone, story: Story) -> None:
        """It went on, or died, before we saw it arrive."""
        del self._arriving[self._leaving.pop(link.id)]
        if fact.moved_to is None:
            self._remove(link, story)
        elif fact.moved_to != link.id:
            self._leave(link, fact.moved_to, story)
        else:
            del self._named_by[link.id]

    def _resynced(self, fact: Resynced, story: Story) -> None:
        """Everything was read: what has not arrived by now is not coming."""
        for held in list(self._leaving):
            self._remove(self._links[held], story)
        story.add(What.RESYNCED, None, None, fact.reason)

    def _give_up_lost_moves(self, story: Story) -> None:
        """A link that went to a namespace that nobody has seen is gone, for us."""
        for target, held in list(self._arriving.items()):
            if target.namespace not in self._namespaces:
                self._remove(self._links[held], story)

    def _recognise(self, story: Story) -> None:
        """The news of a move was lost. But a cable is for life: the end that stayed says where the other one went."""
        for told in list(story.missed.values()):
            stayed = None if told.stood is None else self._at(told.stood.peer)
            there = None if stayed is None else self._at(stayed.peer)
            if stayed is None or there is None or not isinstance(told.before, Link):
                continue
            if (there.peer, there.mac) == (stayed.id, told.before.mac) and story.birth_of(there.id):
                self._had_left(told, there.id, story)

    def _at(self, end: End) -> Link | None:
        return self._links.get(end) if isinstance(end, LinkId) else None

    def _remove(self, link: Link, story: Story) -> Draft:
        gone = self._take_out(link, story)
        draft = story.add(What.LINK_REMOVED, link.id, link)
        draft.stood, draft.address = gone.standing, gone.called
        return draft

    def _take_out(self, link: Link, story: Story) -> Departed:
        """Take a link out of the graph without a word."""
        name = self._remember_name(link.id, story)
        standing = self._standing(link.id)
        target = self._leaving.pop(link.id, None)
        if target is not None:
            del self._arriving[target]
        named_by = self._named_by.pop(link.id, None)
        if named_by is None:
            named_by = self._naming(link.id)
        self._touch_all(link, story)
        self._drop_link(link)
        self._drop_standing(link.id)
        story.fresh.pop(link.id, None)
        return Departed(link, standing, name, named_by)

    def _naming(self, link: LinkId) -> set[LinkId]:
        return {*self._claims.peers.get(link), *self._claims.parents.get(link)}

    def _point(self, links: AbstractSet[LinkId], old: LinkId, new: LinkId, story: Story) -> None:
        """The kernel tells a moved link's other end, and what stands on it, nothing: they are told here."""
        for naming in links & self._naming(old):
            before = self._links[naming]
            after = dataclasses.replace(
                before,
                peer=new if before.peer == old else before.peer,
                parent=new if before.parent == old else before.parent,
            )
            self._change(before, after, story)

    # Addresses and holders

    def _address_seen(self, fact: AddressSeen, story: Story) -> None:
        self._await(fact.link)
        held = self._addresses.setdefault(fact.link, {})
        is_new = fact.address.key not in held
        held[fact.address.key] = fact.address
        if not is_new:
            return
        self._texts.add(fact.address.text, fact.link)
        if fact.link in self._links:
            story.add_by(What.ADDRESS_ADDED, fact, None, fact.address.cidr)

    def _address_gone(self, fact: AddressGone, story: Story) -> None:
        held = self._addresses.get(fact.link, {})
        if held.pop(fact.address.key, None) is None:
            return
        if not any(address.text == fact.address.text for address in held.values()):
            self._texts.discard(fact.address.text, fact.link)
        if not held:
            del self._addresses[fact.link]
        if fact.link in self._links:
            story.add_by(What.ADDRESS_REMOVED, fact, fact.address.cidr, None)

    def _compare_addresses(self, link: LinkId, after: Mapping[AddressKey, Address], story: Story) -> None:
        before = self._addresses.get(link, {})
        for key, address in list(before.items()):
            if key not in after:
                self._address_gone(AddressGone(link, address), story)
        for address in after.values():
            self._address_seen(AddressSeen(link, address), story)

    def _holder_seen(self, fact: HolderSeen, story: Story) -> None:
        before = self._holders.get(fact.link)
        if before == fact.holder:
            return
        if fact.holder is None:
            del self._holders[fact.link]
        else:
            self._await(fact.link)
            self._holders[fact.link] = fact.holder
        if fact.link in self._links:
            story.add(What.HELD, fact.link, before, fact.holder)

    def _drop_standing(self, link: LinkId) -> None:
        for address in self._addresses.pop(link, {}).values():
            self._texts.discard(address.text, link)
        self._holders.pop(link, None)
        self._awaited.discard(link.namespace, link)

    def _await(self, link: LinkId) -> None:
        if link not in self._links:
            self._awaited.add(link.namespace, link)

    def _forget_awaited(self, namespace: NamespaceId, but_holders_of: AbstractSet[int] = frozenset()) -> None:
        """Drop the addresses and holders of links of this namespace that never came."""
        for link in list(self._awaited.get(namespace)):
            holder = self._holders.get(link)
            self._drop_standing(link)
            if holder is not None and link.ifindex in but_holders_of:
                self._holders[link] = holder

    # The end of a batch

    def _touch_all(self, link: Link, story: Story) -> None:
        story.touch(self._claims.touched_by(link))
        story.touch(self._claims.naming(link.id))

    def _settle(self, story: Story) -> None:
        """Draw the edges, and tell of cables whose other end became known, or unknown, or another one."""
        elsewhere = [ends for ends in self._redraw(story) if ends[1] != ends[2] and ends[0] not in story.fresh]
        for link_id, before, after in sorted(elsewhere, key=itemgetter(0)):
            if before.peer != after.peer:
                story.add(What.PEER, link_id, before.peer, after.peer)
            if before.parent != after.parent:
                story.add(What.PARENT, link_id, before.parent, after.parent)

    def _redraw(self, story: Story) -> list[tuple[LinkId, Ends, Ends]]:
        """Draw the edges that hold now: the ends before and after of every link that was touched."""
        links = (self._links.get(link) for link in story.dirty)
        return [(link.id, *self._settle_ends(link)) for link in links if link is not None]

    def _standing(self, link: LinkId) -> Standing:
        ends = self.ends(link)
        if ends is NO_ENDS and link not in self._addresses and link not in self._holders:
            return _BARE
        return Standing(ends.peer, ends.parent, self.addresses(link), self.holder(link))

    def _remember_name(self, subject: LinkId | NamespaceId, story: Story) -> str:
        name = self.address(subject) or str(subject)
        story.last_called[subject] = name
        return name

    def _settled(self, link: Link, stands: Standing) -> Standing:
        """The ends of a link that came in this batch, as they are at its end."""
        ends = self._ends.get(link.id)
        if ends is None:
            return _unsettled(link, stands)
        if (ends.peer, ends.parent) == (stands.peer, stands.parent):
            return stands
        return Standing(ends.peer, ends.parent, stands.addresses, stands.holder)


def _unsettled(link: Link, stands: Standing) -> Standing:
    """It is gone again: whatever it names, we cannot tell any more."""
    return dataclasses.replace(
        stands, peer=None if link.peer is None else UNKNOWN, parent=None if link.parent is None else UNKNOWN
    )


def _place_of(fact: Fact) -> NamespaceId | None:
    """The namespace that must have been seen before this fact means anything."""
    match fact:
        case NamespaceRead() | OwnersSeen():
            return fact.namespace
        case LinkSeen():
            return fact.link.id.namespace
        case LinkGone() | AddressSeen() | AddressGone() | HolderSeen():
            return fact.link.namespace
        case NamespaceSeen() | NamespaceGone() | Resynced() | Visibility():
            return None
        case _:
            assert_never(fact)
