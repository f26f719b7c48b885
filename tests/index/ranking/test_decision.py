"""What an asker gets for what was found."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from index.ranking.decision import Decided, Decision, decide
from index.ranking.match import Match
from tests.support.matches import matches
from tests.support.tables import table

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def learnt(*confidences: tuple[float, float]) -> list[Match]:
    """Matches of different pairs: with what was learnt from picks, and without."""
    found = matches(*(with_picks for with_picks, _ in confidences))
    return [
        replace(match, pair=replace(match.pair, id=str(number)), without_picks=without)
        for number, (match, (_, without)) in enumerate(zip(found, confidences, strict=True))
    ]


@pytest.mark.parametrize(
    ("confidences", "threshold", "expected"),
    [
        # Several would be offered: they still are, all of them.
        ([(0.99, 0.3), (0.005, 0.55)], 0.8, Decided(Decision.OFFER, 2)),
        ([(0.99, 0.55), (0.005, 0.3)], 0.8, Decided(Decision.OFFER, 2)),
        ([(0.99, 0.02), (0.005, 0.5), (0.004, 0.4)], 0.8, Decided(Decision.OFFER, 3)),
        ([(0.99, 0.12), (0.005, 0.72)], 0.81, Decided(Decision.OFFER, 2)),
        # Another would be the answer.
        ([(0.99, 0.02), (0.005, 0.95)], 0.8, Decided(Decision.OFFER, 2)),
        # While the bot asks first, too.
        ([(0.99, 0.3), (0.005, 0.65)], None, Decided(Decision.OFFER, 2)),
        # Nothing was sure, or it was the answer anyway.
        ([(0.99, 0.3), (0.005, 0.2)], 0.8, Decided(Decision.ANSWER, 1)),
        ([(0.99, 0.85), (0.005, 0.02)], 0.8, Decided(Decision.ANSWER, 1)),
        ([(0.99, 0.0)], 0.8, Decided(Decision.ANSWER, 1)),
    ],
)
def test_a_wording_learnt_from_picks_overrules_nothing_that_was_likely_without_it(
    confidences: list[tuple[float, float]], threshold: float | None, expected: Decided
) -> None:
    assert decide(learnt(*confidences), direct=True, precision=0.9, threshold=threshold) == expected


@pytest.mark.parametrize("direct", [True, False])
@pytest.mark.parametrize(
    ("confidences", "expected"),
    [
        ((0.8,), Decided(Decision.ANSWER, 1)),
        ((0.95, 0.02, 0.01), Decided(Decision.ANSWER, 1)),
        ((0.5, 0.3), Decided(Decision.OFFER, 2)),
        ((0.5, 0.3, 0.1), Decided(Decision.OFFER, 2)),
        ((0.4, 0.3, 0.15), Decided(Decision.OFFER, 3)),
    ],
)
def test_with_a_threshold_sure_is_answered_and_a_near_tie_offered(
    confidences: tuple[float, ...], expected: Decided, direct: bool
) -> None:
    found = matches(*confidences)
    assert decide(found, direct=direct, precision=0.9, threshold=0.8) == expected


@pytest.mark.parametrize(
    ("confidences", "expected"),
    [
        ((0.5, 0.25), Decided(Decision.OFFER, 2)),
        ((0.5, 0.49, 0.01), Decided(Decision.OFFER, 2)),
        ((0.5, 0.24, 0.2), Decided(Decision.ANSWER, 1)),
        ((0.7, 0.3), Decided(Decision.ANSWER, 1)),
    ],
)
def test_near_equals_are_offered_however_low_the_threshold(
    confidences: tuple[float, ...], expected: Decided
) -> None:
    found = matches(*confidences)
    assert decide(found, direct=True, precision=0.5, threshold=0.4) == expected


@table(
    [
        ((1, 2), (0.6, 0.5), Decided(Decision.ANSWER, 1)),
        ((1, 2), (0.4, 0.4), Decided(Decision.UNSURE, 2)),
        ((1, 1), (0.4, 0.4), Decided(Decision.OFFER, 2)),
        ((1, 1, 2), (0.4, 0.2, 0.2), Decided(Decision.OFFER, 2)),
        ((0, 2), (0.5, 0.4), Decided(Decision.OFFER, 2)),
        ((0, 2), (0.9, 0.8), Decided(Decision.ANSWER, 1)),
        # A rival behind the answer to another part is one all the same.
        ((1, 2, 1), (0.9, 0.89, 0.88), Decided(Decision.OFFER, 3)),
        ((1, 2, 1), (0.45, 0.44, 0.4), Decided(Decision.OFFER, 3)),
        ((1, 2, 1), (0.9, 0.89, 0.4), Decided(Decision.ANSWER, 1)),
        ((1, 2, 2), (0.45, 0.44, 0.4), Decided(Decision.UNSURE, 3)),
    ],
)
def test_answers_to_two_questions_of_a_message_are_no_choice(
    parts: tuple[int, ...], confidences: tuple[float, ...], expected: Decided
) -> None:
    found = matches(*confidences, parts=parts)
    assert decide(found, direct=True, precision=0.9, threshold=0.5) == expected


@pytest.mark.parametrize("direct", [True, False])
@pytest.mark.parametrize(
    ("confidences", "shown"),
    [((0.99, 0.01), 1), ((0.9,), 1), ((0.7, 0.25), 2), ((0.5, 0.3, 0.15), 3)],
)
def test_without_a_threshold_even_a_single_one_is_offered(
    confidences: tuple[float, ...], shown: int, direct: bool
) -> None:
    decided = decide(matches(*confidences), direct=direct, precision=0.9, threshold=None)
    assert decided == Decided(Decision.OFFER, shown)


@pytest.mark.parametrize("threshold", [0.8, None])
@pytest.mark.parametrize(
    ("confidences", "closest"),
    [
        ((), 0),
        ((0.01,), 0),
        ((0.3, 0.019), 1),
        ((0.3, 0.2, 0.1, 0.1), 3),
        # What is not shown does not count either.
        ((0.25, 0.25, 0.25, 0.25), 3),
    ],
)
def test_doubts_are_for_whoever_asked_the_bot(
    confidences: tuple[float, ...], closest: int, threshold: float | None
) -> None:
    found = matches(*confidences)
    asked = decide(found, direct=True, precision=0.9, threshold=threshold)
    assert asked == Decided(Decision.UNSURE, closest)
    overheard = decide(found, direct=False, precision=0.9, threshold=threshold)
    assert overheard == Decided(Decision.SILENT, 0)
