"""What to do with what was found: answer, offer a choice, say that nothing is sure, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from index.ranking.match import Match

MAX_SHOWN = 3
# Below this confidence an entry is noise even to somebody for whom nothing better was found.
WORTH_SHOWING = 0.02


class Decision(StrEnum):
    """What an asker gets."""

    ANSWER = "answer"
    OFFER = "offer"
    UNSURE = "unsure"
    SILENT = "silent"


# Those where entries are put to people who did not ask for what is closest.
_SHOWS = (Decision.ANSWER, Decision.OFFER)


@dataclass(frozen=True)
class Decided:
    """What an asker gets, and how many of the matches, best first, are put to them.

    Attributes:
        shown: 1 for an answer, 1 to 3 for an offer, 0 to 3 where nothing is sure, 0 for silence.
    """

    decision: Decision
    shown: int


def decide(
    matches: Sequence[Match], *, direct: bool, precision: float, threshold: float | None
) -> Decided:
    """Decide on the matches.

    An answer needs a confidence of at least the threshold, and no rival that is nearly as good.
    Where there is none, two or three that reach the threshold together are offered. Without a
    threshold the bot asks first: it offers the fewest that are right together at the stated rate,
    be it a single one.

    A wording learnt from picks is never reason enough to answer where without it several would
    be offered, or another be the answer.

    Args:
        matches: What was found, best first.
        direct: Whether the bot was asked by name or in a direct message; people who did not ask
            it are spared its doubts.
        precision: The share of automatic answers that must be right.
        threshold: The confidence from which answers are proven to be right at that rate; None
            where that is proven for none.
    """
    best = list(matches[:MAX_SHOWN])
    decided = _decide(best, direct=direct, precision=precision, threshold=threshold)
    if decided.decision not in _SHOWS or best[0].without_picks is None:
        return decided
    plain = [replace(m, confidence=m.without_picks or 0.0, without_picks=None) for m in best]
    plain.sort(key=lambda match: -match.confidence)
    before = _decide(plain, direct=direct, precision=precision, threshold=threshold)
    is_first_too = plain[0].pair.id == best[0].pair.id
    if before.decision not in _SHOWS or (before.shown == 1 and is_first_too):
        return decided
    # What people picked does not overrule what else it may be: they are asked, as before.
    offered = {match.pair.id for match in plain[: before.shown]}
    last = max(n for n, match in enumerate(best, start=1) if match.pair.id in offered)
    return Decided(Decision.OFFER, max(decided.shown, last))


def _decide(
    best: Sequence[Match], *, direct: bool, precision: float, threshold: float | None
) -> Decided:
    """Decide on the few best matches, by their confidence alone."""
    rivals = [(n, match) for n, match in enumerate(best, start=1) if _are_rivals(best[0], match)]
    is_sure = threshold is not None and bool(best) and best[0].confidence >= threshold
    if is_sure and not _is_near_tie([match for _, match in rivals]):
        return Decided(Decision.ANSWER, 1)
    needed, fewest = (precision, 1) if threshold is None else (threshold, 2)
    together = 0.0
    for count, (shown, rival) in enumerate(rivals, start=1):
        together += rival.confidence
        if count >= fewest and together >= needed:
            # With the answers to other parts that stand between them.
            return Decided(Decision.OFFER, shown)
    if not direct:
        return Decided(Decision.SILENT, 0)
    shown = sum(match.confidence >= WORTH_SHOWING for match in best)
    return Decided(Decision.UNSURE, shown)


def _is_near_tie(rivals: Sequence[Match]) -> bool:
    """Whether the second of some rivals is at least half as sure as the first."""
    return len(rivals) > 1 and rivals[1].confidence >= rivals[0].confidence / 2


def _are_rivals(first: Match, second: Match) -> bool:
    """Whether two are answers to the same question, and not to two of one message.

    One that was found by the whole message may be an answer to any part of it; but the confidences
    of rivals add up to at most 1.
    """
    if first is second or first.part == second.part:
        return True
    return 0 in (first.part, second.part) and first.confidence + second.confidence <= 1
