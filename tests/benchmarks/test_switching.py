"""Real processes retrain, switch and go back while a bot answers."""

import pytest

from tests.benchmarks.command import benchmark


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_real_processes_switch_while_questions_keep_coming() -> None:
    # Without a pause most of the time would go to answers, each like the one before.
    options = ("--rows", "12", "--cycles", "1", "--before", "5", "--rest", "0", "--pause", "0.2")
    figures = benchmark("switching.py", "--stand-in-only", *options)

    assert figures["switches"] == 2
    assert (figures["unanswered"], figures["mixed"], figures["unlike_its_generation"]) == (0, 0, 0)
    # A model's query finds nothing in the other's collection.
    assert figures["other_wording_matched"] == 0
