"""`faqbot ask`: a question from the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.console import (
    Context,
    opened_for_reading,
    opened_for_search,
    opened_store,
    print_json,
    show,
)
from bot.cli.evaluate import RetrieverChoice
from index.errors import FaqbotError

if TYPE_CHECKING:
    from index.generations.live import Live
    from index.ranking.decision import Decided
    from index.ranking.match import Match


def register(app: typer.Typer) -> None:
    """Add to the command line what this module has."""
    app.command(epilog="Example: faqbot ask 'vpn keeps disconnecting' --json")(ask)


def ask(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="The question, as an asker would type it.")],
    channel: Annotated[
        str | None, typer.Option(help="Ask as in this channel: its id, such as C0123.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=50, help="How many answers to show.")] = 3,
    retriever: Annotated[
        RetrieverChoice, typer.Option(help="Which retrievers take part.")
    ] = RetrieverChoice.ALL,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Ask a question and see the ranked answers, with what the bot would do."""
    from bot.intake.is_question import is_question
    from index.ranking.decision import MAX_SHOWN, decide
    from index.store.visibility import Place

    settings: Context = context.obj
    precision = settings.bot.precision_in(channel)
    with opened_for_question(question, settings) as live:
        # As many as the bot decides on, however few are to be shown.
        matches = live.searcher.search(
            live.searcher.read(question),
            place=Place(channel) if channel else None,
            limit=max(limit, MAX_SHOWN),
            retrievers=retriever.retrievers,
        )
        threshold = live.searcher.threshold(precision)
        decided = decide(matches, direct=True, precision=precision, threshold=threshold)
        generation = live.generation
    if as_json:
        print_json(
            {
                "question": question,
                "decision": decided.decision,
                "shown": decided.shown,
                "is_question": is_question(question),
                "precision": precision,
                "threshold": threshold,
                "generation": generation.id,
                "model": generation.model_version,
                "matches": [_as_dict(match) for match in matches[:limit]],
            }
        )
    else:
        _show(matches[:limit], decided, precision, threshold)
        if not is_question(question):
            print(
                "In a watched channel the bot would stay silent in any case: it would not take "
                "this text for a question. Mentioned or in a direct message it would."
            )


@contextmanager
def opened_for_question(question: str, settings: Context) -> "Iterator[Live]":
    """The live generation, for a question.

    Raises:
        FaqbotError: There is no question, or nothing to answer it from.
    """
    if not question.strip():
        raise FaqbotError("the question is empty; write it in quotes after the command")
    index = settings.index
    with opened_for_reading(index) as store:
        if not any(store.pairs.count().values()):
            raise FaqbotError("the FAQ is empty; fill it with `faqbot import FILE`")
    with opened_store(index) as store, opened_for_search(index, store) as live:
        yield live


def _as_dict(match: "Match") -> dict[str, Any]:
    return {
        "pair_id": match.pair.id,
        "source": match.pair.source,
        "external_id": match.pair.external_id,
        "question": match.pair.question,
        "matched_text": match.matched_text,
        "answer": match.pair.answer,
        "url": match.pair.url,
        "confidence": round(match.confidence, 4),
        "part": match.part,
        "scores": {name.value: round(score, 4) for name, score in match.scores.items()},
    }


def _show(
    matches: "list[Match]", decided: "Decided", precision: float, threshold: float | None
) -> None:
    from rich.markup import escape
    from rich.table import Table

    if not matches:
        print("Nothing found.")
        return
    table = Table("confidence", "question", "answer", "scores", show_lines=True)
    for match in matches:
        scores = "\n".join(f"{name.value} {score:.3f}" for name, score in match.scores.items())
        asked = match.pair.question
        if match.matched_text != asked:
            asked += f"\n(matched: {match.matched_text})"
        if match.part:
            asked += f"\n(answers question {match.part} of the message)"
        table.add_row(f"{match.confidence:.2f}", escape(asked), escape(match.pair.answer), scores)
    show(table)
    print(what_it_does(decided, precision, threshold))


def what_it_does(decided: "Decided", precision: float, threshold: float | None) -> str:
    from index.ranking.decision import Decision

    if threshold is None:
        why = f"no threshold is proven for {100 * precision:g} %: it asks first"
    else:
        why = f"threshold {threshold:.2f}"
    if decided.decision is Decision.ANSWER:
        return f"The bot would give the first answer ({why})."
    if decided.decision is Decision.OFFER:
        offered = f"the first {decided.shown}" if decided.shown > 1 else "the first"
        return f"The bot would offer {offered} to pick from ({why})."
    return (
        f"The bot would not be sure ({why}): silent in a watched channel, "
        "the closest entries when asked directly."
    )
