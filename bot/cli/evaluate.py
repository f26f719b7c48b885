"""`faqbot evaluate`: how well queries find their answers, and whether confidence knows it."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.console import Context, opened_store, print_json, progress_bar, show
from index.errors import FaqbotError
from index.text import counted

if TYPE_CHECKING:
    from index.engines.base import Retriever
    from index.ranking.ranker import LearnedRanker
    from index.settings import IndexSettings


class RetrieverChoice(StrEnum):
    """What `--retriever` takes."""

    QUESTION = "question"
    ANSWER = "answer"
    BM25 = "bm25"
    ALL = "all"

    @property
    def retriever(self) -> "Retriever | None":
        """The one that was chosen; None for all."""
        from index.engines.base import Retriever

        return None if self is RetrieverChoice.ALL else Retriever(self.value)

    @property
    def retrievers(self) -> "tuple[Retriever, ...]":
        from index.engines.base import Retriever

        return tuple(Retriever) if self.retriever is None else (self.retriever,)


def register(app: typer.Typer) -> None:
    """Add to the command line what this module has."""
    app.command(
        epilog="Example: faqbot evaluate --pairs faq.jsonl --queries queries.jsonl --fit --json"
    )(evaluate)


def evaluate(
    context: typer.Context,
    pairs: Annotated[
        Path, typer.Option(help='JSONL rows {"id", "question", "answer"}; "phrasings" too.')
    ],
    queries: Annotated[
        Path, typer.Option(help='JSONL rows {"query", "relevant": [ids]}; [] = none is right.')
    ],
    retriever: Annotated[
        RetrieverChoice, typer.Option(help="One retriever alone, or all, ranked as the bot does.")
    ] = RetrieverChoice.ALL,
    fit: Annotated[
        bool, typer.Option("--fit", help="First fit the ranker, on the pairs alone.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure how well queries find their answers, over a throw-away index of the pairs.

    Uses the live model and its ranker where there is one, else the base model and the shipped
    ranker. Nothing is stored but the embedding cache. docs/ranking.md explains each measure.
    """
    from rich.table import Table

    from index.evaluation import evaluate as evaluation
    from index.evaluation.datasets import read_pairs, read_queries
    from index.generations.setup import load_embedder
    from index.model.base import ensure_base_version
    from index.ranking.ranker_file import read_ranker

    if fit and retriever is not RetrieverChoice.ALL:
        raise FaqbotError(
            f"--fit fits the ranking of all retrievers: leave out --retriever {retriever.value}"
        )
    drafts = read_pairs(pairs)
    asked = read_queries(queries, {draft.external_id for draft in drafts})
    settings: Context = context.obj
    index = settings.index
    with opened_store(index) as store:
        generation = store.generations.live()
        version = (
            generation.model_version
            if generation
            else ensure_base_version(index.models_dir, index.base_model, index.model_key).version
        )
        ranker = (
            fitted_ranker(index, pairs, version) if fit else read_ranker(index.models_dir / version)
        )
        embedder = load_embedder(index, store, version)
        with progress_bar("Evaluating") as report:
            result = evaluation.evaluate(
                drafts,
                asked,
                embedder,
                retriever=retriever.retriever,
                ranker=ranker,
                progress=lambda what, done, total: report(done, total),
            )
    figures = result.as_dict() | {
        "retriever": retriever.value,
        "model": version,
        "fitted_on": ranker.questions,
    }
    if as_json:
        print_json(figures)
        return
    table = Table("measure", "value", "95 % interval")
    for name, figure in result.estimates().items():
        if figure.value == figure.value:  # nothing is said where it is not a number
            interval = f"{figure.low:.3f} to {figure.high:.3f}"
            table.add_row(name, f"{figure.value:.3f}", interval)
    show(table)
    print(
        f"{result.n} queries with a right answer, {result.n_without_answer} without; "
        f"retriever {retriever.value}, model {version}"
    )
    if retriever is RetrieverChoice.ALL:
        print(
            f"ranker fitted on {counted(ranker.questions, 'question')}"
            if ranker.questions
            else "ranker: the shipped one; these pairs have too few answers with several wordings "
            "to fit one to"
            if fit
            else "ranker: the shipped one (--fit fits one to these pairs)"
        )


def fitted_ranker(index: "IndexSettings", pairs: Path, version: str) -> "LearnedRanker":
    """A ranker fitted to the pairs of a file, in a process of its own.

    Raises:
        FaqbotError: The training packages are missing, or the process ended without one.
    """
    import json
    import subprocess
    import sys
    import tempfile

    from index.jobs.extras import require_training
    from index.model.versions import RANKING
    from index.ranking.ranker_file import read_ranker

    require_training()
    with tempfile.TemporaryDirectory(prefix="faqbot-fit-") as folder:
        order = {
            "pairs": str(pairs.resolve()),
            "index": index.revealed(),
            "model": version,
            "ranker": str(Path(folder) / RANKING),
        }
        child = subprocess.Popen(
            [sys.executable, "-m", "train.ranker"],
            stdin=subprocess.PIPE,
            # Ours may be one JSON object, which no library must write into.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert child.stdin is not None
        assert child.stderr is not None
        with child, child.stdin as stdin:
            stdin.write(json.dumps(order))
            stdin.close()
            last = "no message"
            for line in child.stderr:
                last = line.strip() or last
                if sys.stderr.isatty():
                    print(f"ranker: {last}", file=sys.stderr)
        if child.returncode:
            raise FaqbotError(f"the ranker was not fitted: {last}")
        return read_ranker(Path(folder))
