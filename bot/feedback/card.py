"""A card as it should look after what people said of it."""

from collections import Counter
from collections.abc import Collection, Sequence

from bot.cards.answers import (
    AnswerCard,
    OfferCard,
    UnsureCard,
    answer_message,
    offer_message,
    unsure_message,
)
from bot.cards.entry import Entry
from bot.slack.message import Message
from index.store import Store
from index.store.types import Pair, Question, QuestionState, Status, Verdict, Vote


def card(question: Question, store: Store, *, expanded: bool) -> Message | None:
    """The card of an answered question as it should look now; None if its pair is gone."""
    pairs = store.pairs.get(question.candidates)
    shown = [
        _entry(pairs[pair_id], question)
        for pair_id in question.candidates
        if pair_id in pairs and may_show(pairs[pair_id], question.channel)
    ]
    votes = store.feedback.votes(question.id)
    if question.pair_id is None:
        return _undecided_card(question, shown, votes, expanded=expanded)
    best = pairs.get(question.pair_id)
    if best is None:
        return None
    return _answer_card(question, _entry(best, question), shown, votes, expanded=expanded)


def _undecided_card(
    question: Question, shown: Sequence[Entry], votes: Sequence[Vote], *, expanded: bool
) -> Message:
    """The card of a question that people decide on: what they picked, or what there is to pick."""
    entries = {entry.pair_id: entry for entry in shown}
    if picked := most_picked(votes, entries):
        return _answer_card(
            question, entries[picked], shown, votes, expanded=expanded, is_picked=True
        )
    none = sum(vote.verdict is Verdict.NOT_IT and vote.pair_id is None for vote in votes)
    if QuestionState.OFFERED in (question.outcome, question.state):
        return offer_message(OfferCard(question.id, tuple(shown), none))
    return unsure_message(UnsureCard(question.id, tuple(shown), expanded, none))


def most_picked(votes: Sequence[Vote], among: Collection[str]) -> str | None:
    """The pair that most people picked, or said was right; among equals the latest.

    Args:
        votes: Oldest first.
        among: Ids of the pairs that may be shown.
    """
    people: Counter[str] = Counter()
    last: dict[str, int] = {}
    for number, vote in enumerate(votes):
        if vote.verdict is Verdict.NOT_IT or vote.pair_id is None:
            continue
        if vote.pair_id in among:
            people[vote.pair_id] += 1
            last[vote.pair_id] = number
    return max(people, key=lambda pair_id: (people[pair_id], last[pair_id]), default=None)


def _answer_card(
    question: Question,
    best: Entry,
    shown: Sequence[Entry],
    votes: Sequence[Vote],
    *,
    expanded: bool,
    is_picked: bool = False,
) -> Message:
    others = tuple(entry for entry in shown if entry.pair_id != best.pair_id)
    tally = Counter(vote.verdict for vote in votes if vote.pair_id == best.pair_id)
    return answer_message(
        AnswerCard(
            question.id,
            best,
            others,
            expanded=expanded and bool(others),
            solved=tally[Verdict.SOLVED],
            not_it=tally[Verdict.NOT_IT],
            picked=tally[Verdict.PICKED] if is_picked else None,
        )
    )


def _entry(pair: Pair, question: Question) -> Entry:
    matched = question.matched_text if pair.id == question.pair_id else None
    return Entry(pair.id, pair.question, matched or pair.question, pair.answer, pair.url)


def may_show(pair: Pair, channel: str) -> bool:
    """Whether a card in a channel may show a pair: an active one for all, or for this channel."""
    return pair.status is Status.ACTIVE and pair.visible_in(channel)
