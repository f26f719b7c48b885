"""What admins see: how a long job goes, and the suggested wordings that wait for them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.cards.answers import NO_QUESTION
from bot.cards.kit import QUESTION_LIMIT, actions, button, context, section
from bot.slack import mrkdwn
from bot.slack.lookup import is_user_id
from bot.slack.message import Message
from index.store.types import Job, JobKind, JobState

APPROVE, REJECT = "faq_suggestion_approve", "faq_suggestion_reject"
"""Action ids of the buttons on a suggestion; the value is its id."""

MAX_SUGGESTIONS = 10

BAR_LENGTH = 20
DETAIL_LIMIT = 500
# A path or an address in a job's detail, and what is shown instead.
_PLACE = re.compile(r"[^\s,;()'\"]*/[^\s,;()'\"]*")
_HIDDEN = "…"
OPTION_LIMIT = 40


@dataclass(frozen=True)
class SuggestionLine:
    """A suggested wording as an admin sees it."""

    suggestion_id: int
    asked: str
    question: str
    """The pair's own question."""
    picks: int


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
    blocks = [section(text)]
    for suggestion in suggestions:
        asked = mrkdwn.line(suggestion.asked, QUESTION_LIMIT)
        question = mrkdwn.line(suggestion.question, QUESTION_LIMIT) or NO_QUESTION
        people = "1 person" if suggestion.picks == 1 else f"{suggestion.picks} people"
        value = str(suggestion.suggestion_id)
        blocks += [
            section(f"“{asked}”\nas a wording of: {question}\nPicked by {people}"),
            actions(
                button(value, "Approve", APPROVE, "Approve: add this wording", "primary"),
                button(value, "Reject", REJECT, "Reject: never suggest it again"),
            ),
        ]
    return Message(text, blocks)


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
    shown = section("\n".join(line for line in lines if line))
    return Message(text, [shown, *context(_job_origin(job))])


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


def _time(moment: datetime) -> str:
    """A time that Slack shows in each reader's own zone."""
    fallback = moment.strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>"
