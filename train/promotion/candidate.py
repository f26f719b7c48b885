"""A candidate: trained, compared with the live model, given a ranker, and judged."""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

from index.evaluation.golden import answers_right, in_force
from index.generations.live import TemporaryCopy
from index.generations.setup import load_embedder
from index.jobs.protocol import JobOrder
from index.model.embedder import Embedder
from index.model.served import ServedModel, load_head
from index.model.versions import SERVABLE, read_manifest, write_version
from index.progress import Report
from index.query.cleaning import read
from index.ranking.ranker_file import read_ranker, shipped
from index.store import Store
from index.store.types import Generation, Golden, Pair
from index.text import text_hash
from train.data import Snapshot, apart
from train.finetune.fit import Fitted, fit
from train.promotion import golden
from train.promotion.compare import (
    UNSEEN,
    Answered,
    Comparer,
    Model,
    compare_rankers,
    loses_automatic_answers,
)
from train.promotion.rules import (
    USUAL_PRECISION,
    PromotionDecision,
    decide_promotion,
    decide_ranking_promotion,
)
from train.ranker.examples import examples_for, speller_of
from train.ranker.fit import Fit, fit_ranker
from train.ranker.simulated_search import SimulatedQuestion, SimulatedSearch
from train.settings import TrainSettings

# Questions of the sides that decide nothing: enough for a figure in the report.
MOST_ASIDE = 1000
# Where training keeps its checkpoints, below the jobs' folders.
TRAINING = "training"


@dataclass
class Steps:
    """The steps of a run: told as they come, and how long each took.

    Attributes:
        seconds: By step.
    """

    report: Report
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, what: str, start: float, end: float) -> Iterator[Callable[[float], None]]:
        """A step from one share of the run to another; yields a function for the share of it."""
        began = time.perf_counter()
        self.report(start, what)
        try:
            yield lambda share: self.report(
                start + min(1.0, share) * (end - start), f"{what}, {min(1.0, share):.0%}"
            )
        finally:
            self.add(what, time.perf_counter() - began)

    def add(self, what: str, seconds: float) -> None:
        self.seconds[what] = round(self.seconds.get(what, 0.0) + seconds, 2)


@dataclass(frozen=True)
class Refit:
    """The live model's ranker, fitted anew because the trained model is not to go live.

    Attributes:
        seen: Whether the ranker in use was fitted to some of the same questions, and so looks
            better than it is.
    """

    fit: Fit
    seen: bool
    golden: golden.Checked
    decision: PromotionDecision


@dataclass(frozen=True)
class TrainedCandidate:
    """What came out.

    Attributes:
        version: The name the candidate has, and is to get.
        models_dir: Where the candidate is until then.
        sides: By side of the split, then by view.
        fit: The candidate's ranker.
        decision: On the candidate.
        refit: None where the candidate is to go live.
        golden_live: Ids of the golden questions that the live index answers rightly.
        texts: Different texts of the snapshot; `texts_encoded` of them were new.
    """

    version: str
    models_dir: Path
    fitted: Fitted
    sides: dict[str, dict[str, Answered]]
    fit: Fit
    golden: golden.Checked
    golden_live: set[int]
    decision: PromotionDecision
    refit: Refit | None
    search: SimulatedSearch
    texts: int
    texts_encoded: int

    @property
    def held_out(self) -> Answered:
        """What decides."""
        return self.sides["held_out"][UNSEEN]

    @property
    def goes_live(self) -> Literal["model", "ranking"] | None:
        """What is to go live: the trained model, a new ranker for the live one, or nothing."""
        if self.decision.promote:
            return "model"
        return "ranking" if self.refit and self.refit.decision.promote else None

    @property
    def reason(self) -> str:
        """Why, in one line."""
        if self.refit and self.goes_live == "ranking":
            return (
                f"kept the model, fitted the ranking anew: {self.refit.decision.reason}; "
                f"the trained model: {self.decision.reason}"
            )
        return self.decision.reason


def train_candidate(
    order: JobOrder,
    settings: TrainSettings,
    store: Store,
    snapshot: Snapshot,
    live: Generation,
    version: str,
    scratch: Path,
    steps: Steps,
) -> TrainedCandidate:
    """Train a candidate on a snapshot and judge it against the live model.

    Args:
        version: The name it gets.
        scratch: A folder for what is not kept.

    Raises:
        TrainingFailed: There is no candidate.
        ModelError: The live model is missing or damaged.
    """
    index = order.index
    with steps.step("encoding new texts", 0.02, 0.15) as share:
        embedder = load_embedder(index, store, live.model_version)
        search = SimulatedSearch(snapshot.pairs)
        texts_encoded = len(search.texts) - len(
            store.embeddings.known(
                embedder.model.manifest.encoder_id, [text_hash(text) for text in search.texts]
            )
        )
        encodings = embedder.encodings(search.texts, _counting(len(search.texts), share))
    training = index.jobs_dir / TRAINING
    with steps.step("training", 0.15, 0.68) as share, _checkpoints_in(training):
        fitted = fit(
            snapshot,
            settings,
            models_dir=index.models_dir,
            parent=live.model_version,
            cache=store.embeddings,
            folder=training,
            logs=order.folder,
            device=index.device,
            progress=lambda what, done: share(done) if what == "training" else None,
        )
    with steps.step("encoding with the trained model", 0.68, 0.76) as share:
        models_dir = scratch / "models"
        model = _candidate(order, version, live, fitted, models_dir, embedder.model, snapshot)
        shutil.rmtree(training, ignore_errors=True)
        candidate = Embedder(model, store.embeddings)
        if model.manifest.encoder_id == embedder.model.manifest.encoder_id:
            vectors = model.apply_head(encodings)
        else:
            vectors = candidate.embed(search.texts, _counting(len(search.texts), share))
    with steps.step("comparing", 0.76, 0.82) as share:
        before = embedder.model.apply_head(encodings)
        comparer = Comparer(
            search,
            Model.on_equal_terms(search, snapshot.develop, embedder, before),
            Model.on_equal_terms(search, snapshot.develop, candidate, vectors),
        )
        held_out = apart(snapshot.held_out, snapshot.train)
        sides = {"held_out": comparer.views(held_out)}
        share(0.6)
        sides["develop"] = comparer.views(snapshot.develop, MOST_ASIDE)
        share(0.8)
        sides["train"] = comparer.views(snapshot.train, MOST_ASIDE)
    # No model was trained on these, neither the candidate nor the live one.
    untrained = (*held_out, *snapshot.develop)
    with steps.step("fitting the ranking", 0.82, 0.84):
        fitted_ranker = _if_better(
            fit_ranker(examples_for(search, untrained, candidate, vectors), shipped())
        )
    with steps.step("asking the golden questions", 0.84, 0.85):
        questions = in_force(store.golden.all(), {p.id: p for p in snapshot.pairs})
        golden_live = _right_live(order, store, questions, scratch)
        live_model = Model(before, read_ranker(index.models_dir / live.model_version))
        checked = golden.check(
            questions,
            partial(_right_on_paper, search, embedder, live_model),
            partial(_right_on_paper, search, candidate, Model(vectors, fitted_ranker.ranker)),
        )
    decision = decide_promotion(sides["held_out"][UNSEEN].comparison, checked.ids)
    refit: Refit | None = None
    if not decision.promote:
        with steps.step("fitting the live model's ranking", 0.85, 0.86):
            refit = _refit(search, untrained, embedder, live_model, questions)
    return TrainedCandidate(
        version=version,
        models_dir=models_dir,
        fitted=fitted,
        sides=sides,
        fit=fitted_ranker,
        golden=checked,
        golden_live=golden_live,
        decision=decision,
        refit=refit,
        search=search,
        texts=len(search.texts),
        texts_encoded=texts_encoded,
    )


def move_servable(candidate: TrainedCandidate, folder: Path) -> None:
    """Move the candidate's servable to a folder, for `write_version`; it is not here after that."""
    shutil.move(candidate.models_dir / candidate.version / SERVABLE, folder)


def link_servable(version: Path, folder: Path) -> None:
    """Make a version's servable another one's too: its files are never written to.

    Args:
        version: The version's folder.
        folder: Where the servable is to be.
    """
    try:
        shutil.copytree(version / SERVABLE, folder, copy_function=os.link)
    except OSError:  # a file system that cannot
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(version / SERVABLE, folder)


def _candidate(
    order: JobOrder,
    version: str,
    live: Generation,
    fitted: Fitted,
    models_dir: Path,
    beside: ServedModel,
    snapshot: Snapshot,
) -> ServedModel:
    """The trained model, loaded as serving would load it."""
    parent = read_manifest(order.index.models_dir, live.model_version)
    dimension = int(load_head(str(fitted.servable)).output_size)
    write_version(
        models_dir,
        version,
        lambda folder: os.rename(fitted.servable, folder),
        base_encoder=parent.base_encoder,
        dimension=dimension,
        parent=live.model_version,
        data_revision=snapshot.revision,
    )
    return ServedModel.load(models_dir, version, order.index.device, beside)


def _if_better(fit: Fit) -> Fit:
    """A fit, with the ranker that it started from unless its own is proven better."""
    if fit.judged is None:
        return fit
    loses_answers = loses_automatic_answers(fit, shipped(), USUAL_PRECISION)
    decision = decide_ranking_promotion(
        compare_rankers(fit.judged), fit.questions, [], loses_answers=loses_answers
    )
    return fit if decision.promote else replace(fit, ranker=shipped())


def _refit(
    search: SimulatedSearch,
    pairs: Sequence[Pair],
    embedder: Embedder,
    live: Model,
    questions: Sequence[Golden],
) -> Refit:
    """Fit a ranker to the live model, and compare it with the one it has.

    It starts from the shipped constants as every fit does; so what one night fits does not depend
    on the nights before.
    """
    examples = examples_for(search, pairs, embedder, live.vectors)
    fit = fit_ranker(examples, shipped(), before=live.ranker)
    checked = golden.check(
        questions,
        partial(_right_on_paper, search, embedder, live),
        partial(_right_on_paper, search, embedder, replace(live, ranker=fit.ranker)),
    )
    comparison = compare_rankers(fit.judged) if fit.judged else None
    loses_answers = loses_automatic_answers(fit, live.ranker, USUAL_PRECISION)
    decision = decide_ranking_promotion(
        comparison, fit.questions, checked.ids, loses_answers=loses_answers
    )
    return Refit(fit, live.ranker.questions > 0, checked, decision)


@contextmanager
def _checkpoints_in(folder: Path) -> Iterator[None]:
    """Keep the checkpoints of a training that was interrupted, not of one that failed.

    The folder is not the run's own: where the data and the settings are still the same, the next
    run goes on from there; else it overwrites them.
    """
    try:
        yield
    except Exception:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _right_live(
    order: JobOrder, store: Store, questions: Sequence[Golden], scratch: Path
) -> set[int]:
    """What the live generation gets right, in a copy beside the process that serves it."""
    if not questions:
        return set()
    with closing(TemporaryCopy(order.index, store, scratch)) as copy:
        copy.catch_up()
        pairs = store.pairs.get([question.pair_id for question in questions])
        return answers_right(copy.searcher, questions, pairs)


def _right_on_paper(
    search: SimulatedSearch, embedder: Embedder, model: Model, questions: Sequence[Golden]
) -> set[int]:
    """What a model gets right, before there is a collection to search."""
    speller = speller_of(search, embedder)
    simulated = [
        SimulatedQuestion(
            read(question.question, speller).text, search.position[question.pair_id], unseen=False
        )
        for question in questions
    ]
    vectors = embedder.embed_queries([question.text for question in simulated])
    ranks = search.ranks(simulated, vectors, model.vectors, model.ranker)
    return {question.id for question, rank in zip(questions, ranks, strict=True) if rank == 1}


def _counting(total: int, share: Callable[[float], None]) -> Callable[[int], None]:
    """A progress function that is told of more, as one that is told the share."""
    done = 0

    def more(count: int) -> None:
        nonlocal done
        done += count
        share(done / max(1, total))

    return more
