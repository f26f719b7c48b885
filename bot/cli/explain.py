"""`faqbot explain`: why the bot answers a question as it does."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.ask import opened_for_question
from bot.cli.console import Context, print_json, show
from bot.cli.verdict import verdict
from index.text import counted

if TYPE_CHECKING:
    from index.ranking.explanation import Explained, Explanation, Part

# Candidates beside each other: more do not fit into 80 columns.
_ABREAST = 3


def register(app: typer.Typer) -> None:
    """Add to the command line what this module has."""
    app.command(epilog="Example: faqbot explain 'vpn keeps disconnecting'")(explain)


def explain(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="The question, as an asker would type it.")],
    channel: Annotated[
        str | None, typer.Option(help="Ask as in this channel: its id, such as C0123.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=20, help="How many candidates to show.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Why the bot answers a question as it does: candidates, features, confidence, threshold.

    docs/ranking.md says what each feature and signal means.
    """
    from bot import thresholds
    from index.ranking.decision import MAX_SHOWN
    from index.store.visibility import Place

    settings: Context = context.obj
    precision = settings.bot.precision_in(channel)
    with opened_for_question(question, settings) as live:
        query = live.searcher.read(question)
        place = Place(channel) if channel else None
        explanation = live.searcher.explain(query, place=place)
        matches = live.searcher.search(query, place=place, limit=MAX_SHOWN)
        found = verdict(question, matches, live, precision=precision)
        shown = [row.candidate.evidence.pair_id for row in explanation.candidates[:limit]]
        questions = {i: pair.question for i, pair in live.pairs.get(shown).items()}
        means = thresholds.explain(live.ranker, precision)
    if as_json:
        print_json(
            _explained_dict(explanation, questions, limit)
            | found.as_dict()
            | {"part": matches[0].part if matches else 0}
        )
        return
    _show_explanation(explanation, questions, limit)
    if matches and matches[0].part:
        print(
            f"Question {matches[0].part} by itself finds a surer answer, and that decides: "
            f"{matches[0].pair.question} (confidence {matches[0].confidence:.2f}). "
            "Explain that question alone to see why."
        )
    if matches and matches[0].without_picks is not None:
        print(
            "Without the wordings that were learnt from picks the first would have a confidence "
            f"of {matches[0].without_picks:.2f}; they are no reason to answer where several fit."
        )
    print(f"Precision of {means}.")
    print(found.text())


def _explained_dict(
    explanation: "Explanation", questions: dict[str, str], limit: int
) -> dict[str, Any]:
    def parts(rows: "tuple[Part, ...]") -> dict[str, dict[str, float]]:
        return {r.name: {"value": round(r.value, 4), "adds": round(r.adds, 4)} for r in rows}

    return {
        "searched": explanation.query.text,
        "parts": explanation.query.parts,
        "corrections": dict(explanation.query.corrections),
        "fitted_on": explanation.fitted_on,
        "candidates": [
            {
                "pair_id": row.candidate.evidence.pair_id,
                "question": questions.get(row.candidate.evidence.pair_id),
                "matched_text": row.candidate.evidence.matched_text,
                "score": round(row.candidate.score, 4),
                "share": round(row.share, 4),
                "confidence": round(row.candidate.confidence, 4),
                "features": parts(row.features),
            }
            for row in explanation.candidates[:limit]
        ],
        "none": explanation.none,
        "confidence": {
            "intercept": explanation.intercept,
            "signals": parts(explanation.signals),
            "log_odds": round(explanation.log_odds, 4),
            "calibration": explanation.calibration,
            "confidence": round(explanation.confidence, 4),
        },
    }


def _show_explanation(explanation: "Explanation", questions: dict[str, str], limit: int) -> None:
    from rich.table import Table

    query = explanation.query
    print(f"Searched for: {query.text}")
    for typed, meant in query.corrections:
        print(f"  {typed} was read as {meant}")
    for number, text in enumerate(query.parts, start=1):
        print(f"  question {number}, searched by itself too: {text}")
    if not explanation.candidates:
        print("Nothing found.")
        return
    rows = explanation.candidates[:limit]
    print()
    for number, row in enumerate(rows, start=1):
        evidence = row.candidate.evidence
        print(f"{number}. {questions.get(evidence.pair_id, evidence.matched_text)}")
        if evidence.matched_text != questions.get(evidence.pair_id):
            print(f"   matched: {evidence.matched_text}")
    for start in range(0, len(rows), _ABREAST):
        _show_candidates(rows[start : start + _ABREAST], start + 1, explanation.none)
    table = Table("confidence in 1.", "value", "adds")
    for part in explanation.signals:
        if part.adds:
            table.add_row(part.name, f"{part.value:.2f}", f"{part.adds:+.2f}")
    table.add_row("intercept", "", f"{explanation.intercept:+.2f}")
    table.add_row("= log-odds", "", f"{explanation.log_odds:+.2f}")
    table.add_row(f"calibrated ({explanation.calibration})", "", f"{explanation.confidence:.2f}")
    show(table)
    print(
        f"The ranker was fitted on {counted(explanation.fitted_on, 'question')}."
        if explanation.fitted_on
        else "The ranker is the shipped one; a retrain fits one to this FAQ."
    )


def _show_candidates(rows: "tuple[Explained, ...]", first: int, none: float) -> None:
    """Features and scores of a few candidates, numbered from `first`."""
    from rich.table import Table

    table = Table("feature", *(f"{n}. value adds" for n in range(first, first + len(rows))))
    for place, part in enumerate(rows[0].features):
        if any(row.features[place].value for row in rows):
            cells = [f"{r.features[place].value:.2f} {r.features[place].adds:+6.2f}" for r in rows]
            table.add_row(part.name, *cells)
    table.add_row("= score", *(f"{row.candidate.score:.2f}" for row in rows))
    table.add_row(f"share (none of them: {none:.2f})", *(f"{row.share:.1%}" for row in rows))
    table.add_row("confidence", *(f"{row.candidate.confidence:.2f}" for row in rows))
    show(table)
