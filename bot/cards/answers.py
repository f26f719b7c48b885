"""The Block Kit cards people see, as pure functions from values to blocks.

A card fits Slack's limits whatever is stored: a long answer is cut where a reader would cut it,
with a word on how it goes on, and the other entries give way before the best one does.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from bot.slack import mrkdwn
from index.store.types import Job, JobKind, JobState

SOLVED, NOT_IT, MORE, LESS = "faq_solved", "faq_not_it", "faq_more", "faq_less"
PICK, NONE = "faq_pick", "faq_none"
"""Action ids of the buttons; the value of each is a `button_value`."""
APPROVE, REJECT = "faq_suggestion_approve", "faq_suggestion_reject"
"""Action ids of the buttons on a suggestion; the value is its id."""

MAX_OTHERS = 2
MAX_CLOSEST = 3
MAX_SUGGESTIONS = 10

# Slack refuses a message whose blocks hold too much text (`msg_blocks_too_long`) at a size that it
# does not document. People measured about 13,200 characters, of which every block takes some;
# Slack's staff speak of 12,000 of text (github.com/slackapi/bolt-js, issues 2509 and 2867).
MESSAGE_ROOM = 12_000
"""The size of a card's blocks: characters of all strings, plus `BLOCK_SIZE` for each block."""
BLOCK_SIZE = 130

FALLBACK_LIMIT = 4000
VALUE_LIMIT = 2000
QUESTION_LIMIT = 300
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

BAR_LENGTH = 20
DETAIL_LIMIT = 500
# A path or an address in a job's detail, and what is shown instead.
_PLACE = re.compile(r"[^\s,;()'\"]*/[^\s,;()'\"]*")
_HIDDEN = "…"
OPTION_LIMIT = 40

NO_ANSWER = "(This entry has no answer text.)"
NO_QUESTION = "(This entry has no question text.)"
UNSURE = "I don't have an approved answer that I'm sure fits this question."
OFFER = "I'm not sure which of these you mean. Is it one of them?"
OFFER_ONE = "I think that this is it, but I'm not sure. Is it?"
HINT = "You could ask in other words, or wait here for a person to help."

Block = dict[str, object]

_USER_ID = re.compile(r"[UW][A-Z0-9]+")
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


@dataclass(frozen=True)
class SuggestionLine:
    """A suggested wording as an admin sees it."""

    suggestion_id: int
    asked: str
    question: str
    """The pair's own question."""
    picks: int


@dataclass(frozen=True)
class Message:
    """What `chat.postMessage` and `chat.update` take."""

    text: str
    blocks: list[Block]


def answer_message(card: AnswerCard) -> Message:
    """The answer first, word for word; below it where it is from, the votes and the others.

    Raises `ValueError` for a `question_id` that no button can carry.
    """
    others = card.others[:MAX_OTHERS]
    # A picked answer may give way to another pick: a vote has to say what it is on.
    vote = button_value(card.question_id, "" if card.picked is None else card.best.pair_id)
    pick_for = None if card.picked is None else card.question_id
    below = [
        *_context(_matched_line(card.best), _source_line(card.best.url)),
        _actions(
            _button(vote, "Solved", SOLVED, "Solved: this answer solved my question", "primary"),
            _button(vote, "Not it", NOT_IT, "Not it: this answer does not fit my question"),
            *_others_toggle(card, len(others)),
        ),
        *_context(_votes_line(card.solved, card.not_it, card.picked or 0)),
    ]
    unfolded = others if card.expanded else ()
    room = MESSAGE_ROOM - _size(below)
    kept = sum(
        _size(_frame(entry, pick_for)) + min(_size(_answer_sections(entry)), LEAST_ANSWER)
        for entry in unfolded
    )
    best = _answer_sections(card.best, room - kept)

    source = _source_line(card.best.url)
    ending = f"\n{source}" if source else ""
    text = mrkdwn.plain(card.best.answer, FALLBACK_LIMIT - len(ending)) or NO_ANSWER
    return Message(
        text + ending, [*best, *below, *_entries(unfolded, room - _size(best), pick_for)]
    )


def offer_message(card: OfferCard) -> Message:
    """What is offered: each entry's question, how its answer begins, and a button to pick it.

    Raises `ValueError` for a `question_id` that no button can carry.
    """
    offered = card.offered[:MAX_CLOSEST]
    if not offered:
        return unsure_message(UnsureCard(card.question_id, ()))
    sentence = OFFER if len(offered) > 1 else OFFER_ONE
    listed = "\n".join(f"{mrkdwn.BULLET} {_question_line(entry)}" for entry in offered)
    return Message(
        f"{sentence}\n{listed}",
        [
            _section(sentence),
            *(
                _with_pick(
                    f"{_bold_question(entry)}\n{_first_line(entry)}", entry, card.question_id
                )
                for entry in offered
            ),
            _actions(_none_button(card.question_id, len(offered))),
            *_context(_none_line(card.none)),
        ],
    )


def unsure_message(card: UnsureCard) -> Message:
    """One honest sentence, then the closest entries to pick from, if there are any.

    Raises `ValueError` for a `question_id` that no button can carry.
    """
    closest = card.closest[:MAX_CLOSEST]
    if not closest:
        sentence = f"{UNSURE} {HINT}"
        return Message(sentence, [_section(sentence)])
    listed = "\n".join(f"{mrkdwn.BULLET} {_question_line(entry)}" for entry in closest)
    above = [
        _section(UNSURE),
        _section("*Closest entries*"),
        *(_with_pick(_question_line(entry), entry, card.question_id) for entry in closest),
        _actions(_answers_toggle(card), _none_button(card.question_id, len(closest))),
        *_context(_none_line(card.none)),
    ]
    unfolded = closest if card.expanded else ()
    return Message(
        f"{UNSURE}\nClosest entries:\n{listed}",
        [*above, *_entries(unfolded, MESSAGE_ROOM - _size(above))],
    )


def suggestions_message(
    suggestions: Sequence[SuggestionLine], waiting: int, said: str = ""
) -> Message:
    """The suggested wordings that wait for an admin, each with its buttons.

    Args:
        suggestions: The first of them.
        waiting: How many there are in all.
        said: Mrkdwn that stands above: what became of the one before.
    """
    left = f"{waiting} suggested wordings are" if waiting != 1 else "1 suggested wording is"
    if not waiting:
        left = "No suggested wordings are"
    first = f"; the first {len(suggestions)}" if waiting > len(suggestions) else ""
    text = "\n".join(filter(None, (said, f"{left} waiting{first}{':' if waiting else '.'}")))
    blocks = [_section(text)]
    for suggestion in suggestions:
        asked = mrkdwn.line(suggestion.asked, QUESTION_LIMIT)
        question = mrkdwn.line(suggestion.question, QUESTION_LIMIT) or NO_QUESTION
        people = "1 person" if suggestion.picks == 1 else f"{suggestion.picks} people"
        value = str(suggestion.suggestion_id)
        blocks += [
            _section(f"“{asked}”\nas a wording of: {question}\nPicked by {people}"),
            _actions(
                _button(value, "Approve", APPROVE, "Approve: add this wording", "primary"),
                _button(value, "Reject", REJECT, "Reject: never suggest it again"),
            ),
        ]
    return Message(text, blocks)


def button_value(question_id: str, pair_id: str = "") -> str:
    """What a button on a card carries: the question, and the pair that a click is about.

    Raises `ValueError` where no button can carry them.
    """
    value = f"{question_id} {pair_id}".rstrip()
    if not question_id or len(value) > VALUE_LIMIT:
        raise ValueError(
            f"question_id must have 1 to {VALUE_LIMIT} characters to fit a button's value, with "
            f"the pair's id, not {len(value)}"
        )
    return value


def notice(text: str) -> Message:
    """A few lines of mrkdwn, such as what a command answers; user text in it is escaped."""
    return Message(text, [_section(chunk) for chunk in mrkdwn.split(text)])


def job_message(job: Job, waits_for: Job | None = None) -> Message:
    """What is known of a long job: how far it is, or how it ended; who asked for it, and when.

    Args:
        waits_for: The running job that has to end before this one starts.
    """
    title = job_title(job)
    ending = _job_ending(job)
    detail = _job_detail(job)
    if ending:
        lines = [f"*{title}: {ending}*", detail, *_retrain_lines(job)]
        text = f"{title}: {ending}" + (f": {detail}" if detail else "")
    elif job.state is JobState.QUEUED:
        waiting = "Waiting for its turn"
        if waits_for is not None and waits_for.id != job.id:
            waiting += f": {waits_for.kind} is running"
        lines = [f"*{title}*", f"{waiting}."]
        text = f"{title}: {waiting.lower()}"
    else:
        doing = "stopping" if job.cancel_requested else "running"
        lines = [f"*{title}: {doing}*", _bar(job.progress), detail]
        text = f"{title}: {doing}, at {_percent(job.progress)}"
    section = _section("\n".join(line for line in lines if line))
    return Message(text, [section, *_context(_job_origin(job))])


def job_title(job: Job) -> str:
    """A job's kind with what was asked for, such as "Retrain (head)"."""
    known = {"depth": "{}", "generation": "generation {}"}
    options = [
        words.format(mrkdwn.line(str(job.arguments[key]), OPTION_LIMIT))
        for key, words in known.items()
        if job.arguments.get(key) is not None
    ]
    if job.arguments.get("dry_run"):
        options.append("dry run")
    return job.kind.capitalize() + (f" ({', '.join(options)})" if options else "")


def _job_ending(job: Job) -> str:
    """How a job ended, in a few words; empty where it has not."""
    if job.state is not JobState.DONE:
        return str(job.state) if job.state.is_over else ""
    if job.kind is JobKind.RETRAIN and job.result:
        if job.result.get("went_live") == "ranking":
            return "the model stays, its ranking is new"
        return "the new model is live" if job.result.get("promoted") else "the live model stays"
    return "done"


def _job_detail(job: Job) -> str:
    """A job's line of detail; where it failed without the paths and addresses in it.

    Everybody in a channel reads it, and those are for whoever runs the bot.
    """
    detail = job.detail or ""
    if job.state is JobState.FAILED:
        detail = without_places(detail)
    shown = mrkdwn.line(detail, DETAIL_LIMIT)
    return shown if detail == (job.detail or "") else f"{shown}; `faqbot jobs` shows more"


def without_places(text: str) -> str:
    """A text without the paths and addresses in it."""
    return _PLACE.sub(_HIDDEN, text).replace(f"; see {_HIDDEN}", "")


def _retrain_lines(job: Job) -> list[str]:
    """The figures of a retrain; only those that its result has."""
    if job.kind is not JobKind.RETRAIN:
        return []
    lines = []
    precision = _mapping(job.result.get("precision_at_1"))
    live, candidate = _number(precision.get("live")), _number(precision.get("candidate"))
    held_out = _number(job.result.get("n_held_out"))
    if live is not None and candidate is not None:
        of = f", of {held_out:.0f} held-out questions" if held_out else ""
        lines.append(f"Right answer first: live {live:.1%}, new {candidate:.1%}{of}")
    mrr = _mapping(job.result.get("mrr"))
    difference, low, high = (_number(mrr.get(key)) for key in ("difference", "low", "high"))
    if difference is not None and low is not None and high is not None:
        lines.append(f"Change in MRR: {difference:+.3f} (95 % between {low:+.3f} and {high:+.3f})")
    golden = _mapping(job.result.get("golden"))
    checked, flipped = _number(golden.get("checked")), _number(golden.get("flipped"))
    if checked and flipped is not None:
        lines.append(f"Golden questions: {flipped:.0f} of {checked:.0f} turned wrong")
    generation = _number(job.result.get("generation"))
    if generation is not None and (job.result.get("promoted") or job.result.get("went_live")):
        lines.append(f"Generation {generation:.0f}")
    return [f"{mrkdwn.BULLET} {line}" for line in lines]


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _bar(share: float) -> str:
    full = int(share * BAR_LENGTH)
    return f"{'█' * full}{'░' * (BAR_LENGTH - full)} {_percent(share)}"


def _percent(share: float) -> str:
    return f"{int(share * 100)} %"  # rounded down: 100 % is when it is done


def _job_origin(job: Job) -> str:
    """Who asked for a job and when, and how long it took."""
    asker = job.requested_by or ""
    if is_user_id(asker):
        origin = f"Asked for by <@{asker}>"
    else:
        origin = f"Asked for by the {mrkdwn.line(asker, OPTION_LIMIT)}" if asker else "Asked for"
    if job.requested_at is not None:
        origin += f" {_time(job.requested_at)}"
    if job.started_at is not None and job.finished_at is not None:
        minutes, seconds = divmod(int((job.finished_at - job.started_at).total_seconds()), 60)
        origin += f" · took {minutes} min {seconds} s" if minutes else f" · took {seconds} s"
    return origin


def is_user_id(name: str) -> bool:
    """Whether this is the id of somebody in Slack, and not "schedule" or "command line"."""
    return bool(_USER_ID.fullmatch(name))


def _time(moment: datetime) -> str:
    """A time that Slack shows in each reader's own zone."""
    fallback = moment.strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>"


def _entries(entries: Sequence[Entry], room: int, pick_for: str | None = None) -> list[Block]:
    """Unfolded entries, with as much of their answers as fits `room` in all.

    Args:
        pick_for: The question that they can be picked for; None for no buttons.
    """
    room -= sum(_size(_frame(entry, pick_for)) for entry in entries)
    shares = _shares([_size(_answer_sections(entry)) for entry in entries], room)
    blocks: list[Block] = []
    for entry, share in zip(entries, shares, strict=True):
        divider, question, *source = _frame(entry, pick_for)
        blocks += [divider, question, *_answer_sections(entry, share), *source]
    return blocks


def _frame(entry: Entry, pick_for: str | None) -> list[Block]:
    """What stands around an unfolded entry's answer: divider, question, source if there is one."""
    bold = _bold_question(entry)
    question = _section(bold) if pick_for is None else _with_pick(bold, entry, pick_for)
    return [{"type": "divider"}, question, *_context(_source_line(entry.url))]


def _with_pick(text: str, entry: Entry, question_id: str) -> Block:
    """A section with a button that picks the entry."""
    value = button_value(question_id, entry.pair_id)
    button = _button(value, "This one", PICK, "This one: show its answer as the one I looked for")
    return {**_section(text), "accessory": button}


def _none_button(question_id: str, count: int) -> Block:
    label = "None of these" if count > 1 else "Not this one"
    return _button(button_value(question_id), label, NONE, f"{label}: I asked something else")


def _first_line(entry: Entry) -> str:
    """How an answer begins, in one line."""
    for text in entry.answer.splitlines():
        shown = mrkdwn.plain(text, FIRST_LINE_LIMIT)
        if any(character.isalnum() for character in shown):
            return " ".join(shown.split())
    return NO_ANSWER


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
        return [_section(NO_ANSWER)]
    sections = [_section(chunk) for chunk in mrkdwn.split(text)]
    if room is None or _size(sections) <= room:
        return sections
    frame = _size([_section("")])
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
    return [_section(chunk) for chunk in chunks]


def _cut_note(url: str | None, missing: int) -> str:
    source = _source(url, NOTE_LINK_LIMIT)
    if source:
        return f"{mrkdwn.ELLIPSIS} (continues at {source})"
    noun = "character" if missing == 1 else "characters"
    return f"{mrkdwn.ELLIPSIS} (cut: {missing} more {noun})"


def _question_line(entry: Entry) -> str:
    return mrkdwn.line(entry.question, QUESTION_LIMIT) or NO_QUESTION


def _bold_question(entry: Entry) -> str:
    question = _question_line(entry)
    return question if "*" in question else f"*{question}*"


def _matched_line(entry: Entry) -> str:
    matched = mrkdwn.line(entry.matched, MATCHED_LIMIT) or mrkdwn.line(
        entry.question, MATCHED_LIMIT
    )
    return f"Matched: {matched}" if matched else ""


def _source_line(url: str | None) -> str:
    source = _source(url, SOURCE_LIMIT)
    return f"Source: {source}" if source else ""


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


def _votes_line(solved: int, not_it: int, picked: int) -> str:
    """`Picked by 2 people · Solved for 1 · Not it for 1`; the noun stands once."""
    counts = (("Picked by", picked), ("Solved for", solved), ("Not it for", not_it))
    votes = [(text, n) for text, n in counts if n > 0]
    lines = [f"{text} {count}" for text, count in votes]
    if lines:
        lines[0] += " person" if votes[0][1] == 1 else " people"
    return " · ".join(lines)


def _none_line(none: int) -> str:
    if none < 1:
        return ""
    return f"None of these for {none} {'person' if none == 1 else 'people'}"


def _others_toggle(card: AnswerCard, count: int) -> list[Block]:
    if not count:
        return []
    value = button_value(card.question_id)
    if card.expanded:
        return [_button(value, "Hide", LESS, "Hide the other answers")]
    label = "1 more answer" if count == 1 else f"{count} more answers"
    return [_button(value, label, MORE, f"{label}: show below this one")]


def _answers_toggle(card: UnsureCard) -> Block:
    value = button_value(card.question_id)
    if card.expanded:
        return _button(value, "Hide answers", LESS, "Hide answers of the closest entries")
    return _button(value, "Show answers", MORE, "Show answers of the closest entries")


def _button(value: str, label: str, action: str, spoken: str, style: str = "") -> Block:
    """A button; `spoken` is what a screen reader says instead of the label."""
    button: Block = {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": label},
        "value": value,
        "accessibility_label": spoken,
    }
    return {**button, "style": style} if style else button


def _actions(*buttons: Block) -> Block:
    return {"type": "actions", "elements": list(buttons)}


def _section(text: str) -> Block:
    return {"type": "section", "text": _text(text)}


def _context(*lines: str) -> list[Block]:
    """A context block of the lines that say something, or none."""
    elements = [_text(line) for line in lines if line]
    return [{"type": "context", "elements": elements}] if elements else []


def _text(text: str) -> Block:
    """Mrkdwn that Slack does not search for addresses, channels and names itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _size(blocks: Sequence[Block]) -> int:
    """What blocks take of `MESSAGE_ROOM`."""
    return sum(BLOCK_SIZE + _characters(block) for block in blocks)


def _characters(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(map(_characters, value.values()))
    return sum(map(_characters, value)) if isinstance(value, list) else 0
