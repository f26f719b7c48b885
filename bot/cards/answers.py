"""The cards that answer a question, as pure functions from values to blocks.

A card fits Slack's limits whatever is stored: a long answer is cut where a reader would cut it,
with a word on how it goes on, and the other entries give way before the best one does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.cards import wording
from bot.cards.entry import Entry, RenderedEntry
from bot.cards.kit import (
    MESSAGE_ROOM,
    actions,
    button,
    button_value,
    context,
    section,
    size,
)
from bot.slack import mrkdwn
from bot.slack.message import Block, Message

SOLVED, NOT_IT, MORE, LESS = "faq_solved", "faq_not_it", "faq_more", "faq_less"
PICK, NONE = "faq_pick", "faq_none"
"""Action ids of the buttons; the value of each is a `button_value`."""

MAX_OTHERS = 2
MAX_CLOSEST = 3

FALLBACK_LIMIT = 4000
# Slack cuts a message's text at 40,000 characters; the card shows no more than this either.
WHOLE_LIMIT = MESSAGE_ROOM
LEAST_ANSWER = 600
"""Size kept for each other entry's answer when the best one could take all the room."""


@dataclass(frozen=True)
class AnswerCard:
    """An answer, with further entries to unfold."""

    question_id: str
    """Row id of the asked question in the inbox."""
    best: Entry
    others: tuple[Entry, ...]
    """At most two are shown."""
    expanded: bool = False
    """Whether `others` are unfolded."""
    solved: int = 0
    """How many people clicked Solved."""
    not_it: int = 0
    picked: int | None = None
    """How many people picked this answer; None where nobody had to."""


@dataclass(frozen=True)
class OfferCard:
    """The entries of which one is likely the answer, to be picked by whoever asked."""

    question_id: str
    offered: tuple[Entry, ...]
    """Best first; at most three are shown."""
    none: int = 0
    """How many people said that it is none of them."""


@dataclass(frozen=True)
class UnsureCard:
    """The reply to a direct question that has no confident answer."""

    question_id: str
    closest: tuple[Entry, ...]
    """At most three are shown."""
    expanded: bool = False
    """Whether their answers are shown."""
    none: int = 0
    """How many people said that it is none of them."""


def answer_message(card: AnswerCard) -> Message:
    """The answer first, word for word; below it where it is from, the votes and the others.

    Raises:
        ValueError: No button can carry the `question_id`.
    """
    best = RenderedEntry(card.best)
    others = card.others[:MAX_OTHERS]
    # A picked answer may give way to another pick: a vote has to say what it is on.
    vote = button_value(card.question_id, "" if card.picked is None else card.best.pair_id)
    pick_for = None if card.picked is None else card.question_id
    below = [
        *context(best.matched, best.source),
        actions(
            button(vote, wording.SOLVED, SOLVED, "primary"),
            button(vote, wording.NOT_IT, NOT_IT),
            *_others_toggle(card, len(others)),
        ),
        *context(wording.votes(card.solved, card.not_it, card.picked or 0)),
    ]
    unfolded = [_unfold(RenderedEntry(entry), pick_for) for entry in others if card.expanded]
    room = MESSAGE_ROOM - size(below)
    kept = sum(
        other.frame_size + min(other.rendered.answer_size, LEAST_ANSWER) for other in unfolded
    )
    answer = best.answer_within(room - kept)

    ending = f"\n{best.source}" if best.source else ""
    text, whole = (
        (mrkdwn.plain(card.best.answer, limit - len(ending)) or wording.NO_ANSWER) + ending
        for limit in (FALLBACK_LIMIT, WHOLE_LIMIT)
    )
    return Message(text, [*answer, *below, *_within(unfolded, room - size(answer))], whole=whole)


def with_note(message: Message, note: str) -> Message:
    """A card with one more line at its end."""
    whole = f"{message.whole or message.text}\n{note}"
    return Message(f"{message.text}\n{note}", [*message.blocks, *context(note)], whole)


def offer_message(card: OfferCard) -> Message:
    """What is offered: each entry's question, how its answer begins, and a button to pick it.

    Raises:
        ValueError: No button can carry the `question_id`.
    """
    offered = [RenderedEntry(entry) for entry in card.offered[:MAX_CLOSEST]]
    if not offered:
        return unsure_message(UnsureCard(card.question_id, ()))
    sentence = wording.OFFER if len(offered) > 1 else wording.OFFER_ONE
    return Message(
        f"{sentence}\n{_listed(offered)}",
        [
            section(sentence),
            *(
                _with_pick(f"{one.bold_question}\n{one.first_line}", one.entry, card.question_id)
                for one in offered
            ),
            actions(_none_button(card.question_id, len(offered))),
            *context(wording.none_fits(card.none)),
        ],
    )


def unsure_message(card: UnsureCard) -> Message:
    """One honest sentence, then the closest entries to pick from, if there are any.

    Raises:
        ValueError: No button can carry the `question_id`.
    """
    closest = [RenderedEntry(entry) for entry in card.closest[:MAX_CLOSEST]]
    if not closest:
        sentence = f"{wording.UNSURE} {wording.HINT}"
        return Message(sentence, [section(sentence)])
    above = [
        section(wording.UNSURE),
        section(f"*{wording.CLOSEST}*"),
        *(_with_pick(one.question, one.entry, card.question_id) for one in closest),
        actions(_answers_toggle(card), _none_button(card.question_id, len(closest))),
        *context(wording.none_fits(card.none)),
    ]
    unfolded = [_unfold(one) for one in closest if card.expanded]
    return Message(
        f"{wording.UNSURE}\n{wording.CLOSEST}:\n{_listed(closest)}",
        [*above, *_within(unfolded, MESSAGE_ROOM - size(above))],
    )


def hidden_message() -> Message:
    """What takes an answer's place where it may not be shown any more; it has no buttons."""
    return Message(wording.HIDDEN, [section(wording.HIDDEN)])


@dataclass(frozen=True)
class _Unfolded:
    """An entry that is unfolded, and what stands around its answer."""

    rendered: RenderedEntry
    above: list[Block]
    below: list[Block]

    @cached_property
    def frame_size(self) -> int:
        return size([*self.above, *self.below])


def _unfold(rendered: RenderedEntry, pick_for: str | None = None) -> _Unfolded:
    """An unfolded entry: divider, question, answer, and its source if there is one.

    Args:
        pick_for: The question that it can be picked for; None for no button.
    """
    bold = rendered.bold_question
    question = section(bold) if pick_for is None else _with_pick(bold, rendered.entry, pick_for)
    return _Unfolded(rendered, [{"type": "divider"}, question], context(rendered.source))


def _within(unfolded: Sequence[_Unfolded], room: int) -> list[Block]:
    """Unfolded entries, with as much of their answers as fits `room` in all."""
    room -= sum(one.frame_size for one in unfolded)
    shares = _shares([one.rendered.answer_size for one in unfolded], room)
    blocks: list[Block] = []
    for one, share in zip(unfolded, shares, strict=True):
        blocks += [*one.above, *one.rendered.answer_within(share), *one.below]
    return blocks


def _listed(entries: Sequence[RenderedEntry]) -> str:
    """Entries' questions as a list, for the notification."""
    return "\n".join(f"{mrkdwn.BULLET} {entry.question}" for entry in entries)


def _with_pick(text: str, entry: Entry, question_id: str) -> Block:
    """A section with a button that picks the entry."""
    value = button_value(question_id, entry.pair_id)
    return {**section(text), "accessory": button(value, wording.THIS_ONE, PICK)}


def _none_button(question_id: str, count: int) -> Block:
    label = wording.NONE_OF_THESE if count > 1 else wording.NOT_THIS_ONE
    return button(button_value(question_id), label, NONE)


def _shares(sizes: Sequence[int], room: int) -> list[int]:
    """`room` dealt out evenly, where what one does not need goes to the others."""
    shares = [0] * len(sizes)
    for left, index in zip(
        range(len(sizes), 0, -1), sorted(range(len(sizes)), key=sizes.__getitem__), strict=True
    ):
        shares[index] = min(sizes[index], room // left)
        room -= shares[index]
    return shares


def _others_toggle(card: AnswerCard, count: int) -> list[Block]:
    if not count:
        return []
    value = button_value(card.question_id)
    if card.expanded:
        return [button(value, wording.HIDE_OTHERS, LESS)]
    return [button(value, wording.more_answers(count), MORE)]


def _answers_toggle(card: UnsureCard) -> Block:
    value = button_value(card.question_id)
    if card.expanded:
        return button(value, wording.HIDE_ANSWERS, LESS)
    return button(value, wording.SHOW_ANSWERS, MORE)
