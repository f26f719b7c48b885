"""`faqbot questions`: what failed, and taking it up again."""

from typing import Annotated

import typer

from bot.cli.console import AsJson, opened_for_reading, opened_store, print_json, show, time_of
from bot.cli.help import WholeLines
from index.errors import FaqbotError
from index.text import counted


def register(app: typer.Typer) -> None:
    """Add to the command line what this module has."""
    group = typer.Typer(
        cls=WholeLines,
        help="Questions that failed: list them, or take them up again.",
        epilog="Example: faqbot questions retry --all",
        invoke_without_command=True,
    )
    group.callback()(questions)
    group.command("list", epilog="Example: faqbot questions list --json")(list_command)
    group.command(epilog="Example: faqbot questions retry --all")(retry)
    app.add_typer(group, name="questions")


def questions(context: typer.Context, as_json: AsJson = False) -> None:
    """Questions that failed: list them, or take them up again."""
    if context.invoked_subcommand is None:
        list_command(context, as_json)


def list_command(context: typer.Context, as_json: AsJson = False) -> None:
    """List the questions that failed, newest first, each with the reason."""
    from rich.markup import escape
    from rich.table import Column, Table

    from index.store.types import QuestionState

    with opened_for_reading(context.obj.index) as store:
        failed = store.inbox.latest(QuestionState.FAILED, 100)
    if as_json:
        print_json(
            [
                {
                    "id": question.id,
                    "channel": question.channel,
                    "ts": question.ts,
                    "received_at": question.received_at.isoformat(timespec="seconds"),
                    "reason": question.error,
                }
                for question in failed
            ]
        )
        return
    if not failed:
        print("No question has failed.")
        return
    table = Table("id", "asked", Column("reason", overflow="fold"), show_lines=True)
    for question in failed:
        when = f"{time_of(question.received_at)}\n{question.channel}"
        table.add_row(question.id, when, escape(question.error or ""))
    show(table)


def retry(
    context: typer.Context,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID...", help="As `faqbot questions` says; default: all."),
    ] = None,
    take_all: Annotated[bool, typer.Option("--all", help="Take up every one that failed.")] = False,
) -> None:
    """Take failed questions up again; a running bot answers them in their threads."""
    if ids and take_all:
        raise FaqbotError("give ids or --all, not both")
    with opened_store(context.obj.index) as store:
        if not ids:
            count = store.inbox.retry_failed()
            taken_up = f"{counted(count, 'failed question')} taken up again."
            print(taken_up if count else "No question has failed.")
            return
        for question_id in ids:
            if not store.inbox.retry_failed(question_id):
                raise FaqbotError(
                    f"there is no failed question {question_id} whose text is still kept; "
                    "`faqbot questions` lists them"
                )
            print(f"question {question_id}: taken up again")
