"""What every test of the screens has: nobody waits for the next examination."""

import pytest


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host is examined as soon as something has happened."""
    monkeypatch.setattr("tui.diagnosis.PAUSE_S", 0.01)
