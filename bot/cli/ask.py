"""`faqbot ask`: a question from the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import indent
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.console import (
    Context,
    opened_for_reading,
    opened_for_search,
    opened_store,
    print_json,
)
from bot.cli.evaluate import RetrieverChoice
from bot.cli.verdict import verdict
from index.errors import FaqbotError

if TYPE_CHECKING:
    from index.generations.live import Live
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
    from index.ranking.decision import MAX_SHOWN
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
        found = verdict(question, matches, live, precision=precision)
        generation = live.generation
    if as_json:
        print_json(
            {
                "question": question,
                **found.as_dict(),
                "generation": generation.id,
                "model": generation.model_version,
                "matches": [_as_dict(match) for match in matches[:limit]],
            }
        )
        return
    print(found.text() if matches else f"Nothing found.\n{found.text()}")
    for number, match in enumerate(matches[:limit], start=1):
        _show(number, match)


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


def _show(number: int, match: "Match") -> None:
    """One answer over the full width, below what it answers and how sure that is."""
    scores = ", ".join(f"{name.value} {score:.3f}" for name, score in match.scores.items())
    lines = [f"{number}. {match.pair.question}"]
    if match.matched_text != match.pair.question:
        lines.append(f"(matched: {match.matched_text})")
    if match.part:
        lines.append(f"(answers question {match.part} of the message)")
    lines += [f"confidence {match.confidence:.2f}; {scores}", "", match.pair.answer]
    print()
    print(indent("\n".join(lines), "   ").removeprefix("   "))
