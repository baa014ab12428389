"""What a link has that is not in the graph."""

from collections.abc import Iterator, Sequence

from backend.executor import OpenNamespace
from model.identity import LinkId
from model.plan import Belongings


def read_belongings(links: Sequence[LinkId], _open_namespace: OpenNamespace) -> Iterator[Belongings]:
    """Of each of these links."""
    for link in links:
        yield Belongings(link, unread="nothing reads it yet")
