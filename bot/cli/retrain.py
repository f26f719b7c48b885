"""`faqbot retrain`: train the model on the FAQ, and switch to it if it is better."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.console import AsJson, job_folder, opened_for_reading, say
from bot.cli.foreground import run_in_foreground
from bot.cli.report import REPORT
from index.errors import FaqbotError
from index.text import counted

if TYPE_CHECKING:
    from index.jobs.results import RetrainResult
    from index.store.types import Generation, Job


class DepthChoice(StrEnum):
    """What `--depth` takes."""

    AUTO = "auto"
    HEAD = "head"
    FULL = "full"


def register(app: typer.Typer) -> None:
    """Add to the command line what this module has."""
    app.command(epilog="Example: faqbot retrain --depth head --dry-run")(retrain)


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
    from index.jobs.enough import too_few_in
    from index.jobs.extras import require_training
    from index.store.types import JobKind

    require_training()
    with opened_for_reading(context.obj.index) as store:
        reason = too_few_in(store)
    if reason is not None:
        raise FaqbotError(f"no retrain: {reason}")
    arguments: dict[str, Any] = {"depth": depth.value} if depth else {}
    if dry_run:
        arguments["dry_run"] = True
    job = run_in_foreground(
        context.obj, JobKind.RETRAIN, arguments, as_json=as_json, tell=_retrained
    )
    if (job_folder(context.obj, job) / REPORT).exists():
        say(f"The report: faqbot report {job.id}")


def _retrained(job: "Job", before: "Generation | None") -> str | None:
    """How a retrain ended: what it changes for people, then the figures in a line."""
    from index.jobs.results import RetrainResult

    if not job.result:
        return job.detail
    result = RetrainResult.from_json(job.result)
    return "\n".join(filter(None, (result.what_changes, _figures(job, result, before))))


def _figures(job: "Job", result: "RetrainResult", before: "Generation | None") -> str:
    was = f"(was {before.id if before else 'none'})"
    if result.promoted:
        figures = result.precision_at_1
        compared = (
            f"precision@1 {figures.live:.2f} -> {figures.candidate:.2f} "
            f"on {counted(result.n_held_out or 0, 'held-out question')}"
            if figures
            else job.detail
        )
        return f"Promoted: {compared}; generation {result.generation} is live {was}"
    if result.went_live == "ranking":
        return (
            f"Kept the model, with a new ranking: {job.detail}; generation "
            f"{result.generation} is live {was}"
        )
    verdict = "Dry run" if result.dry_run else "Not promoted"
    stays = f"; generation {before.id} stays live" if before else ""
    return f"{verdict}: {job.detail}{stays}"
