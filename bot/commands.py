"""What the commands of `/faq` do.

Whatever changes the bot is for admins only, and is checked here at each command. Long work is
not done here: a command writes a job into the store, and a worker somewhere takes it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Any

import structlog
from slack_bolt import Respond

from bot import status
from bot.cards import wording
from bot.cards.admin import job_title, without_places
from bot.cards.kit import notice
from bot.deps import Deps
from bot.intake.is_question import is_question
from bot.intake.markup import as_markup
from bot.private import answer_privately
from bot.slack import mrkdwn
from bot.slack.admins import Standing
from bot.slack.message import Message
from bot.slack.respond import respond_privately
from bot.suggestions import listed
from index.jobs import registry
from index.jobs.enough import too_few_in
from index.store.leases import describe
from index.store.types import Job, JobKind, JobState

COMMAND = "/faq"
DEPTHS = ("head", "full")
OPEN = (JobState.RUNNING, JobState.QUEUED)

QUOTE_LIMIT = 60
VALUE_LIMIT = 300
# So alike is a word to a command that it is a slip of the keys: "statsu", "cancle".
CLOSE = 0.75

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Typed:
    """A command as somebody typed it."""

    name: str
    rest: tuple[str, ...]
    user: str
    channel: str
    team: str = ""
    text: str = ""

    @classmethod
    def parse(cls, payload: Mapping[str, Any]) -> "Typed":
        """The command in Slack's payload; without a word it is "help"."""
        text = str(payload.get("text") or "")
        name, *rest = text.split() or ["help"]
        user, channel, team = (
            str(payload.get(key) or "") for key in ("user_id", "channel_id", "team_id")
        )
        return cls(name.lower(), tuple(word.lower() for word in rest), user, channel, team, text)


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
            answer = wording.FAILED
        message = notice(answer) if isinstance(answer, str) else answer
        respond_privately(respond, message, failed="command_not_answered")

    def answer(self, typed: Typed) -> str | Message:
        """Carry a command out, if whoever typed it may.

        Returns:
            What to tell them.
        """
        commands: dict[str, Callable[[Typed], str | Message]] = {
            "status": self.status,
            "suggestions": self.suggestions,
            **{kind: partial(self._plain, kind) for kind in registry.slack_commands()},
            # These take an argument.
            "retry": self.retry,
            "retrain": self.retrain,
            "rollback": self.rollback,
            "cancel": self.cancel,
        }
        names = [*commands, "help"]
        if asks(typed, names):
            return answer_privately(self.deps, typed.text, typed.user, typed.channel, typed.team)
        if typed.name == "help":
            return wording.help_text(registry.slack_commands())
        if typed.name not in commands:
            return wording.unknown_command(
                mrkdwn.line(typed.name, QUOTE_LIMIT),
                registry.slack_commands(),
                next(iter(get_close_matches(typed.name, names, n=1, cutoff=CLOSE)), None),
            )
        standing = self.deps.admins.standing(typed.user)
        if standing is not Standing.ADMIN:
            log.info("command_refused", command=typed.name, user=typed.user, standing=standing)
            return wording.REFUSALS[standing]
        log.info("command", command=typed.name, user=typed.user, channel=typed.channel)
        return commands[typed.name](typed)

    def status(self, _typed: Typed) -> str:
        """What `faqbot status` says, without paths and addresses."""
        report = status.collect(self.deps.store, self.deps.settings, self.deps.models_dir)
        return "\n".join(
            f"*{name}*: {mrkdwn.line(without_places(value), VALUE_LIMIT)}"
            for name, value in report.lines()
        )

    def suggestions(self, _typed: Typed) -> Message:
        """The list of suggested wordings."""
        return listed(self.deps.store)

    def retry(self, typed: Typed) -> str:
        """Take failed questions up again: all, or the one that is named."""
        inbox = self.deps.store.inbox
        wanted = " ".join(typed.rest)
        if wanted in ("", "all", "--all"):
            found = inbox.retry_failed()
            answer = wording.taken_up(found)
        else:
            found = inbox.retry_failed(wanted)
            answer = wording.taken_up_one(mrkdwn.line(wanted, QUOTE_LIMIT), bool(found))
        if found:
            self.deps.question_arrived()
        return answer

    def retrain(self, typed: Typed) -> str:
        """Ask for a retrain, of a depth if one is named."""
        if len(typed.rest) > 1 or (typed.rest and typed.rest[0] not in DEPTHS):
            return wording.no_such_retrain(_calls("retrain", DEPTHS))
        if (reason := too_few_in(self.deps.store)) is not None:
            return wording.not_asked_for("Retrain", reason)
        return self._request(typed, JobKind.RETRAIN, {"depth": typed.rest[0]} if typed.rest else {})

    def rollback(self, typed: Typed) -> str:
        """Ask for a rollback, to a kept generation if one is named."""
        ids = [generation.id for generation in self.deps.kept_generations()]
        if not typed.rest:
            if not ids:
                return wording.NOTHING_TO_GO_BACK_TO
            return self._request(typed, JobKind.ROLLBACK, {})
        if len(typed.rest) == 1 and typed.rest[0] in map(str, ids):
            return self._request(typed, JobKind.ROLLBACK, {"generation": int(typed.rest[0])})
        wanted = mrkdwn.line(" ".join(typed.rest), QUOTE_LIMIT)
        return wording.no_such_generation(wanted, _calls("rollback", ids))

    def cancel(self, typed: Typed) -> str:
        """Cancel the newest job, of a kind if one is named: one that runs, else one that waits."""
        kinds = [kind for kind in registry.cancellable() if not typed.rest or kind == typed.rest[0]]
        if len(typed.rest) > 1 or not kinds:
            return wording.no_such_job(_calls("cancel", registry.slack_commands()))
        for state in OPEN:  # what runs before what waits
            for job in self.deps.store.jobs.latest(1, kinds=kinds, states=(state,)):
                left = self.deps.store.jobs.cancel(job.id)
                self.deps.jobs_changed()
                if left is JobState.RUNNING:
                    return wording.told_to_stop(job_title(job))
                return wording.is_now(job_title(job), str(left))
        return wording.nothing_to_cancel(typed.rest[0] if typed.rest else None)

    def _plain(self, kind: str, typed: Typed) -> str:
        """Ask for a job that takes no argument."""
        return self._request(typed, kind, {})

    def _request(self, typed: Typed, kind: str, arguments: dict[str, Any]) -> str:
        job, is_new = self.deps.store.jobs.request(
            kind, arguments=arguments, requested_by=typed.user, channel=typed.channel
        )
        before = self._before(job)
        if not is_new and before:
            return wording.asked_for_already(job_title(job), describe(before))
        if not is_new:
            return wording.is_running_already(describe(job), kind)
        self.deps.jobs_changed()
        return wording.asked_for(job_title(job), describe(before) if before else None)

    def _before(self, job: Job) -> Job | None:
        """The job that this one waits for: the one that runs, else the first in the queue."""
        if running := self.deps.store.jobs.running():
            return running if running.id != job.id else None
        kinds = registry.cancellable()
        waiting = self.deps.store.jobs.latest(100, kinds=kinds, states=(JobState.QUEUED,))
        first = min(waiting, key=lambda other: other.id, default=job)
        return first if first.id < job.id else None


def asks(typed: Typed, names: Collection[str]) -> bool:
    """Whether what was typed is a question, and no command or a slip of the keys in one.

    A word that is a command, or close to one, is meant as that where it stands alone or with what
    commands take. Three words or more that go on otherwise are a question, though they may begin
    with a command's name ("status of my laptop order").

    Args:
        names: Of all commands.
    """
    known = [*names, *DEPTHS]
    words = (typed.name, *typed.rest)
    is_command = typed.name in names and (
        len(words) < 3 or all(word in known or word.isdecimal() for word in typed.rest)
    )
    is_typo = all(word.isdecimal() or get_close_matches(word, known, 1, CLOSE) for word in words)
    return not (is_command or is_typo) and is_question(as_markup(typed.text), addressed=True)


def _calls(name: str, arguments: Iterable[object]) -> list[str]:
    """A command with each of the arguments that it can have."""
    return [f"{COMMAND} {name} {argument}" for argument in arguments]
