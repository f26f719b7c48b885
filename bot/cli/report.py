"""`faqbot report`: what came of a retrain."""

import sys
from typing import Annotated

import typer

from bot.cli.console import JOB_ID, AsJson, found_job, job_folder, opened_for_reading, say
from index.errors import FaqbotError

REPORT = "report.md"


def register(app: typer.Typer) -> None:
    """Add to the command line what this module has."""
    app.command(epilog="Example: faqbot report 12")(report)


def report(
    context: typer.Context,
    job_id: Annotated[
        int | None,
        typer.Argument(
            parser=JOB_ID,
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
            retrains = [found_job(store, job_id)]
    for job in retrains:
        if job.kind != JobKind.RETRAIN:
            raise FaqbotError(
                f"job {job.id} is no retrain ({job.kind}); only a retrain has a report"
            )
        folder = job_folder(context.obj, job)
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
