"""The kinds of jobs: a new one is a module with what it does, and an entry here.

Whatever lists kinds reads it from here: what a worker runs and by which command, what the
schedule asks for, what people can ask for and stop in Slack, and what a job is called. Two things
stay lines of their own: a schedule's cron line is a field of `bot.settings.BotSettings`, since it
is documented and checked as a setting; a command of the command line is a module in `bot/cli`.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from importlib import import_module
from types import MappingProxyType
from typing import Any

from index.jobs.results import (
    CheckResult,
    ImportCounts,
    JobResult,
    PurgeResult,
    RawResult,
    ReindexResult,
    RetrainResult,
    RollbackResult,
)
from index.store.types import JobKind

# -P: whatever stands in the working directory is not what is run.
_PYTHON = (sys.executable, "-P", "-m")
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Runs(Enum):
    """Where a job runs."""

    IN_CHILD = auto()
    """In a process of its own, which a worker or a command starts."""
    WHERE_SERVED = auto()
    """In the process that answers: it looks into the collection that is being served."""
    WHERE_ASKED = auto()
    """In the process that was asked for it, at once."""


@dataclass(frozen=True)
class Scheduled:
    """When a job is asked for by itself.

    Attributes:
        setting: The field of `[bot]` that holds its cron line.
        arguments: What the schedule asks for; `arguments_from` names the fields of `[bot]` that
            further arguments come from.
        channel_from: The field of `[bot]` that names the channel where Slack is told how it ended.
    """

    setting: str
    arguments: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    arguments_from: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    channel_from: str | None = None


@dataclass(frozen=True)
class JobType:
    """A kind of job.

    Attributes:
        kind: Its name, in the store, too.
        result: What it records of its outcome.
        task: The function that does it, as "module:function": in the child where `command` is
            the usual one, else where it is served.
        command: What is started for it where it runs in a child.
        options: The arguments that its title names, with their words; {} stands for the value.
        schedule: None where it is never done by itself.
        needs_training: Whether the extra `train` must be installed for it.
        cancellable: Whether it can be stopped by whoever may.
        slack_help: What follows "/faq KIND" in the list of Slack's commands; None where people
            cannot ask for it there.
    """

    kind: str
    runs: Runs = Runs.WHERE_ASKED
    result: type[JobResult] = RawResult
    task: str | None = None
    command: tuple[str, ...] = (*_PYTHON, "index.jobs")
    options: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    schedule: Scheduled | None = None
    needs_training: bool = False
    cancellable: bool = True
    slack_help: str | None = None

    @property
    def title(self) -> str:
        """Its name for people."""
        return self.kind.capitalize()

    def load_task(self) -> Any:
        """The function that does it; imports what it needs."""
        assert self.task is not None, f"{self.kind} has no task"
        module, _, name = self.task.partition(":")
        return getattr(import_module(module), name)


_ALL = (
    JobType(JobKind.IMPORT, result=ImportCounts, cancellable=False),
    JobType(
        JobKind.RETRAIN,
        Runs.IN_CHILD,
        RetrainResult,
        command=(*_PYTHON, "train"),
        options={"depth": "{}", "dry_run": "dry run"},
        # Then it is only done where there is something new to learn.
        schedule=Scheduled("retrain_schedule", {"scheduled": True}, channel_from="admin_channel"),
        needs_training=True,
        slack_help=" (or `retrain head`, `retrain full`): let the model learn from your answers; "
        "it goes live only where it is better",
    ),
    JobType(
        JobKind.REINDEX,
        Runs.IN_CHILD,
        ReindexResult,
        task="index.jobs.tasks:reindex",
        slack_help=": build the search index anew",
    ),
    JobType(
        JobKind.ROLLBACK,
        Runs.IN_CHILD,
        RollbackResult,
        task="index.jobs.tasks:rollback",
        options={"generation": "generation {}"},
        slack_help=" (or `rollback ID`): back to the generation before, or to that one",
    ),
    JobType(
        JobKind.CHECK,
        Runs.WHERE_SERVED,
        CheckResult,
        task="index.jobs.check:check_of",
        schedule=Scheduled("check_schedule"),
    ),
    JobType(
        JobKind.PURGE,
        Runs.IN_CHILD,
        PurgeResult,
        task="index.jobs.tasks:purge",
        schedule=Scheduled("purge_schedule", arguments_from={"days": "keep_questions_days"}),
    ),
)
JOB_TYPES: dict[str, JobType] = {str(known.kind): known for known in _ALL}


def job_type(kind: str) -> JobType:
    """A kind of job by its name; one that is unknown, as of a later version, cannot be run."""
    return JOB_TYPES.get(kind) or JobType(kind)


def kinds(runs: Runs) -> tuple[str, ...]:
    """The kinds that run somewhere."""
    return tuple(kind for kind, known in JOB_TYPES.items() if known.runs is runs)


def commands() -> dict[str, tuple[str, ...]]:
    """What is started for each kind that runs in a child."""
    return {kind: JOB_TYPES[kind].command for kind in kinds(Runs.IN_CHILD)}


def cancellable() -> tuple[str, ...]:
    """The kinds that can be stopped."""
    return tuple(kind for kind, known in JOB_TYPES.items() if known.cancellable)


def slack_commands() -> dict[str, str]:
    """The kinds that people can ask for in Slack, with their words in the list of commands."""
    return {kind: known.slack_help for kind, known in JOB_TYPES.items() if known.slack_help}
