"""What `faqbot status` says: the store in numbers, without any message text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot import thresholds
from bot.settings import BotSettings
from index import processes
from index.errors import DiskFull, ModelError, SettingsError
from index.jobs.results import ImportCounts
from index.space import require_space
from index.store import Store
from index.store.leases import describe
from index.store.presence import Presence
from index.store.types import Generation, Job, JobKind, JobState, QuestionState
from index.text import counted

_OVER = tuple(state for state in JobState if state.is_over)


@dataclass(frozen=True)
class LiveGeneration:
    """The generation that answers.

    Attributes:
        pairs_behind: How many pairs have changed since it was brought up to date.
    """

    id: int
    model: str
    collection: str
    pairs_behind: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "id": self.id,
            "model": self.model,
            "collection": self.collection,
            "pairs_behind": self.pairs_behind,
        }


@dataclass(frozen=True)
class FailedQuestion:
    """A question that got no answer because something went wrong; where it stands, not its text."""

    question: str
    channel: str
    ts: str
    received_at: datetime
    reason: str | None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "question": self.question,
            "channel": self.channel,
            "ts": self.ts,
            "received_at": _iso(self.received_at),
            "reason": self.reason,
        }


@dataclass(frozen=True)
class StatusReport:
    """The state of everything.

    Attributes:
        pairs: How many there are, by status; likewise `questions` by state and `feedback` by
            verdict.
        embeddings: How many texts are in the embedding cache.
        failed: The newest failed questions.
        suggestions: How many suggested wordings wait for an admin.
        answers: What each precision in use means now, by where it holds.
        schedule: When each kind of job on the schedule is next due; None where it never is.
        jobs: The newest jobs.
        processes: The processes that answer, as each said of itself last.
        problems: What keeps the bot from its work now, in a line each.
    """

    pairs: Mapping[str, int]
    revision: int
    embeddings: int
    live_generation: LiveGeneration | None
    questions: Mapping[str, int]
    feedback: Mapping[str, int]
    failed: tuple[FailedQuestion, ...]
    running_job: Job | None
    last_retrain: Job | None
    suggestions: int
    answers: Mapping[str, str]
    schedule: Mapping[str, datetime | None]
    jobs: tuple[Job, ...]
    processes: tuple[Presence, ...]
    problems: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The report as one JSON object."""
        live, running, retrain = self.live_generation, self.running_job, self.last_retrain
        return {
            "problems": list(self.problems),
            "pairs": dict(self.pairs),
            "revision": self.revision,
            "embeddings": self.embeddings,
            "live_generation": live and live.as_dict(),
            "questions": dict(self.questions),
            "feedback": dict(self.feedback),
            "failed": [question.as_dict() for question in self.failed],
            "running_job": running and describe_job(running),
            "last_retrain": retrain and describe_job(retrain),
            "suggestions": self.suggestions,
            "answers": dict(self.answers),
            "schedule": {kind: _iso(time) for kind, time in self.schedule.items()},
            "jobs": [describe_job(job) for job in self.jobs],
            "processes": [_describe_process(process) for process in self.processes],
        }

    def lines(self) -> list[tuple[str, str]]:
        """The report as (name, value) lines for people."""
        live = self.live_generation
        rows = [("PROBLEM", problem) for problem in self.problems]
        rows += [("Slack", _process(process)) for process in self.processes]
        rows += [
            ("pairs", _counts(self.pairs)),
            (
                "live generation",
                f"{live.id} (model {live.model}), {counted(live.pairs_behind, 'pair')} behind"
                if live
                else "none yet; run `faqbot init`",
            ),
            ("embedding cache", counted(self.embeddings, "text")),
            ("questions", _counts(self.questions)),
            ("feedback", _counts(self.feedback)),
            ("suggested wordings", f"{self.suggestions} waiting for an admin"),
        ]
        rows += [(f"answers {where}", meaning) for where, meaning in self.answers.items()]
        for failed in self.failed:
            where = f"{failed.channel} {failed.ts}"
            rows.append(("failed question", f"{_iso(failed.received_at)} {where}: {failed.reason}"))
        if self.running_job:
            rows.append(("running", summary(self.running_job)))
        if self.last_retrain:
            rows.append(("last retrain", summary(self.last_retrain)))
        for kind, time in self.schedule.items():
            if time is not None:
                rows.append((f"next {kind}", f"{time.astimezone():%F %R %Z}"))
        return rows + [(f"job {job.id}", summary(job)) for job in self.jobs]


def collect(store: Store, bot: BotSettings, models_dir: Path) -> StatusReport:
    """Look at the state of everything."""
    retrains = store.jobs.latest(1, kinds=(JobKind.RETRAIN,), states=_OVER)
    generation = store.generations.live()
    revision = store.pairs.revision()
    return StatusReport(
        pairs={status.value: count for status, count in store.pairs.count().items()},
        revision=revision,
        embeddings=store.embeddings.count(),
        live_generation=None if generation is None else _live(store, generation),
        questions={state.value: count for state, count in store.inbox.count().items()},
        feedback={verdict.value: count for verdict, count in store.feedback.tally().items()},
        failed=tuple(
            FailedQuestion(
                question.id, question.channel, question.ts, question.received_at, question.error
            )
            for question in store.inbox.latest(QuestionState.FAILED)
        ),
        running_job=store.jobs.running(),
        last_retrain=retrains[0] if retrains else None,
        suggestions=store.suggestions.count_waiting(),
        answers=_answers(store, bot, models_dir),
        schedule=_next_times(bot),
        jobs=tuple(store.jobs.latest()),
        processes=tuple(running(store)),
        problems=tuple(_problems(models_dir.parent)),
    )


def running(store: Store) -> list[Presence]:
    """The processes that answer, without those that are known to be dead."""
    return [p for p in store.processes.all() if not processes.is_dead(p.owner)]


def _process(process: Presence) -> str:
    host, _, rest = process.owner.partition("/")
    pid = rest.partition(":")[2].partition(":")[0]
    since = f"{process.since.astimezone():%F %R}"
    if process.is_silent():
        return f"nothing heard of {host} (pid {pid}) since {process.seen_at.astimezone():%F %R}"
    return f"{process.detail}, since {since}, {host} (pid {pid})"


def _describe_process(process: Presence) -> dict[str, Any]:
    return {
        "owner": process.owner,
        "mode": process.mode,
        "is_well": process.is_well and not process.is_silent(),
        "detail": process.detail,
        "since": _iso(process.since),
        "seen_at": _iso(process.seen_at),
    }


def _problems(data_dir: Path) -> Iterator[str]:
    try:
        require_space(data_dir)
    except DiskFull as error:
        yield str(error)


def _live(store: Store, generation: Generation) -> LiveGeneration:
    return LiveGeneration(
        generation.id,
        generation.model_version,
        generation.collection,
        store.pairs.count_changed(generation.indexed_revision),
    )


def describe_job(job: Job) -> dict[str, Any]:
    """A job as a JSON object."""
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "progress": round(job.progress, 4),
        "detail": job.detail,
        "requested_by": job.requested_by,
        "requested_at": _iso(job.requested_at),
        "started_at": _iso(job.started_at),
        "finished_at": _iso(job.finished_at),
        "arguments": job.arguments,
        "result": job.result,
        "summary": summary(job),
    }


def summary(job: Job) -> str:
    """One line on a job: how far it is, or how it ended."""
    if not job.state.is_over:
        return describe(job) + (f": {job.detail}" if job.detail else "")
    at = job.finished_at or job.started_at
    when = f" {at.astimezone():%F %R}" if at else ""
    detail = job.detail
    if job.kind == JobKind.IMPORT and job.result:
        # Its detail names only the files.
        detail = str(ImportCounts.from_json(job.result))
    return f"{job.kind} {job.state}{when}" + (f": {detail}" if detail else "")


def _answers(store: Store, bot: BotSettings, models_dir: Path) -> dict[str, str]:
    """What each precision in use means now, by where it holds."""
    try:
        ranker = thresholds.live_ranker(store, models_dir)
    except ModelError:
        return {}  # `faqbot doctor` says what is wrong with it
    if ranker is None:
        return {}
    return {
        where: thresholds.explain(ranker, precision)
        for where, precision in thresholds.in_use(bot).items()
    }


def _next_times(bot: BotSettings) -> dict[str, datetime | None]:
    from bot.schedule import timetable

    now = datetime.now(UTC)
    try:
        times = timetable(bot)
    except SettingsError:
        return {}  # without a time zone there is no next time; `faqbot serve` says so
    return {str(kind): line.after(now) for kind, line in times.items()}


def _counts(values: Mapping[str, int]) -> str:
    # A value of ours, such as "not_it", as people write it.
    named = {name.replace("_", " "): count for name, count in values.items() if count}
    return ", ".join(f"{count} {name}" for name, count in named.items()) or "none"


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat(timespec="seconds")
