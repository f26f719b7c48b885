"""`faqbot golden`: questions that a new model must not get wrong."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.console import (
    REQUESTED_BY,
    AsJson,
    Context,
    id_of,
    opened_for_reading,
    opened_for_search,
    opened_store,
    print_json,
    say,
    show,
    time_of,
)
from bot.cli.help import WholeLines
from index.errors import FaqbotError
from index.text import counted

if TYPE_CHECKING:
    from index.store import Store
    from index.store.types import Golden, Pair

_GOLDEN_ID = id_of("golden question", "faqbot golden list")

golden = typer.Typer(
    name="golden",
    cls=WholeLines,
    help="Golden questions: a new model that gets one wrong does not go live.",
    epilog="Example: faqbot golden add 'how do I reset my password?'",
    invoke_without_command=True,
)


def register(app: typer.Typer) -> None:
    """Add to the command line what this module has."""
    golden.callback()(golden_questions)
    golden.command("add", epilog="Example: faqbot golden add 'vpn is down' --pair ID")(golden_add)
    golden.command("list", epilog="Example: faqbot golden list --json")(golden_list)
    golden.command("remove", epilog="Example: faqbot golden remove 3")(golden_remove)
    golden.command("check", epilog="Example: faqbot golden check")(golden_check)
    app.add_typer(golden)


def golden_questions(context: typer.Context, as_json: AsJson = False) -> None:
    """Golden questions: a new model that gets one wrong does not go live."""
    if context.invoked_subcommand is None:
        golden_list(context, as_json)


def golden_add(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="The question, as an asker would type it.")],
    pair: Annotated[str | None, typer.Option(help="Id of the pair that answers it.")] = None,
    source: Annotated[str | None, typer.Option(help="Or: the pair's source ...")] = None,
    external_id: Annotated[str | None, typer.Option(help="... and its id there.")] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Pin what the bot answers now, without asking.")
    ] = False,
    as_json: AsJson = False,
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
        known = added or _pinned(store, question)
        if known.pair_id != chosen.id:
            raise FaqbotError(
                f"the question is pinned to another pair ({known.pair_id}); first run "
                f"`faqbot golden remove {known.id}`"
            )
        if as_json:
            pinned = _golden_as_dict(known, {chosen.id: chosen})
            print_json(pinned | {"is_new": added is not None})
        else:
            print(f"Golden question {known.id} is {'pinned' if added else 'there already'}.")


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
            time_of(question.created_at),
        )
    show(table)


def golden_remove(
    context: typer.Context,
    golden_id: Annotated[
        int,
        typer.Argument(parser=_GOLDEN_ID, metavar="ID", help="As `faqbot golden list` says."),
    ],
    as_json: AsJson = False,
) -> None:
    """Unpin a golden question."""
    with opened_store(context.obj.index) as store:
        if not store.golden.remove(golden_id):
            raise FaqbotError(
                f"there is no golden question {golden_id}; `faqbot golden list` shows them"
            )
    if as_json:
        print_json({"removed": golden_id})
    else:
        print(f"Golden question {golden_id} is removed.")


def golden_check(context: typer.Context, as_json: AsJson = False) -> None:
    """Ask the live model every golden question; the exit status is 1 if it gets one wrong."""
    from rich.markup import escape
    from rich.table import Table

    from index.evaluation.golden import ask, in_force

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
            answers = ask(live.searcher, in_force(pinned, pairs), pairs)
    wrong = sum(not answer.right for answer in answers)
    if as_json:
        print_json(
            [
                _golden_as_dict(answer.golden, pairs)
                | {"right": answer.right, "answered_with": answer.found and answer.found.id}
                for answer in answers
            ]
        )
    else:
        table = Table("id", "question", "", "answered with")
        for answer in answers:
            mark = "[green]ok[/]" if answer.right else "[red]WRONG[/]"
            named = escape(_named(answer.found)) if answer.found else "nothing"
            table.add_row(str(answer.golden.id), escape(answer.golden.question), mark, named)
        show(table)
        left_out = len(pinned) - len(answers)
        asked = counted(len(answers), "golden question is", "golden questions are")
        print(
            f"{len(answers) - wrong} of {asked} answered right"
            + (f"; {left_out} left out, whose pairs are not active." if left_out else ".")
        )
    if wrong:
        raise typer.Exit(1)


def _answer_now(settings: Context, store: "Store", question: str) -> "Pair":
    with opened_for_search(settings.index, store) as live:
        matches = live.searcher.search(live.searcher.read(question), limit=1)
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
