"""What to do with what was found: answer, say that nothing is sure, or stay silent."""

from collections.abc import Sequence
from enum import StrEnum

from index.search.searcher import Match


class Decision(StrEnum):
    """What an asker gets."""

    ANSWER = "answer"
    UNSURE = "unsure"
    SILENT = "silent"


def decide(matches: Sequence[Match], *, direct: bool, threshold: float) -> Decision:
    """Decide on the best match.

    Args:
        matches: What was found, best first.
        direct: Whether the bot was asked by name or in a direct message; people who did not ask
            it are spared its doubts.
        threshold: The confidence from which an answer is given.
    """
    if matches and matches[0].confidence >= threshold:
        return Decision.ANSWER
    return Decision.UNSURE if direct else Decision.SILENT
