"""What the commands of `/faq` do.

Whatever changes the bot is for admins only, and is checked here at each command. Long work is
not done here: a command writes a job into the store, and a worker somewhere takes it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt import Respond

from bot import status
from bot.cards.admin import job_title, without_places
from bot.cards.kit import notice
from bot.deps import Deps
from bot.slack import mrkdwn
from bot.slack.admins import FAILED, REFUSALS, Standing
from bot.slack.message import Message
from bot.slack.respond import respond_privately
from bot.suggestions import listed
from index.store.jobs import describe
from index.store.types import Job, JobKind, JobState

COMMAND = "/faq"
DEPTHS = ("head", "full")
# What people can ask for, and so can stop.
KINDS = (JobKind.RETRAIN, JobKind.REINDEX, JobKind.ROLLBACK, JobKind.CHECK, JobKind.PURGE)
OPEN = (JobState.RUNNING, JobState.QUEUED)

QUOTE_LIMIT = 60
VALUE_LIMIT = 300

HELP = """\
Ask me by mentioning me, or in a direct message. Commands:
• `/faq help`: this list
For admins:
• `/faq status`: what I know, what I was asked, and what is running
• `/faq suggestions`: wordings that people picked an answer for, to approve or reject
• `/faq retrain` (or `retrain head`, `retrain full`): let the model learn from your answers; \
it goes live only where it is better
• `/faq reindex`: build the search index anew
• `/faq rollback` (or `rollback ID`): back to the generation before, or to that one
• `/faq cancel` (or `cancel retrain`): stop what is running or waiting"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Typed:
    """A command as somebody typed it."""

    name: str
    rest: tuple[str, ...]
    user: str
    channel: str

    @classmethod
    def parse(cls, payload: Mapping[str, Any]) -> "Typed":
        name, *rest = str(payload.get("text") or "").split() or ["help"]
        user, channel = (str(payload.get(key) or "") for key in ("user_id", "channel_id"))
        return cls(name.lower(), tuple(word.lower() for word in rest), user, channel)


@dataclass(frozen=True)
class Commands:
    """What the commands do; each answers with mrkdwn, or with a message of its own."""

    deps: Deps

    def carry_out(self, typed: Typed, respond: Respond) -> None:
        """Do what a command says and answer to whoever typed it, whatever happens."""
        try:
            answer = self.answer(typed)
        except Exception as error:
            log.error("command_failed", command=typed.name, error=type(error).__name__)
            answer = FAILED
        message = notice(answer) if isinstance(answer, str) else answer
        respond_privately(respond, message, failed="command_not_answered")

    def answer(self, typed: Typed) -> str | Message:
        """Carry a command out, if whoever typed it may; returns what to tell them."""
        commands: dict[str, Callable[[Typed], str | Message]] = {
            "status": self.status,
            "suggestions": self.suggestions,
            "retrain": self.retrain,
            "reindex": self.reindex,
            "rollback": self.rollback,
            "cancel": self.cancel,
        }
        if typed.name == "help":
            return HELP
        if typed.name not in commands:
            return f"I don't know “{mrkdwn.line(typed.name, QUOTE_LIMIT)}”. {HELP}"
        standing = self.deps.admins.standing(typed.user)
        if standing is not Standing.ADMIN:
            log.info("command_refused", command=typed.name, user=typed.user, standing=standing)
            return REFUSALS[standing]
        log.info("command", command=typed.name, user=typed.user, channel=typed.channel)
        return commands[typed.name](typed)

    def status(self, _typed: Typed) -> str:
        report = status.collect(self.deps.store, self.deps.settings, self.deps.models_dir)
        return "\n".join(
            f"*{name}*: {mrkdwn.line(without_places(value), VALUE_LIMIT)}"
            for name, value in status.lines(report)
        )

    def suggestions(self, _typed: Typed) -> Message:
        return listed(self.deps.store)

    def retrain(self, typed: Typed) -> str:
        if len(typed.rest) > 1 or (typed.rest and typed.rest[0] not in DEPTHS):
            return f"A retrain is one of `/faq retrain`, {_calls('retrain', DEPTHS)}."
        return self._request(typed, JobKind.RETRAIN, {"depth": typed.rest[0]} if typed.rest else {})

    def reindex(self, typed: Typed) -> str:
        return self._request(typed, JobKind.REINDEX, {})

    def rollback(self, typed: Typed) -> str:
        if not typed.rest:
            return self._request(typed, JobKind.ROLLBACK, {})
        ids = [generation.id for generation in self.deps.kept_generations()]
        if len(typed.rest) == 1 and typed.rest[0] in map(str, ids):
            return self._request(typed, JobKind.ROLLBACK, {"generation": int(typed.rest[0])})
        wanted = mrkdwn.line(" ".join(typed.rest), QUOTE_LIMIT)
        there = (
            f"There is {_calls('rollback', ids)}."
            if ids
            else "None is kept but the one that answers now."
        )
        return f"“{wanted}” is no generation to go back to. {there}"

    def cancel(self, typed: Typed) -> str:
        kinds = [kind for kind in KINDS if not typed.rest or kind == typed.rest[0]]
        if len(typed.rest) > 1 or not kinds:
            return f"To stop a job, use `/faq cancel`, {_calls('cancel', KINDS[:3])}."
        for state in OPEN:  # what runs before what waits
            for job in self.deps.store.jobs.latest(1, kinds=kinds, states=(state,)):
                left = self.deps.store.jobs.cancel(job.id)
                self.deps.jobs_changed()
                if left is JobState.RUNNING:
                    return f"{job_title(job)} is told to stop."
                return f"{job_title(job)} is {left}."
        return f"No {typed.rest[0] if typed.rest else 'job'} is running or waiting."

    def _request(self, typed: Typed, kind: JobKind, arguments: dict[str, Any]) -> str:
        job, is_new = self.deps.store.jobs.request(
            kind, arguments=arguments, requested_by=typed.user, channel=typed.channel
        )
        before = self._before(job)
        if not is_new and before:
            return (
                f"{job_title(job)} is asked for already. It waits for its turn: {describe(before)}."
            )
        if not is_new:
            return f"{_sentence(describe(job))}. `/faq cancel {kind}` stops it."
        self.deps.jobs_changed()
        answer = f"{job_title(job)} is asked for."
        if before:
            answer += f" It waits for its turn: {describe(before)}."
        return (
            f"{answer} A message here shows how far it is; where I am not a member, a direct "
            "message does."
        )

    def _before(self, job: Job) -> Job | None:
        """The job that this one waits for: the one that runs, else the first in the queue."""
        if running := self.deps.store.jobs.running():
            return running if running.id != job.id else None
        waiting = self.deps.store.jobs.latest(100, kinds=KINDS, states=(JobState.QUEUED,))
        first = min(waiting, key=lambda other: other.id, default=job)
        return first if first.id < job.id else None


def _calls(name: str, arguments: Iterable[object]) -> str:
    return ", ".join(f"`{COMMAND} {name} {argument}`" for argument in arguments)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
