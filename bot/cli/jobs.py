"""`faqbot jobs` and `cancel`: what runs, what waits, what is over, and stopping it."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.console import (
    JOB_ID,
    AsJson,
    found_job,
    opened_for_reading,
    opened_store,
    print_json,
    show,
    time_of,
    waiting,
)
from index.errors import FaqbotError

if TYPE_CHECKING:
    from index.store import Store
    from index.store.types import Job

# How long `cancel` waits for the end of what it has cancelled.
CANCEL_PATIENCE_S = 30.0


def register(app: typer.Typer) -> None:
    """Add to the command line what this module has."""
    app.command(epilog="Example: faqbot jobs --limit 5")(jobs)
    app.command(epilog="Example: faqbot cancel 12")(cancel)


def jobs(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many of the newest to show.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the newest jobs: what runs, what waits, and how the others ended."""
    from rich.markup import escape
    from rich.table import Column, Table

    from bot.status import describe_job
    from index.store.types import JobState

    with opened_for_reading(context.obj.index) as store:
        found = store.jobs.latest(limit)
    if as_json:
        print_json([describe_job(job) for job in found])
        return
    if not found:
        print("There are none yet.")
        return
    # Stacked, so that the detail has room on a terminal of 80 columns.
    table = Table("id", "job", "state", Column("detail", overflow="fold"), show_lines=True)
    for job in found:
        state = f"{job.state}, {job.progress:.0%}" if job.state is JobState.RUNNING else job.state
        by = f"by {escape(job.requested_by)}" if job.requested_by else ""
        table.add_row(
            str(job.id),
            "\n".join(filter(None, (job.kind, by))),
            "\n".join(filter(None, (state, time_of(job.started_at), _took(job)))),
            escape(job.detail or ""),
        )
    show(table)


def cancel(
    context: typer.Context,
    job_id: Annotated[
        int | None,
        typer.Argument(
            parser=JOB_ID,
            metavar="[ID]",
            help="Default: the job that runs, else the one that waits.",
        ),
    ] = None,
) -> None:
    """Stop a job. Whatever it has done so far is undone; the live generation answers on."""
    from index.jobs import registry
    from index.jobs.recording import fail_abandoned
    from index.store.types import JobState

    with opened_store(context.obj.index) as store:
        fail_abandoned(store)
        job = _open_job(store) if job_id is None else found_job(store, job_id)
        if not registry.job_type(job.kind).cancellable:
            raise FaqbotError("an import is stopped by Ctrl-C where it runs")
        if job.state.is_over:
            raise FaqbotError(f"{job.kind} (job {job.id}) is over: {_ending(job)}")
        store.jobs.cancel(job.id)
        with waiting(f"Stopping {job.kind} (job {job.id})"):
            ended = _when_over(store, job.id)
    if not ended.state.is_over:
        raise FaqbotError(
            f"{job.kind} (job {job.id}) is told to stop, but goes on; `faqbot jobs` shows it"
        )
    if ended.state is not JobState.CANCELLED:
        raise FaqbotError(
            f"{job.kind} (job {job.id}) ended before it could be stopped: {_ending(ended)}"
        )
    print(f"{job.kind.capitalize()} (job {job.id}) is cancelled.")


def _open_job(store: "Store") -> "Job":
    from index.store.types import JobState

    if running := store.jobs.running():
        return running
    if queued := store.jobs.latest(1000, states=(JobState.QUEUED,)):
        return queued[-1]
    raise FaqbotError("no job is running or waiting")


def _when_over(store: "Store", job_id: int) -> "Job":
    """The job once it is over, or as it is when patience has run out."""
    from index.jobs.recording import fail_abandoned

    deadline = time.monotonic() + CANCEL_PATIENCE_S
    while not (job := found_job(store, job_id)).state.is_over and time.monotonic() < deadline:
        time.sleep(0.2)
        fail_abandoned(store)
    return job


def _ending(job: "Job") -> str:
    """How a job ended: its state and the reason."""
    return f"{job.state}: {job.detail}" if job.detail else str(job.state)


def _took(job: "Job") -> str:
    if job.started_at is None or job.finished_at is None:
        return ""
    seconds = round((job.finished_at - job.started_at).total_seconds())
    hours, rest = divmod(seconds, 3600)
    return f"took {hours}:{rest // 60:02}:{rest % 60:02}"
