"""`faqbot retrain`: train the model on the FAQ, and switch to it if it is better."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from bot.cli.console import AsJson, job_folder, say
from bot.cli.foreground import run_in_foreground
from bot.cli.report import REPORT


class DepthChoice(StrEnum):
    """What `--depth` takes."""

    AUTO = "auto"
    HEAD = "head"
    FULL = "full"


def register(app: typer.Typer) -> None:
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
    from index.store.types import JobKind

    arguments: dict[str, Any] = {"depth": depth.value} if depth else {}
    if dry_run:
        arguments["dry_run"] = True
    job = run_in_foreground(context.obj, JobKind.RETRAIN, arguments, as_json=as_json)
    if (job_folder(context.obj, job) / REPORT).exists():
        say(f"The report: faqbot report {job.id}")
