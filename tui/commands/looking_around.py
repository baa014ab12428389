"""What decides over frames beside the graph, read for the namespaces that matter."""

from collections.abc import Iterable

from backend.host import Host
from model.conditions import Conditions, Filters
from model.identity import NamespaceId
from model.tables import Tables


def conditions_of(host: Host, spaces: Iterable[NamespaceId]) -> Conditions:
    """Filters and tables. What cannot be read is missing: the answers then say that they depend on it."""
    filters: dict[NamespaceId, Filters] = {}
    tables: dict[NamespaceId, Tables] = {}
    for space in dict.fromkeys(spaces):
        try:
            filters[space] = host.filters(space)
            tables[space] = host.tables(space)
        except OSError:
            continue
    return Conditions(filters=filters, tables=tables)
