"""From what was found and decided to what is posted, and to what is recorded of it."""

from collections.abc import Sequence

from bot.cards import wording
from bot.cards.answers import (
    AnswerCard,
    OfferCard,
    UnsureCard,
    answer_message,
    offer_message,
    unsure_message,
    with_note,
)
from bot.cards.entry import Entry
from bot.slack.message import Message
from index.ranking.decision import Decision
from index.ranking.match import Match
from index.store.types import Outcome, Question, QuestionState

_STATES = {
    Decision.ANSWER: QuestionState.ANSWERED,
    Decision.OFFER: QuestionState.OFFERED,
    Decision.UNSURE: QuestionState.UNSURE,
    Decision.SILENT: QuestionState.SILENT,
}


def outcome_of(
    decision: Decision, best: Match | None, shown: Sequence[Match], *, model: str, generation: int
) -> Outcome:
    """What the inbox keeps of a decision.

    Args:
        best: The best match, whether or not it is shown.
        shown: The matches that the card shows or has to unfold, best first.
        model: Version of the model that found them.
        generation: Id of the generation that found them.
    """
    return Outcome(
        state=_STATES[decision],
        pair_id=best.pair.id if best and decision is Decision.ANSWER else None,
        matched_text=best.matched_text if best else None,
        candidates=tuple(match.pair.id for match in shown),
        confidence=best.confidence if best else None,
        model=model,
        generation=generation,
    )


def entry(match: Match) -> Entry:
    """A match as a card shows it."""
    pair = match.pair
    return Entry(
        pair_id=pair.id,
        question=pair.question,
        matched=match.matched_text,
        answer=pair.answer,
        url=pair.url,
    )


def short_reply(question: Question) -> tuple[Message, Outcome]:
    """One line for who addressed the bot without asking anything, and what is recorded of it."""
    text = wording.ONLY_PICTURES if question.with_files else wording.HELLO
    outcome = Outcome(
        state=QuestionState.HELPED,
        pair_id=None,
        matched_text=None,
        candidates=(),
        confidence=None,
        model=None,
        generation=None,
    )
    return Message(text, []), outcome


def of_its_files(message: Message, question: Question) -> Message:
    """A card with word of what came with the question and cannot be read, where that is asked."""
    if question.direct and question.with_files:
        return with_note(message, wording.NO_PICTURES)
    return message


def reply_message(
    question_id: str, matches: Sequence[Match], decision: Decision, threshold: float | None
) -> Message:
    """The card for what was decided.

    Args:
        matches: Those that are shown, best first.
        decision: Anything but silence.
    """
    entries = tuple(entry(match) for match in matches)
    if decision is Decision.ANSWER:
        # A second sure answer is to a second question in the message: both are to be seen.
        are_sure = (threshold is not None and m.confidence >= threshold for m in matches[1:])
        return answer_message(
            AnswerCard(question_id, entries[0], entries[1:], expanded=any(are_sure))
        )
    if decision is Decision.OFFER:
        return offer_message(OfferCard(question_id, entries))
    return unsure_message(UnsureCard(question_id, entries))
