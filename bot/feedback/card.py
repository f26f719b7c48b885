"""A card as it should look after what people said of it."""

from collections import Counter
from collections.abc import Collection, Sequence

from bot.cards.answers import (
    AnswerCard,
    OfferCard,
    UnsureCard,
    answer_message,
    hidden_message,
    offer_message,
    unsure_message,
)
from bot.cards.entry import Entry
from bot.slack.message import Message
from index.store import Store
from index.store.types import Pair, Question, QuestionState, Verdict, Vote
from index.store.visibility import Place, may_show


def card(question: Question, place: Place, store: Store, *, expanded: bool) -> Message:
    """The card of a question as it should look now: with nothing that may not be shown there."""
    candidates = dict.fromkeys((*question.candidates, *filter(None, [question.pair_id])))
    pairs = store.pairs.get(list(candidates))
    entries = {
        pair_id: _entry(pairs[pair_id], question)
        for pair_id in candidates
        if may_show(pairs.get(pair_id), place)
    }
    shown = list(entries.values())
    votes = store.feedback.votes(question.id)
    if question.pair_id is None:
        return _undecided_card(question, shown, votes, expanded=expanded)
    if question.pair_id not in entries:
        return hidden_message()
    return _answer_card(question, entries[question.pair_id], shown, votes, expanded=expanded)


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
    if matched is None or not pair.has_wording(matched):
        matched = pair.question  # a wording that was taken back is not shown any more
    return Entry(pair.id, pair.question, matched, pair.answer, pair.url)
