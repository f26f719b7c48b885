"""The cards that answer a question, as pure functions from values to blocks.

A card fits Slack's limits whatever is stored: a long answer is cut where a reader would cut it,
with a word on how it goes on, and the other entries give way before the best one does.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.cards import wording
from bot.cards.kit import (
    MESSAGE_ROOM,
    QUESTION_LIMIT,
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
FIRST_LINE_LIMIT = 200
"""Of what is shown of an answer that is only offered."""
MATCHED_LIMIT = 200
HOST_LIMIT = 80
SOURCE_LIMIT = 800
"""A source with a longer link is named by its host, without the link."""
NOTE_LINK_LIMIT = 150
"""The same inside the note that ends a cut answer; the source line stands below it anyway."""

LEAST_ANSWER = 600
"""Size kept for each other entry's answer when the best one could take all the room."""

_BREAKS_A_LINK = re.compile(r"[\s\\\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class Entry:
    """One FAQ answer as a card shows it."""

    pair_id: str
    question: str
    """The pair's own question."""
    matched: str
    """The stored wording that was nearest."""
    answer: str
    url: str | None


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

    Raises `ValueError` for a `question_id` that no button can carry.
    """
    others = card.others[:MAX_OTHERS]
    # A picked answer may give way to another pick: a vote has to say what it is on.
    vote = button_value(card.question_id, "" if card.picked is None else card.best.pair_id)
    pick_for = None if card.picked is None else card.question_id
    below = [
        *context(_matched_line(card.best), _source_line(card.best.url)),
        actions(
            button(vote, wording.SOLVED, SOLVED, "primary"),
            button(vote, wording.NOT_IT, NOT_IT),
            *_others_toggle(card, len(others)),
        ),
        *context(wording.votes(card.solved, card.not_it, card.picked or 0)),
    ]
    unfolded = others if card.expanded else ()
    room = MESSAGE_ROOM - size(below)
    kept = sum(
        size(_frame(entry, pick_for)) + min(size(_answer_sections(entry)), LEAST_ANSWER)
        for entry in unfolded
    )
    best = _answer_sections(card.best, room - kept)

    source = _source_line(card.best.url)
    ending = f"\n{source}" if source else ""
    text = mrkdwn.plain(card.best.answer, FALLBACK_LIMIT - len(ending)) or wording.NO_ANSWER
    return Message(text + ending, [*best, *below, *_entries(unfolded, room - size(best), pick_for)])


def offer_message(card: OfferCard) -> Message:
    """What is offered: each entry's question, how its answer begins, and a button to pick it.

    Raises `ValueError` for a `question_id` that no button can carry.
    """
    offered = card.offered[:MAX_CLOSEST]
    if not offered:
        return unsure_message(UnsureCard(card.question_id, ()))
    sentence = wording.OFFER if len(offered) > 1 else wording.OFFER_ONE
    listed = "\n".join(f"{mrkdwn.BULLET} {_question_line(entry)}" for entry in offered)
    return Message(
        f"{sentence}\n{listed}",
        [
            section(sentence),
            *(
                _with_pick(
                    f"{_bold_question(entry)}\n{_first_line(entry)}", entry, card.question_id
                )
                for entry in offered
            ),
            actions(_none_button(card.question_id, len(offered))),
            *context(wording.none_fits(card.none)),
        ],
    )


def unsure_message(card: UnsureCard) -> Message:
    """One honest sentence, then the closest entries to pick from, if there are any.

    Raises `ValueError` for a `question_id` that no button can carry.
    """
    closest = card.closest[:MAX_CLOSEST]
    if not closest:
        sentence = f"{wording.UNSURE} {wording.HINT}"
        return Message(sentence, [section(sentence)])
    listed = "\n".join(f"{mrkdwn.BULLET} {_question_line(entry)}" for entry in closest)
    above = [
        section(wording.UNSURE),
        section(f"*{wording.CLOSEST}*"),
        *(_with_pick(_question_line(entry), entry, card.question_id) for entry in closest),
        actions(_answers_toggle(card), _none_button(card.question_id, len(closest))),
        *context(wording.none_fits(card.none)),
    ]
    unfolded = closest if card.expanded else ()
    return Message(
        f"{wording.UNSURE}\n{wording.CLOSEST}:\n{listed}",
        [*above, *_entries(unfolded, MESSAGE_ROOM - size(above))],
    )


def _entries(entries: Sequence[Entry], room: int, pick_for: str | None = None) -> list[Block]:
    """Unfolded entries, with as much of their answers as fits `room` in all.

    Args:
        pick_for: The question that they can be picked for; None for no buttons.
    """
    room -= sum(size(_frame(entry, pick_for)) for entry in entries)
    shares = _shares([size(_answer_sections(entry)) for entry in entries], room)
    blocks: list[Block] = []
    for entry, share in zip(entries, shares, strict=True):
        divider, question, *source = _frame(entry, pick_for)
        blocks += [divider, question, *_answer_sections(entry, share), *source]
    return blocks


def _frame(entry: Entry, pick_for: str | None) -> list[Block]:
    """What stands around an unfolded entry's answer: divider, question, source if there is one."""
    bold = _bold_question(entry)
    question = section(bold) if pick_for is None else _with_pick(bold, entry, pick_for)
    return [{"type": "divider"}, question, *context(_source_line(entry.url))]


def _with_pick(text: str, entry: Entry, question_id: str) -> Block:
    """A section with a button that picks the entry."""
    value = button_value(question_id, entry.pair_id)
    return {**section(text), "accessory": button(value, wording.THIS_ONE, PICK)}


def _none_button(question_id: str, count: int) -> Block:
    label = wording.NONE_OF_THESE if count > 1 else wording.NOT_THIS_ONE
    return button(button_value(question_id), label, NONE)


def _first_line(entry: Entry) -> str:
    """How an answer begins, in one line."""
    for text in entry.answer.splitlines():
        shown = mrkdwn.plain(text, FIRST_LINE_LIMIT)
        if any(character.isalnum() for character in shown):
            return " ".join(shown.split())
    return wording.NO_ANSWER


def _shares(sizes: Sequence[int], room: int) -> list[int]:
    """`room` dealt out evenly, where what one does not need goes to the others."""
    shares = [0] * len(sizes)
    for left, index in zip(
        range(len(sizes), 0, -1), sorted(range(len(sizes)), key=sizes.__getitem__), strict=True
    ):
        shares[index] = min(sizes[index], room // left)
        room -= shares[index]
    return shares


def _answer_sections(entry: Entry, room: int | None = None) -> list[Block]:
    """The answer word for word; with `room`, cut to that size and saying so."""
    text = mrkdwn.to_mrkdwn(entry.answer).strip("\n").rstrip()
    if not any(character.isprintable() and character != " " for character in text):
        return [section(wording.NO_ANSWER)]
    sections = [section(chunk) for chunk in mrkdwn.split(text)]
    if room is None or size(sections) <= room:
        return sections
    frame = size([section("")])
    left = room - frame - len(_cut_note(entry.url, len(text)))
    chunks: list[str] = []
    for chunk in mrkdwn.split(text):
        left -= frame + len(chunk)
        if left < 0:
            least = mrkdwn.SPLIT_MINIMUM
            chunks += mrkdwn.split(chunk, max(least, left + len(chunk)))[:1]
            break
        chunks.append(chunk)
    missing = len(mrkdwn.visible(text)) - len(mrkdwn.visible("".join(chunks)))
    note = _cut_note(entry.url, max(1, missing))
    last = chunks[-1] + ("\n" if chunks[-1].endswith(mrkdwn.FENCE) else " ") + note
    if len(last) <= mrkdwn.SECTION_LIMIT:
        chunks[-1] = last
    else:
        chunks.append(note)
    return [section(chunk) for chunk in chunks]


def _cut_note(url: str | None, missing: int) -> str:
    source = _source(url, NOTE_LINK_LIMIT)
    return wording.continues_at(source) if source else wording.is_cut(missing)


def _question_line(entry: Entry) -> str:
    return mrkdwn.line(entry.question, QUESTION_LIMIT) or wording.NO_QUESTION


def _bold_question(entry: Entry) -> str:
    question = _question_line(entry)
    return question if "*" in question else f"*{question}*"


def _matched_line(entry: Entry) -> str:
    matched = mrkdwn.line(entry.matched, MATCHED_LIMIT) or mrkdwn.line(
        entry.question, MATCHED_LIMIT
    )
    return wording.matched(matched) if matched else ""


def _source_line(url: str | None) -> str:
    source = _source(url, SOURCE_LIMIT)
    return wording.source(source) if source else ""


def _source(url: str | None, limit: int) -> str:
    """A link labelled with its host, only the host if the link exceeds `limit`, or nothing."""
    address = (url or "").strip()
    try:
        parts = urlsplit(address)
        host = mrkdwn.line(parts.hostname or "", HOST_LIMIT)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or _BREAKS_A_LINK.search(address):
        return ""
    link = mrkdwn.link(address, parts.hostname or "")
    return link if len(link) <= limit else host


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
