"""The check of what is served."""

from unittest.mock import MagicMock

import pytest

from index.jobs.check import check_of
from index.store.types import JobKind
from tests.index.jobs.runs import Runs


def test_an_index_that_is_following_is_not_said_to_be_wrong(
    run: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.jobs.check.check", lambda live, store, report: None)
    job, _ = run.store.jobs.request(JobKind.CHECK)
    ending = check_of(MagicMock(), run.store)(job, lambda share, detail: None)
    assert (ending.state, ending.detail) == (
        "done",
        "not checked: the index is following the store",
    )
    assert not run.store.jobs.is_waiting([JobKind.REINDEX])
