"""From what somebody asked to what they get: searched and decided."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.answering.reply import outcome_of
from bot.intake.markup import question_text
from index.generations.follow import Serving
from index.query.cleaning import Query
from index.ranking.decision import MAX_SHOWN, Decision, decide
from index.ranking.match import Match
from index.searcher import Searcher
from index.store.types import Outcome
from index.store.visibility import Place
from index.text import MAX_QUESTION


@dataclass(frozen=True)
class Asked:
    """What is asked, where, and how.

    Attributes:
        text: As Slack delivered it, with its markup.
        direct: Whether the bot was addressed.
        just_before: Gives what the asker said just before, where the question speaks of that.
        in_thread: What they asked before in the bot's own thread; None where it is no such thread.
        answered_with: The pair that they got for that.
    """

    text: str
    place: Place
    direct: bool
    just_before: Callable[[], str | None] = lambda: None
    in_thread: str | None = None
    answered_with: str | None = None


@dataclass(frozen=True)
class Found:
    """What was found and decided.

    Attributes:
        best: The best match, whether or not it is shown.
        shown: The matches that the card shows or has to unfold, best first.
        threshold: The confidence that an answer needs; None where none is enough.
    """

    decision: Decision
    best: Match | None
    shown: tuple[Match, ...]
    threshold: float | None
    outcome: Outcome


class LookUp:
    """Searches with what is live, and decides by the precision of the place."""

    def __init__(self, serving: Serving, precision: Callable[[str], float]) -> None:
        """Args:
        precision: The share of automatic answers that must be right, by channel.
        """
        self._serving = serving
        self._precision = precision
        self._is_complete = threading.Event()

    def complete(self) -> None:
        """Say that the index holds all that the store does."""
        self._is_complete.set()

    def wait_until_complete(self, seconds: float) -> bool:
        """Wait for the index: no answer is better than one from half an FAQ.

        Returns:
            Whether it is complete.
        """
        return self._is_complete.wait(seconds)

    def find(self, asked: Asked) -> Found:
        """Search for what is asked and decide what to do with it.

        Raises:
            FaqbotError: The index cannot be searched now.
        """
        precision = self._precision(asked.place.channel)
        with self._serving.use() as live:
            threshold = live.searcher.threshold(precision)
            matches = self._matches(asked, live.searcher, threshold)
            model, generation = live.embedder.model.version, live.generation.id
        decided = decide(matches, direct=asked.direct, precision=precision, threshold=threshold)
        best = matches[0] if matches else None
        if decided.decision is not Decision.ANSWER:  # whose others are there to unfold
            matches = matches[: decided.shown]
        outcome = outcome_of(decided.decision, best, matches, model=model, generation=generation)
        return Found(decided.decision, best, tuple(matches), threshold, outcome)

    def _matches(self, asked: Asked, searcher: Searcher, threshold: float | None) -> list[Match]:
        text = question_text(asked.text)
        query = searcher.read(text)
        if asked.in_thread is not None:
            return _in_thread(asked, query, searcher, threshold)
        if query.is_follow_up and (before := asked.just_before()):
            query = searcher.read(f"{question_text(before)}\n{text}")
        return searcher.search(query, place=asked.place, limit=MAX_SHOWN)


def _in_thread(
    asked: Asked, query: Query, searcher: Searcher, threshold: float | None
) -> list[Match]:
    """What fits a question that goes on in a thread, such as "and on a Mac?".

    Where it says enough by itself, what was asked before has no say.
    """
    alone: list[Match] = []
    if not query.is_follow_up:
        alone = searcher.search(query, place=asked.place, limit=MAX_SHOWN)
        if _is_sure(alone, threshold):
            return alone
    before = searcher.read(question_text(asked.in_thread or ""))
    # As one question: of two the one before would be answered again.
    both = replace(query, text=f"{before.text} {query.text}"[:MAX_QUESTION], parts=())
    together = [
        match
        for match in searcher.search(both, place=asked.place, limit=MAX_SHOWN + 1)
        # Which they have been given already.
        if match.pair.id != asked.answered_with
    ][:MAX_SHOWN]
    if alone and (not together or alone[0].confidence >= together[0].confidence):
        return alone
    return together


def _is_sure(matches: list[Match], threshold: float | None) -> bool:
    return bool(matches) and threshold is not None and matches[0].confidence >= threshold
