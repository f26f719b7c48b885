"""What the bot would do with a question: `ask` and `explain` say the same of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index.generations.live import Live
    from index.ranking.decision import Decided
    from index.ranking.match import Match


@dataclass(frozen=True)
class Verdict:
    """What the bot would do with a question, and why.

    Attributes:
        is_question: Whether it would be taken for a question where nobody addressed the bot.
    """

    decided: "Decided"
    is_question: bool
    precision: float
    threshold: float | None

    def as_dict(self) -> dict[str, Any]:
        """What `--json` prints of it."""
        return {
            "decision": self.decided.decision,
            "shown": self.decided.shown,
            "is_question": self.is_question,
            "precision": self.precision,
            "threshold": self.threshold,
        }

    def text(self) -> str:
        """What is said of it, in one or two sentences."""
        if self.is_question:
            return self._what_it_does()
        return (
            f"{self._what_it_does()}\nIn a watched channel the bot would stay silent in any case: "
            "it would not take this text for a question. Mentioned or in a direct message it would."
        )

    def _what_it_does(self) -> str:
        from index.ranking.decision import Decision

        if self.threshold is None:
            why = f"no threshold is proven for {100 * self.precision:g} %: it asks first"
        else:
            why = f"threshold {self.threshold:.2f}"
        if self.decided.decision is Decision.ANSWER:
            return f"The bot would give the first answer ({why})."
        if self.decided.decision is Decision.OFFER:
            shown = self.decided.shown
            offered = f"the first {shown}" if shown > 1 else "the first"
            return f"The bot would offer {offered} to pick from ({why})."
        return (
            f"The bot would not be sure ({why}): silent in a watched channel, "
            "the closest entries when asked directly."
        )


def verdict(
    question: str, matches: "Sequence[Match]", live: "Live", *, precision: float
) -> Verdict:
    """What the bot would do with a question that it is asked directly.

    Args:
        matches: What was found for it, best first: at least as many as the bot decides on.
        precision: The share of automatic answers that must be right.
    """
    from bot.intake.is_question import is_question
    from index.ranking.decision import decide

    threshold = live.searcher.threshold(precision)
    decided = decide(matches, direct=True, precision=precision, threshold=threshold)
    return Verdict(decided, is_question(question), precision, threshold)
