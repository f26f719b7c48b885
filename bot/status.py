"""What `faqbot status` says: the store in numbers, without any message text."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot import thresholds
from bot.settings import BotSettings
from index.errors import ModelError, SettingsError
from index.jobs.results import ImportCounts
from index.store import Store
from index.store.jobs import describe
from index.store.types import Job, JobKind, JobState, QuestionState


def collect(store: Store, bot: BotSettings, models_dir: Path) -> dict[str, Any]:
    """The state of everything as one JSON object."""
    running = store.jobs.running()
    retrains = store.jobs.latest(1, kinds=(JobKind.RETRAIN,), states=_OVER)
    generation = store.generations.live()
    revision = store.pairs.revision()
    return {
        "pairs": {status.value: count for status, count in store.pairs.count().items()},
        "revision": revision,
        "embeddings": store.embeddings.count(),
        "live_generation": None
        if generation is None
        else {
            "id": generation.id,
            "model": generation.model_version,
            "collection": generation.collection,
            "pairs_behind": store.pairs.count_changed(generation.indexed_revision),
        },
        "questions": {state.value: count for state, count in store.inbox.count().items()},
        "feedback": {verdict.value: count for verdict, count in store.feedback.tally().items()},
        "failed": [
            {
                "question": question.id,
                "channel": question.channel,
                "ts": question.ts,
                "received_at": question.received_at.isoformat(timespec="seconds"),
                "reason": question.error,
            }
            for question in store.inbox.latest(QuestionState.FAILED)
        ],
        "running_job": None if running is None else describe_job(running),
        "last_retrain": describe_job(retrains[0]) if retrains else None,
        "suggestions": store.suggestions.count_waiting(),
        "answers": _answers(store, bot, models_dir),
        "schedule": _next_times(bot),
        "jobs": [describe_job(job) for job in store.jobs.latest()],
    }


_OVER = tuple(state for state in JobState if state.is_over)


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
    if job.kind is JobKind.IMPORT and job.result:
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


def _next_times(bot: BotSettings) -> dict[str, str | None]:
    from bot.schedule import timetable

    now = datetime.now(UTC)
    try:
        times = timetable(bot)
    except SettingsError:
        return {}  # without a time zone there is no next time; `faqbot serve` says so
    return {kind.value: _iso(line.after(now)) for kind, line in times.items()}


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat(timespec="seconds")


def lines(report: dict[str, Any]) -> list[tuple[str, str]]:
    """The report as (name, value) lines for people."""

    def counts(values: dict[str, int]) -> str:
        return ", ".join(f"{count} {name}" for name, count in values.items() if count) or "none"

    live = report["live_generation"]
    rows = [
        ("pairs", counts(report["pairs"])),
        (
            "live generation",
            f"{live['id']} (model {live['model']}), {live['pairs_behind']} pairs behind"
            if live
            else "none yet; run `faqbot init`",
        ),
        ("embedding cache", f"{report['embeddings']} texts"),
        ("questions", counts(report["questions"])),
        ("feedback", counts(report["feedback"])),
        ("suggested wordings", f"{report['suggestions']} waiting for an admin"),
    ]
    rows += [(f"answers {where}", meaning) for where, meaning in report["answers"].items()]
    for failed in report["failed"]:
        where = f"{failed['channel']} {failed['ts']}"
        rows.append(("failed question", f"{failed['received_at']} {where}: {failed['reason']}"))
    if running := report["running_job"]:
        rows.append(("running", running["summary"]))
    if retrain := report["last_retrain"]:
        rows.append(("last retrain", retrain["summary"]))
    for kind, time in report["schedule"].items():
        if time is not None:
            rows.append((f"next {kind}", f"{datetime.fromisoformat(time).astimezone():%F %R %Z}"))
    for job in report["jobs"]:
        rows.append((f"job {job['id']}", job["summary"]))
    return rows
