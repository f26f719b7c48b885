"""`faqbot retrain` and the other long work, generations, golden questions, jobs."""

import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.console import (
    Context,
    id_of,
    opened_for_reading,
    opened_for_search,
    opened_store,
    print_json,
    say,
    show,
    waiting,
)
from index.errors import FaqbotError

if TYPE_CHECKING:
    from datetime import datetime

    from index.generations.live import Live
    from index.jobs.supervisor import StopRequest
    from index.progress import Report
    from index.store import Store
    from index.store.types import Generation, Golden, Job, JobKind, Pair

REQUESTED_BY = "command line"
# How long `cancel` waits for the end of what it has cancelled.
CANCEL_PATIENCE_S = 30.0


_JOB_ID = id_of("job", "faqbot jobs")
_GOLDEN_ID = id_of("golden question", "faqbot golden list")


class DepthChoice(StrEnum):
    """What `--depth` takes."""

    AUTO = "auto"
    HEAD = "head"
    FULL = "full"


AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

golden = typer.Typer(
    name="golden",
    help="Golden questions: a new model that gets one wrong does not go live.",
    epilog="Example: faqbot golden add 'how do I reset my password?'",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    app.command(epilog="Example: faqbot retrain --depth head --dry-run")(retrain)
    app.command(epilog="Example: faqbot reindex")(reindex)
    app.command(epilog="Example: faqbot generations --json")(generations)
    app.command(epilog="Example: faqbot rollback 3")(rollback)
    app.command(epilog="Example: faqbot report 12")(report)
    golden.command("add", epilog="Example: faqbot golden add 'vpn is down' --pair ID")(golden_add)
    golden.command("list", epilog="Example: faqbot golden list --json")(golden_list)
    golden.command("remove", epilog="Example: faqbot golden remove 3")(golden_remove)
    golden.command("check", epilog="Example: faqbot golden check")(golden_check)
    app.add_typer(golden)
    app.command(epilog="Example: faqbot jobs --limit 5")(jobs)
    app.command(epilog="Example: faqbot cancel 12")(cancel)
    app.command(epilog="Example: faqbot worker")(worker)


# -- long work -----------------------------------------------------------------------------


def retrain(
    context: typer.Context,
    depth: Annotated[
        DepthChoice | None,
        typer.Option(help="What is trained; default: the setting [train] depth."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Train and compare, but switch to nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train the model on the FAQ, and switch to it if it is proven better."""
    from index.store.types import JobKind

    arguments: dict[str, Any] = {"depth": depth.value} if depth else {}
    if dry_run:
        arguments["dry_run"] = True
    job = _run(context.obj, JobKind.RETRAIN, arguments, as_json=as_json)
    if (_folder(context.obj, job) / REPORT).exists():
        say(f"The report: faqbot report {job.id}")


def reindex(context: typer.Context, as_json: AsJson = False) -> None:
    """Build the index anew from the store, beside the live one, and switch to it."""
    from index.store.types import JobKind

    _run(context.obj, JobKind.REINDEX, {}, as_json=as_json)


def rollback(
    context: typer.Context,
    generation: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="Generation to go back to; default: the one before."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Go back to an earlier generation: its model and its index."""
    from index.store.types import JobKind

    if generation is not None and not generation.isdecimal():
        raise FaqbotError(f"{generation!r} is no generation; {_kept(context.obj)}")
    arguments = {} if generation is None else {"generation": int(generation)}
    _run(context.obj, JobKind.ROLLBACK, arguments, as_json=as_json)


def _kept(settings: Context) -> str:
    """Which generations can be gone back to, as a clause."""
    from index.generations.build import available
    from index.generations.setup import open_engine

    with (
        opened_for_reading(settings.index) as store,
        closing(open_engine(settings.index)) as engine,
    ):
        ids = ", ".join(
            str(generation.id) for generation in available(settings.index, store, engine)
        )
    return f"to go back to there is {ids}" if ids else "there is none to go back to yet"


def _run(settings: Context, kind: "JobKind", arguments: dict[str, Any], *, as_json: bool) -> "Job":
    """Run a job here and now, and say how it ended.

    Raises:
        FaqbotError: It failed, was cancelled by somebody else, or another job is running.
        typer.Exit: It was interrupted here.
    """
    from bot import logs
    from index import processes
    from index.jobs.supervisor import StopRequest, fail_abandoned, require_training, run_job
    from index.store.types import JobKind, JobState

    if kind is JobKind.RETRAIN:
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
        say(f"{kind.capitalize()} (job {job.id}): starting; the model takes a moment to load ...")
        with _progress(kind.capitalize()) as report:
            ended = run_job(
                job,
                store,
                index,
                settings.config,
                limit_s=bot.job_time_limit_hours * 3600,
                stop=stop,
                on_progress=report,
            )
        live = store.generations.live()
    still = f"; generation {live.id} answers" if live else ""
    if as_json:
        from bot.status import describe_job

        print_json(describe_job(ended))
    elif ended.state is JobState.DONE:
        print(_retrained(ended, before) if "promoted" in ended.result else ended.detail)
    if ended.state is JobState.FAILED:
        raise FaqbotError(f"{kind} failed: {ended.detail}{still}")
    if ended.state is JobState.CANCELLED:
        if received:
            say(f"Interrupted: {kind} (job {job.id}) is marked as cancelled{still}.")
            raise typer.Exit(128 + received[0])
        raise FaqbotError(f"{kind} was {ended.detail}{still}")
    return ended


def _retrained(job: "Job", before: "Generation | None") -> str:
    """How a retrain ended, in a line."""
    result = job.result
    if result["promoted"]:
        precision = result["precision_at_1"]
        return (
            f"Promoted: precision@1 {precision['live']:.2f} -> {precision['candidate']:.2f} "
            f"on {result['n_held_out']} held-out questions; generation {result['generation']} "
            f"is live (was {before.id if before else 'none'})"
        )
    if result.get("went_live") == "ranking":
        return (
            f"Kept the model, with a new ranking: {job.detail}; generation "
            f"{result['generation']} is live (was {before.id if before else 'none'})"
        )
    verdict = "Dry run" if result.get("dry_run") else "Not promoted"
    stays = f"; generation {before.id} stays live" if before else ""
    return f"{verdict}: {job.detail}{stays}"


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
    step = ""

    def report(share: float, detail: str) -> None:
        nonlocal step
        # "training, epoch 12 of 38": before the comma stands the step.
        if (current := detail.partition(",")[0]) != step:
            step = current
            say(f"{share:4.0%} {step}")

    return report


# -- what came of it -----------------------------------------------------------------------

REPORT = "report.md"


def generations(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many of the newest to show.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the generations: each a model with the index that was built with it."""
    from rich.table import Column, Table

    with opened_for_reading(context.obj.index) as store:
        live = store.generations.live()
        found = store.generations.all()[:limit]
    if as_json:
        print_json(
            [
                {
                    "id": generation.id,
                    "live": live is not None and generation.id == live.id,
                    "model": generation.model_version,
                    "collection": generation.collection,
                    "state": generation.state,
                    "indexed_revision": generation.indexed_revision,
                    "created_at": generation.created_at.isoformat(),
                    "live_at": generation.live_at and generation.live_at.isoformat(),
                    "job": generation.job_id,
                }
                for generation in found
            ]
        )
        return
    if not found:
        print("There are none yet; run `faqbot init`.")
        return
    table = Table("id", "state", Column("model", overflow="fold"), "created", "live since")
    for generation in found:
        is_live = live is not None and generation.id == live.id
        table.add_row(
            str(generation.id),
            "live" if is_live else generation.state,
            generation.model_version,
            _time(generation.created_at),
            _time(generation.live_at) if is_live else "",
        )
    show(table)


def report(
    context: typer.Context,
    job_id: Annotated[
        int | None,
        typer.Argument(
            parser=_JOB_ID,
            metavar="[ID]",
            help="Job id of the retrain; default: the last report.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what came of a retrain: why its model went live or not, with figures."""
    from index.store.types import JobKind

    with opened_for_reading(context.obj.index) as store:
        if job_id is None:
            retrains = store.jobs.latest(100, kinds=(JobKind.RETRAIN,))
        else:
            retrains = [_found(store, job_id)]
    for job in retrains:
        if job.kind is not JobKind.RETRAIN:
            raise FaqbotError(
                f"job {job.id} is no retrain ({job.kind}); only a retrain has a report"
            )
        folder = _folder(context.obj, job)
        if (folder / REPORT).exists():
            break
    else:
        if job_id is None:
            raise FaqbotError("there is no report yet; `faqbot retrain` makes one")
        raise FaqbotError(
            f"retrain {job_id} ({job.state}) has no report in {folder}; "
            "if it ran on another machine, the report is there"
        )
    if as_json:
        sys.stdout.write((folder / "report.json").read_text("utf-8").strip() + "\n")
        return
    _show_report((folder / REPORT).read_text("utf-8").strip())
    pictures = sorted(path.name for path in folder.glob("*.png"))
    if pictures:
        say(f"Pictures in {folder}: {', '.join(pictures)}")


def _show_report(text: str) -> None:
    """Draw Markdown where somebody reads it on a terminal; elsewhere it stays as it is."""
    if not sys.stdout.isatty():
        print(text)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    # The pictures are named after it.
    lines = (line for line in text.splitlines() if not line.startswith("!["))
    Console().print(Markdown("\n".join(lines)))


def _folder(settings: Context, job: "Job") -> Path:
    return settings.index.jobs_dir / str(job.id)


# -- golden questions ----------------------------------------------------------------------


def golden_add(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="The question, as an asker would type it.")],
    pair: Annotated[str | None, typer.Option(help="Id of the pair that answers it.")] = None,
    source: Annotated[str | None, typer.Option(help="Or: the pair's source ...")] = None,
    external_id: Annotated[str | None, typer.Option(help="... and its id there.")] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Pin what the bot answers now, without asking.")
    ] = False,
) -> None:
    """Pin a question to its answer: to the pair that is named, else to what the bot answers."""
    from index.store.types import pair_id

    if not question.strip():
        raise FaqbotError("the question is empty; write it in quotes after `faqbot golden add`")
    if (source is None) != (external_id is None):
        raise FaqbotError("--source and --external-id name a pair together; give both")
    if source is not None and external_id is not None:
        if pair is not None:
            raise FaqbotError("name the pair by --pair or by --source and --external-id, not both")
        pair = pair_id(source, external_id)
    if pair is None and not yes and not sys.stdin.isatty():
        raise FaqbotError(
            "nobody is there to confirm what would be pinned; "
            "add --yes, or name the pair with --pair"
        )
    settings: Context = context.obj
    with opened_store(settings.index) as store:
        named = f"{external_id} of source {source}" if source is not None else pair
        chosen = _active(store, pair, named) if pair else _answer_now(settings, store, question)
        say(f"question  {question}\npair      {chosen.id}: {chosen.question}\n\n{chosen.answer}\n")
        if pair is None and not yes:
            typer.confirm("Pin this answer to the question?", abort=True, err=True)
        added = store.golden.add(question, chosen.id, REQUESTED_BY)
        if added is None:
            known = _pinned(store, question)
            if known.pair_id != chosen.id:
                raise FaqbotError(
                    f"the question is pinned to another pair ({known.pair_id}); first run "
                    f"`faqbot golden remove {known.id}`"
                )
            print(f"Golden question {known.id} is there already.")
            return
    print(f"Golden question {added.id} is pinned.")


def golden_list(context: typer.Context, as_json: AsJson = False) -> None:
    """List the golden questions."""
    from rich.markup import escape
    from rich.table import Table

    with opened_for_reading(context.obj.index) as store:
        pinned = store.golden.all()
        pairs = store.pairs.get([question.pair_id for question in pinned])
    if as_json:
        print_json(
            [
                _golden_as_dict(question, pairs)
                | {"created_by": question.created_by, "created_at": question.created_at.isoformat()}
                for question in pinned
            ]
        )
        return
    if not pinned:
        print("There are none yet; pin one with `faqbot golden add QUESTION`.")
        return
    table = Table("id", "question", "answered by", "pinned by", "on")
    for question in pinned:
        table.add_row(
            str(question.id),
            escape(question.question),
            escape(_named(pairs[question.pair_id])),
            question.created_by or "",
            _time(question.created_at),
        )
    show(table)


def golden_remove(
    context: typer.Context,
    golden_id: Annotated[
        int,
        typer.Argument(parser=_GOLDEN_ID, metavar="ID", help="As `faqbot golden list` says."),
    ],
) -> None:
    """Unpin a golden question."""
    with opened_store(context.obj.index) as store:
        if not store.golden.remove(golden_id):
            raise FaqbotError(
                f"there is no golden question {golden_id}; `faqbot golden list` shows them"
            )
    print(f"Golden question {golden_id} is removed.")


def golden_check(context: typer.Context, as_json: AsJson = False) -> None:
    """Ask the live model every golden question; the exit status is 1 if it gets one wrong."""
    from rich.markup import escape
    from rich.table import Table

    from index.store.types import Status

    index = context.obj.index
    with opened_store(index) as store:
        pinned = store.golden.all()
        if not pinned:
            if as_json:
                print_json([])
            else:
                print("There are none yet; pin one with `faqbot golden add QUESTION`.")
            return
        pairs = store.pairs.get([question.pair_id for question in pinned])
        with opened_for_search(index, store) as live:
            rows = [
                (question, *_ask(live, question, pairs[question.pair_id]))
                for question in pinned
                # One that is not answered with any more proves nothing of a model.
                if pairs[question.pair_id].status is Status.ACTIVE
            ]
    wrong = sum(not is_right for _, is_right, _ in rows)
    if as_json:
        print_json(
            [
                _golden_as_dict(question, pairs)
                | {"right": is_right, "answered_with": found and found.id}
                for question, is_right, found in rows
            ]
        )
    else:
        table = Table("id", "question", "", "answered with")
        for question, is_right, found in rows:
            mark = "[green]ok[/]" if is_right else "[red]WRONG[/]"
            named = escape(_named(found)) if found else "nothing"
            table.add_row(str(question.id), escape(question.question), mark, named)
        show(table)
        left_out = len(pinned) - len(rows)
        print(
            f"{len(rows) - wrong} of {len(rows)} golden questions are answered right"
            + (f"; {left_out} left out, whose pairs are not active." if left_out else ".")
        )
    if wrong:
        raise typer.Exit(1)


def _ask(live: "Live", question: "Golden", right: "Pair") -> "tuple[bool, Pair | None]":
    """Whether the first answer is the right one, word for word; and the pair it is of."""
    from index.evaluation.golden import is_right

    matches = live.searcher.search(question.question, limit=1)
    if not matches:
        return False, None
    found = matches[0].pair
    return is_right(found, right), found


def _answer_now(settings: Context, store: "Store", question: str) -> "Pair":
    with opened_for_search(settings.index, store) as live:
        matches = live.searcher.search(question, limit=1)
        precision = settings.bot.answer_precision
        threshold = live.searcher.threshold(precision)
    # Where no threshold is proven the estimate has to do: an admin is watching.
    if not matches or matches[0].confidence < (precision if threshold is None else threshold):
        nearest = f" (nearest: {matches[0].pair.question!r})" if matches else ""
        raise FaqbotError(
            f"the bot would not answer this question now{nearest}; name the pair that should "
            "answer it, with --pair or with --source and --external-id"
        )
    return matches[0].pair


def _active(store: "Store", pair_id: str, named: str | None) -> "Pair":
    from index.store.types import Status

    found = store.pairs.get([pair_id]).get(pair_id)
    if found is None:
        raise FaqbotError(f"there is no pair {named}; `faqbot ask ... --json` shows their ids")
    if found.status is not Status.ACTIVE:
        raise FaqbotError(f"pair {named} is {found.status}; only an active pair is answered with")
    return found


def _pinned(store: "Store", question: str) -> "Golden":
    from index.text import fold

    return next(known for known in store.golden.all() if fold(known.question) == fold(question))


def _golden_as_dict(question: "Golden", pairs: "Mapping[str, Pair]") -> dict[str, Any]:
    pair = pairs[question.pair_id]
    return {
        "id": question.id,
        "question": question.question,
        "pair_id": pair.id,
        "source": pair.source,
        "external_id": pair.external_id,
        "pair_status": pair.status,
    }


def _named(pair: "Pair") -> str:
    from index.store.types import Status

    return pair.question + ("" if pair.status is Status.ACTIVE else f" ({pair.status})")


# -- jobs ----------------------------------------------------------------------------------


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
            "\n".join(filter(None, (state, _time(job.started_at), _took(job)))),
            escape(job.detail or ""),
        )
    show(table)


def cancel(
    context: typer.Context,
    job_id: Annotated[
        int | None,
        typer.Argument(
            parser=_JOB_ID,
            metavar="[ID]",
            help="Default: the job that runs, else the one that waits.",
        ),
    ] = None,
) -> None:
    """Stop a job. Whatever it has done so far is undone; the live generation answers on."""
    from index.jobs.supervisor import fail_abandoned
    from index.store.types import JobKind, JobState

    with opened_store(context.obj.index) as store:
        fail_abandoned(store)
        job = _open_job(store) if job_id is None else _found(store, job_id)
        if job.kind is JobKind.IMPORT:
            raise FaqbotError("an import is stopped by Ctrl-C where it runs")
        if job.state.is_over:
            raise FaqbotError(f"{job.kind} (job {job.id}) is over: {job.detail or job.state}")
        store.jobs.cancel(job.id)
        with waiting(f"Stopping {job.kind} (job {job.id})"):
            ended = _when_over(store, job.id)
    if not ended.state.is_over:
        raise FaqbotError(
            f"{job.kind} (job {job.id}) is told to stop, but goes on; `faqbot jobs` shows it"
        )
    if ended.state is not JobState.CANCELLED:
        raise FaqbotError(
            f"{job.kind} (job {job.id}) ended before it could be stopped: "
            f"{ended.detail or ended.state}"
        )
    print(f"{job.kind.capitalize()} (job {job.id}) is cancelled.")


def worker(context: typer.Context) -> None:
    """Run jobs and keep the schedule, apart from `faqbot serve --no-worker`, until stopped."""
    from bot import logs, runner

    settings: Context = context.obj
    logs.configure(settings.bot)
    runner.work(settings.index, settings.bot, settings.config)


def _found(store: "Store", job_id: int) -> "Job":
    job = store.jobs.get(job_id)
    if job is None:
        raise FaqbotError(f"there is no job {job_id}; `faqbot jobs` shows them")
    return job


def _open_job(store: "Store") -> "Job":
    from index.store.types import JobState

    if running := store.jobs.running():
        return running
    if queued := store.jobs.latest(1000, states=(JobState.QUEUED,)):
        return queued[-1]
    raise FaqbotError("no job is running or waiting")


def _when_over(store: "Store", job_id: int) -> "Job":
    """The job once it is over, or as it is when patience has run out."""
    from index.jobs.supervisor import fail_abandoned

    deadline = time.monotonic() + CANCEL_PATIENCE_S
    while not (job := _found(store, job_id)).state.is_over and time.monotonic() < deadline:
        time.sleep(0.2)
        fail_abandoned(store)
    return job


def _time(moment: "datetime | None") -> str:
    return "" if moment is None else f"{moment.astimezone():%F %R}"


def _took(job: "Job") -> str:
    if job.started_at is None or job.finished_at is None:
        return ""
    seconds = round((job.finished_at - job.started_at).total_seconds())
    hours, rest = divmod(seconds, 3600)
    return f"took {hours}:{rest // 60:02}:{rest % 60:02}"
