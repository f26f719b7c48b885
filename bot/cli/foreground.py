"""Running a job here and now, under the eyes of whoever asked for it."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import typer

from bot.cli.console import (
    LINE_EVERY_S,
    REQUESTED_BY,
    Context,
    every,
    opened_store,
    print_json,
    say,
)
from index.errors import FaqbotError

if TYPE_CHECKING:
    from index.jobs.supervisor import StopRequest
    from index.progress import Report
    from index.store.types import Generation, Job


def run_in_foreground(
    settings: Context,
    kind: str,
    arguments: dict[str, Any],
    *,
    as_json: bool,
    tell: "Callable[[Job, Generation | None], str | None]" = lambda ended, before: ended.detail,
) -> "Job":
    """Run a job here and now, and say how it ended.

    Args:
        tell: Says in a line how it ended well, from the job and the generation that was live.

    Raises:
        FaqbotError: It failed, was cancelled by somebody else, or another job is running.
        typer.Exit: It was interrupted here.
    """
    from bot import logs
    from index import processes
    from index.jobs import registry
    from index.jobs.extras import require_training
    from index.jobs.recording import fail_abandoned
    from index.jobs.supervisor import StopRequest, Supervisor
    from index.store.types import JobState

    known = registry.job_type(kind)
    if known.needs_training:
        require_training()
    index, bot = settings.index, settings.bot
    # The steps are shown by other means.
    logs.configure(bot.model_copy(update={"log_level": "warning"}))
    stop = StopRequest("interrupted at the command line")
    with opened_store(index) as store, _stopped_by_signals(stop) as received:
        fail_abandoned(store)
        before = store.generations.live()
        job = store.jobs.begin(
            kind, processes.owner(), arguments=arguments, requested_by=REQUESTED_BY
        )
        say(f"{known.title} (job {job.id}): starting; the model takes a moment to load ...")
        with _progress(known.title) as report:
            supervisor = Supervisor(
                store,
                index,
                settings.config,
                limit_s=bot.job_time_limit_hours * 3600,
                stop=stop,
                on_progress=report,
                precisions=bot.stated_precisions,
            )
            ended = supervisor.run(job)
        live = store.generations.live()
    still = f"; generation {live.id} answers" if live else ""
    if as_json:
        from bot.status import describe_job

        print_json(describe_job(ended))
    elif ended.state is JobState.DONE:
        print(tell(ended, before))
    if ended.state is JobState.FAILED:
        raise FaqbotError(f"{kind} failed: {ended.detail}{still}")
    if ended.state is JobState.CANCELLED:
        if received:
            say(f"Interrupted: {kind} (job {job.id}) is marked as cancelled{still}.")
            raise typer.Exit(128 + received[0])
        raise FaqbotError(f"{kind} was cancelled: {ended.detail}{still}")
    return ended


@contextmanager
def _stopped_by_signals(stop: "StopRequest") -> Iterator[list[int]]:
    """Ctrl-C and SIGTERM end the job, not this process; yields the signals that came.

    A second one ends this process at once, and the job's process with it.
    """
    received: list[int] = []

    def on_signal(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    before = {n: signal.signal(n, on_signal) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _progress(what: str) -> "Iterator[Report]":
    """Shows how far a job is: a bar on a terminal, elsewhere a line for each step."""
    if not sys.stderr.isatty():
        yield _each_step()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(what, total=1.0)
        yield lambda share, detail: bars.update(task, completed=share, description=detail)


def _each_step() -> "Report":
    """A line for each step, and for one that takes long a line now and then."""
    step = ""
    is_due = every(LINE_EVERY_S)

    def report(share: float, detail: str) -> None:
        nonlocal step
        # "training, epoch 12 of 38": before the comma stands the step.
        if (current := detail.partition(",")[0]) != step:
            step = current
            is_due()  # from here on
            say(f"{share:4.0%} {step}")
        elif detail != step and is_due():
            say(f"{share:4.0%} {detail}")

    return report
