"""The bot is killed while questions come."""

import pytest

from tests.benchmarks.command import benchmark


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_at_random_moments_it_answers_every_question_once() -> None:
    figures = benchmark("kill9.py", "--questions", "40", "--kills", "2", "--seed", "7")

    assert (figures["asked"], figures["kills"]) == (40, 2)
    assert (figures["unanswered"], figures["duplicated"]) == (0, 0)
    assert figures["answered_once"] + figures["failed"] == 40
