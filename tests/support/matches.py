"""What a search may have found."""

from datetime import UTC, datetime
from itertools import zip_longest

from index.ranking.match import Match
from index.store.types import Pair, Status

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def matches(*confidences: float, parts: tuple[int, ...] = ()) -> list[Match]:
    pair = Pair("p", "s", "1", "q", "a", (), None, None, (), (), Status.ACTIVE, None, NOW, NOW, 1)
    return [
        Match(
            pair=pair,
            matched_text="q",
            confidence=confidence,
            score=confidence,
            scores={},
            part=part,
        )
        for confidence, part in zip_longest(confidences, parts, fillvalue=0)
    ]
