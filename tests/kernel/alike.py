"""The same message decoded in two ways."""

from backend.rtnetlink import RTM_NEWLINK, LinkMessage, Message, decode_address
from model.identity import NamespaceId
from tests.kernel import by_pyroute2

HERE = NamespaceId("here")


def assert_alike(message: Message) -> None:
    """One message, ours against theirs."""
    (theirs,) = by_pyroute2.parse(message.buffer[message.start - 16 : message.end])
    if message.type == RTM_NEWLINK:
        ours = LinkMessage(message).decode(HERE, lambda nsid: NamespaceId(f"nsid{nsid}"))
        assert ours == by_pyroute2.link_of(theirs, HERE)
    else:
        assert decode_address(message) == by_pyroute2.address_of(theirs)
