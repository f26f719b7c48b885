"""What admins see: how a long job goes, and the suggested wordings that wait for them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.cards import wording
from bot.cards.kit import QUESTION_LIMIT, actions, button, context, section
from bot.slack import mrkdwn
from bot.slack.lookup import is_user_id
from bot.slack.message import Message
from index.jobs import registry
from index.jobs.results import RetrainResult
from index.store.types import Job, JobKind, JobState

APPROVE, REJECT = "faq_suggestion_approve", "faq_suggestion_reject"
UNDO = "faq_suggestion_undo"
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
    text = "\n".join(filter(None, (said, wording.suggestions_waiting(waiting, len(suggestions)))))
    blocks = [section(text)]
    for suggestion in suggestions:
        asked = mrkdwn.line(suggestion.asked, QUESTION_LIMIT)
        question = mrkdwn.line(suggestion.question, QUESTION_LIMIT) or wording.NO_QUESTION
        value = str(suggestion.suggestion_id)
        blocks += [
            section(wording.suggestion(asked, question, suggestion.picks)),
            actions(
                button(value, wording.APPROVE, APPROVE, "primary"),
                button(value, wording.REJECT, REJECT),
            ),
        ]
    return Message(text, blocks)


def learnt_message(learnt: SuggestionLine) -> Message:
    """A wording that was learnt from picks, with a button to take it back.

    Args:
        learnt: Its question is empty where the entry is not for the admins' channel.
    """
    text = wording.wording_learnt(
        mrkdwn.line(learnt.asked, QUESTION_LIMIT),
        mrkdwn.line(learnt.question, QUESTION_LIMIT),
        learnt.picks,
        learnt.suggestion_id,
    )
    undo = button(str(learnt.suggestion_id), wording.UNDO, UNDO)
    return Message(text, [section(text), actions(undo)])


def job_message(job: Job, waits_for: Job | None = None) -> Message:
    """What is known of a long job: how far it is, or how it ended; who asked for it, and when.

    Args:
        waits_for: The running job that has to end before this one starts.
    """
    title = job_title(job)
    ending = _job_ending(job)
    detail = _job_detail(job)
    if ending:
        # What it means for people comes first; the figures are for those who want to know more.
        changes = _what_changes(job)
        lines = [changes, f"*{title}: {ending}*", detail, *_retrain_lines(job)]
        text = f"{title}: {ending}" + (f": {detail}" if detail else "")
        if changes:
            text = f"{changes} {text}"
    elif job.state is JobState.QUEUED:
        waiting = wording.WAITING
        if waits_for is not None and waits_for.id != job.id:
            waiting = wording.waits_for(waits_for.kind)
        lines = [f"*{title}*", f"{waiting}."]
        text = f"{title}: {waiting.lower()}"
    else:
        doing = wording.STOPPING if job.cancel_requested else wording.RUNNING
        lines = [f"*{title}: {doing}*", _bar(job.progress), detail]
        text = wording.progress(title, doing, job.progress)
    shown = section("\n".join(line for line in lines if line))
    return Message(text, [shown, *context(_job_origin(job))])


def job_title(job: Job) -> str:
    """A job's kind with what was asked for, such as "Retrain (head)"."""
    known = registry.job_type(job.kind)
    options = [
        words.format(mrkdwn.line(str(job.arguments[name]), OPTION_LIMIT))
        for name, words in known.options.items()
        if job.arguments.get(name) not in (None, False)
    ]
    return known.title + (f" ({', '.join(options)})" if options else "")


def _job_ending(job: Job) -> str:
    """How a job ended, in a few words; empty where it has not."""
    if job.state is not JobState.DONE:
        return str(job.state) if job.state.is_over else ""
    if job.kind == JobKind.RETRAIN and job.result:
        result = RetrainResult.from_json(job.result)
        if result.went_live == "ranking":
            return wording.RANKING_IS_NEW
        return wording.MODEL_IS_LIVE if result.promoted else wording.MODEL_STAYS
    return wording.DONE


def _job_detail(job: Job) -> str:
    """A job's line of detail; where it failed without the paths and addresses in it.

    Everybody in a channel reads it, and those are for whoever runs the bot.
    """
    detail = job.detail or ""
    if job.state is JobState.FAILED:
        detail = without_places(detail)
    shown = mrkdwn.line(detail, DETAIL_LIMIT)
    return shown if detail == (job.detail or "") else f"{shown}; {wording.ASK_THE_COMMAND_LINE}"


def without_places(text: str) -> str:
    """A text without the paths and addresses in it."""
    return _PLACE.sub(_HIDDEN, text).replace(f"; see {_HIDDEN}", "")


def _what_changes(job: Job) -> str:
    """What a retrain changes for people, in a sentence; empty for others, and where it failed."""
    if job.kind != JobKind.RETRAIN or job.state is not JobState.DONE:
        return ""
    return RetrainResult.from_json(job.result).what_changes


def _retrain_lines(job: Job) -> list[str]:
    """The figures of a retrain; only those that its result has."""
    if job.kind != JobKind.RETRAIN:
        return []
    result = RetrainResult.from_json(job.result)
    lines = []
    if first := result.precision_at_1:
        lines.append(wording.right_first(first.live, first.candidate, result.n_held_out))
    if mrr := result.mrr:
        lines.append(wording.change_in_mrr(mrr.difference, mrr.low, mrr.high))
    if (golden := result.golden) and golden.checked:
        lines.append(wording.golden_flipped(golden.flipped, golden.checked))
    if result.generation is not None and (result.promoted or result.went_live):
        lines.append(wording.is_generation(result.generation))
    return [f"{mrkdwn.BULLET} {line}" for line in lines]


def _bar(share: float) -> str:
    full = int(share * BAR_LENGTH)
    return f"{'█' * full}{'░' * (BAR_LENGTH - full)} {wording.percent(share)}"


def _job_origin(job: Job) -> str:
    """Who asked for a job and when, and how long it took."""
    asker = job.requested_by or ""
    if asker:
        asker = f"<@{asker}>" if is_user_id(asker) else f"the {mrkdwn.line(asker, OPTION_LIMIT)}"
    asked_at = "" if job.requested_at is None else _time(job.requested_at)
    took = None
    if job.started_at is not None and job.finished_at is not None:
        took = int((job.finished_at - job.started_at).total_seconds())
    return wording.origin(asker, asked_at, took)


def _time(moment: datetime) -> str:
    """A time that Slack shows in each reader's own zone."""
    fallback = moment.strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>"
