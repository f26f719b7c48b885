"""Jobs that are killed in the middle."""

import pytest

from tests.benchmarks.command import benchmark


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_run_leaves_nothing_and_the_bot_answers() -> None:
    # The child is killed before it has made anything, then its parent, when there is an index.
    options = ("--rows", "12", "--only", "loading the model", "creating the index")
    figures = benchmark("kill9_jobs.py", "--kind", "reindex", *options)

    assert figures["kills"] == 2
    assert figures["last_run"] == "done"
    assert figures["left_behind"] == []
