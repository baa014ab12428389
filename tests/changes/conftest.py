"""Namespaces to change."""

from collections.abc import Callable

import pytest

from tests.changes.bench import Place


@pytest.fixture
def place(make_netns: Callable[[str], str]) -> Place:
    """Two empty namespaces, `a` and `b`."""
    return Place(a=make_netns("a"), b=make_netns("b"))
