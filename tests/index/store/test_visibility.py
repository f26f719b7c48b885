"""What may be shown where."""

import random
from datetime import UTC, datetime

import pytest

from index.store.types import Pair, Status
from index.store.visibility import Place, may_show

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def pair(status: Status = Status.ACTIVE, audience: tuple[str, ...] = ()) -> Pair:
    return Pair(
        "p", "s", "1", "How?", "So.", (), None, None, (), audience, status, None, NOW, NOW, 1
    )


INSIDE, ELSEWHERE = Place("C1"), Place("C2")
SHARED = Place("C1", outside=True)
SHARED_AND_OPEN = Place("C1", outside=True, answers_outsiders=True)


@pytest.mark.parametrize(
    ("audience", "seen_in"),
    [
        ((), {INSIDE, ELSEWHERE}),
        (("C1",), {INSIDE}),
        (("C2",), {ELSEWHERE}),
        (("C1", "C2"), {INSIDE, ELSEWHERE}),
        (("outsiders",), {INSIDE, ELSEWHERE, SHARED_AND_OPEN}),
        (("C1", "outsiders"), {INSIDE, SHARED_AND_OPEN}),
        (("C2", "outsiders"), {ELSEWHERE}),
        (("",), set()),
        (("*",), set()),
        (("Outsiders",), set()),
    ],
)
def test_the_audience_says_where_an_active_pair_is_shown(
    audience: tuple[str, ...], seen_in: set[Place]
) -> None:
    places = (INSIDE, ELSEWHERE, SHARED, SHARED_AND_OPEN)
    assert {place for place in places if may_show(pair(audience=audience), place)} == seen_in
    assert may_show(pair(audience=audience), None), "an operator sees every active pair"


@pytest.mark.parametrize("place", [None, INSIDE, SHARED_AND_OPEN])
@pytest.mark.parametrize("status", [Status.DRAFT, Status.RETIRED])
def test_a_pair_that_is_not_active_is_shown_to_nobody(status: Status, place: Place | None) -> None:
    assert not may_show(pair(status, ("C1", "outsiders")), place)


@pytest.mark.parametrize("place", [None, INSIDE, SHARED_AND_OPEN])
def test_a_deleted_pair_is_shown_to_nobody(place: Place | None) -> None:
    assert not may_show(None, place)


def test_of_ten_thousand_random_combinations_none_leaks() -> None:
    choose = random.Random(9)
    shown = 0
    for _ in range(10_000):
        names = choose.sample(["C1", "C2", "C3", "outsiders"], choose.randint(0, 4))
        status = choose.choice(list(Status))
        place = Place(
            choose.choice(["C1", "C2", "C3", "C4"]), choose.random() < 0.5, choose.random() < 0.5
        )
        if not may_show(pair(status, tuple(names)), place):
            continue
        shown += 1
        assert status == "active"
        assert place.channel in names or not {"C1", "C2", "C3"} & set(names)
        assert not place.outside or (place.answers_outsiders and "outsiders" in names)
    assert shown > 500, "and what may be shown is"
