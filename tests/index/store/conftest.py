"""What the tests of jobs share."""

from datetime import timedelta

import pytest

from index.store import leases


@pytest.fixture
def no_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases that have ended when they are given."""
    monkeypatch.setattr(leases, "LEASE", timedelta(seconds=-1))
