"""`faqbot suggestions`: wordings that people picked an answer for, and what becomes of them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.console import (
    REQUESTED_BY,
    Context,
    bring_up_to_date,
    id_of,
    opened_for_reading,
    opened_store,
    print_json,
    show,
)
from bot.cli.help import WholeLines
from index.errors import FaqbotError

if TYPE_CHECKING:
    from index.store.types import Pair, Suggestion

# How many of the wordings learnt last are listed.
MAX_LEARNT = 10

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Ids = Annotated[
    list[int],
    typer.Argument(
        parser=id_of("suggestion", "faqbot suggestions"),
        metavar="ID...",
        help="As `faqbot suggestions` says.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add to the command line what this module has."""
    group = typer.Typer(
        cls=WholeLines,
        help="Wordings that people picked an answer for: list, approve, reject or undo them.",
        epilog="Example: faqbot suggestions approve 3 5",
        invoke_without_command=True,
    )
    group.callback()(suggestions)
    group.command("list", epilog="Example: faqbot suggestions list --json")(list_command)
    group.command(epilog="Example: faqbot suggestions approve 3 5")(approve)
    group.command(epilog="Example: faqbot suggestions reject 4")(reject)
    group.command(epilog="Example: faqbot suggestions undo 3")(undo)
    app.add_typer(group, name="suggestions")


def suggestions(context: typer.Context, as_json: AsJson = False) -> None:
    """Wordings that people picked an answer for: list, approve, reject or undo them."""
    if context.invoked_subcommand is None:
        list_command(context, as_json)


def list_command(context: typer.Context, as_json: AsJson = False) -> None:
    """List the suggestions that wait, most picked first, and the wordings learnt last."""
    from rich.markup import escape
    from rich.table import Table

    settings: Context = context.obj
    with opened_for_reading(settings.index) as store:
        waiting = store.suggestions.waiting()
        learnt = store.suggestions.learnt(MAX_LEARNT)
        pairs = store.pairs.get([one.pair_id for one in (*waiting, *(one for one, _ in learnt))])
    if as_json:
        print_json(
            [
                {
                    "id": found.id,
                    "asked": found.text,
                    "picks": found.picks,
                    "pair_id": found.pair_id,
                    "question": pairs[found.pair_id].question,
                    "created_at": found.created_at.isoformat(timespec="seconds"),
                }
                for found in waiting
                if found.pair_id in pairs
            ]
        )
        return
    if waiting:
        _show_waiting(waiting, pairs)
    else:
        print("No suggestions are waiting.")
    if learnt:
        table = Table("id", "picks", "wording that was learnt", "of the answer to", show_lines=True)
        for found, text in learnt:
            if found.pair_id in pairs:
                question = pairs[found.pair_id].question
                table.add_row(str(found.id), str(found.picks), escape(text), escape(question))
        print("Learnt last; `faqbot suggestions undo ID` takes one back:")
        show(table)


def _show_waiting(waiting: "list[Suggestion]", pairs: "dict[str, Pair]") -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table("id", "picks", "asked", "picked answer is to", show_lines=True)
    for found in waiting:
        if found.pair_id in pairs:
            question = pairs[found.pair_id].question
            table.add_row(str(found.id), str(found.picks), escape(found.text), escape(question))
    show(table)


def approve(context: typer.Context, ids: Ids) -> None:
    """Make suggestions wordings of the answers that people picked; safe to repeat."""
    settings: Context = context.obj
    with opened_store(settings.index) as store:
        before = store.pairs.revision()
        try:
            _settle(store.suggestions.approve, ids, "approved")
        finally:
            if store.pairs.revision() != before:
                bring_up_to_date(settings.index, store)


def reject(context: typer.Context, ids: Ids) -> None:
    """Never offer suggestions again; safe to repeat."""
    settings: Context = context.obj
    with opened_store(settings.index) as store:
        _settle(store.suggestions.reject, ids, "rejected")


def undo(context: typer.Context, ids: Ids) -> None:
    """Take approved suggestions back: their wordings are removed; safe to repeat."""
    settings: Context = context.obj
    with opened_store(settings.index) as store:
        before = store.pairs.revision()
        try:
            for suggestion_id in ids:
                found = store.suggestions.undo(suggestion_id, REQUESTED_BY)
                if found is None:
                    raise _unknown(suggestion_id)
                if found.state == "open":
                    raise FaqbotError(
                        f"suggestion {suggestion_id} is not approved, so there is nothing to take "
                        f"back; `faqbot suggestions reject {suggestion_id}` rejects it"
                    )
                print(f"suggestion {suggestion_id}: taken back")
        finally:
            if store.pairs.revision() != before:
                bring_up_to_date(settings.index, store)


def _unknown(suggestion_id: int) -> FaqbotError:
    return FaqbotError(f"there is no suggestion {suggestion_id}; `faqbot suggestions` lists them")


def _settle(act: "Callable[[int, str], Suggestion | None]", ids: list[int], wanted: str) -> None:
    """Approve or reject each in turn.

    Raises:
        FaqbotError: With one it could not be done; those before it are.
    """
    for suggestion_id in ids:
        found = act(suggestion_id, REQUESTED_BY)
        if found is None:
            raise _unknown(suggestion_id)
        if found.state == "open":
            raise FaqbotError(
                f"the answer of suggestion {suggestion_id} (pair {found.pair_id}) is not active; "
                "only an active one gets further wordings"
            )
        if found.state != wanted:
            raise FaqbotError(f"suggestion {suggestion_id} is {found.state} already")
        print(f"suggestion {suggestion_id}: {found.state}")
