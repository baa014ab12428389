"""Two hosts to draw: the sample host, and one whose names are weapons."""

import pytest

from model.topology import Topology
from tests.exports.hostile import hostile_host
from tests.yamato import yamato


@pytest.fixture(scope="module", params=["yamato", "hostile", "empty"])
def host(request: pytest.FixtureRequest) -> Topology:
    """Every export has to do with each of them."""
    topology = Topology()
    topology.apply({"yamato": yamato, "hostile": hostile_host, "empty": list}[request.param]())
    return topology


@pytest.fixture(scope="module")
def sample() -> Topology:
    """The sample host."""
    topology = Topology()
    topology.apply(yamato())
    return topology
