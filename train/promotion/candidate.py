"""A candidate: trained, compared with the live model, given a ranker, and judged."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from index.evaluation.golden import answers_right, in_force
from index.generations.live import TemporaryCopy
from index.generations.setup import load_embedder
from index.jobs.results import AnswersChange
from index.model.embedder import Embedder
from index.model.served import ServedModel, load_head
from index.model.versions import Provenance, read_manifest, write_version
from index.query.cleaning import read
from index.ranking.ranker_file import read_ranker, shipped
from index.store.sides import apart
from index.store.types import Golden, Pair
from index.text import text_hash
from index.vectors import Matrix
from train.finetune.fit import FitContext, Fitted, fit
from train.promotion import golden
from train.promotion.answers import (
    answers_by_fit,
    answers_by_ranker,
    change_by_fit,
    compare_answers,
)
from train.promotion.compare import (
    UNSEEN,
    Answered,
    Comparer,
    Model,
    compare_rankers,
)
from train.promotion.context import RetrainRun
from train.promotion.rules import (
    PromotionDecision,
    decide_promotion,
    decide_ranking_promotion,
)
from train.ranker.examples import Example, examples_for, speller_of
from train.ranker.fit import Fit, fit_ranker
from train.ranker.simulated_search import SimulatedQuestion, SimulatedSearch

# Questions of the sides that decide nothing: enough for a figure in the report.
MOST_ASIDE = 1000
# Where training keeps its checkpoints, below the jobs' folders.
TRAINING = "training"


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
    answers: tuple[AnswersChange, ...]
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
    answers: tuple[AnswersChange, ...]
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
    def answers_change(self) -> AnswersChange | None:
        """What goes live changes for people, at the first of the stated precisions.

        None where there were too few questions to say.
        """
        changes = self.refit.answers if self.refit and self.refit.answers else self.answers
        return changes[0] if changes else None

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


@dataclass(frozen=True)
class _Contender:
    """One of the two models that are compared.

    Attributes:
        vectors: Of the snapshot's texts, of unit length; shape (texts, dimension).
    """

    embedder: Embedder
    vectors: Matrix


@dataclass(frozen=True)
class _Encoded:
    """The snapshot's texts as the live model has them.

    Attributes:
        encodings: By the encoder alone; shape (texts, encoder dimension).
        new: How many texts the embedding cache did not have.
    """

    search: SimulatedSearch
    encodings: Matrix
    live: _Contender
    new: int


def train_candidate(run: RetrainRun) -> TrainedCandidate:
    """Train a candidate on a run's snapshot and judge it against the live model.

    Raises:
        TrainingFailed: There is no candidate.
        ModelError: The live model is missing or damaged.
    """
    encoded = _encode(run)
    search, live = encoded.search, encoded.live
    fitted = _train(run)
    candidate = _embed(run, fitted, encoded)
    held_out = apart(run.snapshot.held_out, run.snapshot.train)
    sides = _compare(run, search, live, candidate, held_out)
    precisions = run.order.precisions
    # No model was trained on these, neither the candidate nor the live one.
    untrained = (*held_out, *run.snapshot.develop)
    with run.steps.step("fitting the ranking", 0.82, 0.84):
        examples = examples_for(search, untrained, candidate.embedder, candidate.vectors)
        ranking = _if_better(fit_ranker(examples, shipped()), precisions)
        live_examples = examples_for(search, untrained, live.embedder, live.vectors)
    with run.steps.step("asking the golden questions", 0.84, 0.85):
        questions = in_force(run.store.golden.all(), {p.id: p for p in run.snapshot.pairs})
        golden_live = _right_live(run, questions)
        ranker = read_ranker(run.order.index.models_dir / run.live.model_version)
        live_model = Model(live.vectors, ranker)
        trained_model = Model(candidate.vectors, ranking.ranker)
        checked = golden.check(
            questions,
            partial(_right_on_paper, search, live.embedder, live_model),
            partial(_right_on_paper, search, candidate.embedder, trained_model),
        )
    answers = compare_answers(
        answers_by_ranker(live_examples, ranker), answers_by_fit(ranking, examples), precisions
    )
    decision = decide_promotion(
        sides["held_out"][UNSEEN].comparison,
        checked.ids,
        answers,
        change_by_fit(ranking, shipped(), precisions),
    )
    refit: Refit | None = None
    if not decision.promote:
        with run.steps.step("fitting the live model's ranking", 0.85, 0.86):
            refit = _refit(search, live_examples, live.embedder, live_model, questions, precisions)
    return TrainedCandidate(
        version=run.version,
        models_dir=_models_dir(run),
        fitted=fitted,
        sides=sides,
        fit=ranking,
        golden=checked,
        golden_live=golden_live,
        answers=answers,
        decision=decision,
        refit=refit,
        search=search,
        texts=len(search.texts),
        texts_encoded=encoded.new,
    )


def _encode(run: RetrainRun) -> _Encoded:
    """Encode the snapshot's texts with the live model: those that the cache does not have."""
    with run.steps.step("encoding new texts", 0.02, 0.15) as share:
        embedder = load_embedder(run.order.index, run.store, run.live.model_version)
        search = SimulatedSearch(run.snapshot.pairs)
        known = run.store.embeddings.known(
            embedder.model.manifest.encoder_id, [text_hash(text) for text in search.texts]
        )
        encodings = embedder.encodings(search.texts, _counting(len(search.texts), share))
        live = _Contender(embedder, embedder.model.apply_head(encodings))
        return _Encoded(search, encodings, live, len(search.texts) - len(known))


def _train(run: RetrainRun) -> Fitted:
    """Train a model on the training side."""
    index = run.order.index
    training = index.jobs_dir / TRAINING
    with run.steps.step("training", 0.15, 0.68) as share, _checkpoints_in(training):
        return fit(
            run.snapshot,
            run.settings,
            FitContext(
                models_dir=index.models_dir,
                parent=run.live.model_version,
                cache=run.store.embeddings,
                folder=training,
                logs=run.order.folder,
                device=index.device,
                key=index.model_key,
            ),
            progress=lambda what, done: share(done) if what == "training" else None,
        )


def _embed(run: RetrainRun, fitted: Fitted, encoded: _Encoded) -> _Contender:
    """Load what was trained, and embed the snapshot's texts with it."""
    texts, before = encoded.search.texts, encoded.live.embedder.model
    with run.steps.step("encoding with the trained model", 0.68, 0.76) as share:
        model = _load(run, fitted, before)
        shutil.rmtree(run.order.index.jobs_dir / TRAINING, ignore_errors=True)
        embedder = Embedder(model, run.store.embeddings)
        if model.manifest.encoder_id == before.manifest.encoder_id:
            return _Contender(embedder, model.apply_head(encoded.encodings))
        return _Contender(embedder, embedder.embed(texts, _counting(len(texts), share)))


def _compare(
    run: RetrainRun,
    search: SimulatedSearch,
    live: _Contender,
    candidate: _Contender,
    held_out: Sequence[Pair],
) -> dict[str, dict[str, Answered]]:
    """Ask both models the questions of all sides; by side, then by view."""
    develop = run.snapshot.develop
    with run.steps.step("comparing", 0.76, 0.82) as share:
        comparer = Comparer(
            search,
            Model.on_equal_terms(search, develop, live.embedder, live.vectors),
            Model.on_equal_terms(search, develop, candidate.embedder, candidate.vectors),
        )
        sides = {"held_out": comparer.views(held_out)}
        share(0.6)
        sides["develop"] = comparer.views(develop, MOST_ASIDE)
        share(0.8)
        sides["train"] = comparer.views(run.snapshot.train, MOST_ASIDE)
    return sides


def _models_dir(run: RetrainRun) -> Path:
    """Where the candidate is until it is a model version like the others."""
    return run.scratch / "models"


def _load(run: RetrainRun, fitted: Fitted, beside: ServedModel) -> ServedModel:
    """The trained model, written as a version and loaded as serving would load it.

    Args:
        beside: The live model; where the encoder is the same it is not loaded twice.
    """
    index = run.order.index
    parent = read_manifest(index.models_dir, run.live.model_version, index.model_key)
    dimension = int(load_head(fitted.servable).output_size)
    write_version(
        _models_dir(run),
        run.version,
        lambda folder: os.rename(fitted.servable, folder),
        Provenance(
            base_encoder=parent.base_encoder,
            dimension=dimension,
            parent=run.live.model_version,
            data_revision=run.snapshot.revision,
        ),
        key=index.model_key,
    )
    return ServedModel.load(
        _models_dir(run), run.version, index.device, beside, key=index.model_key
    )


def _if_better(fit: Fit, precisions: Sequence[float]) -> Fit:
    """A fit, with the ranker that it started from unless its own is proven better."""
    if fit.judged is None:
        return fit
    answers = change_by_fit(fit, shipped(), precisions)
    decision = decide_ranking_promotion(compare_rankers(fit.judged), fit.questions, [], answers)
    return fit if decision.promote else replace(fit, ranker=shipped())


def _refit(
    search: SimulatedSearch,
    examples: Sequence[Example],
    embedder: Embedder,
    live: Model,
    questions: Sequence[Golden],
    precisions: Sequence[float],
) -> Refit:
    """Fit a ranker to the live model, and compare it with the one it has.

    It starts from the shipped constants as every fit does; so what one night fits does not depend
    on the nights before.
    """
    fit = fit_ranker(examples, shipped(), before=live.ranker)
    checked = golden.check(
        questions,
        partial(_right_on_paper, search, embedder, live),
        partial(_right_on_paper, search, embedder, replace(live, ranker=fit.ranker)),
    )
    comparison = compare_rankers(fit.judged) if fit.judged else None
    answers = change_by_fit(fit, live.ranker, precisions)
    decision = decide_ranking_promotion(comparison, fit.questions, checked.ids, answers)
    return Refit(fit, live.ranker.questions > 0, checked, answers, decision)


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


def _right_live(run: RetrainRun, questions: Sequence[Golden]) -> set[int]:
    """What the live generation gets right, in a copy beside the process that serves it."""
    if not questions:
        return set()
    with closing(TemporaryCopy(run.order.index, run.store, run.scratch)) as copy:
        copy.catch_up()
        pairs = run.store.pairs.get([question.pair_id for question in questions])
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
