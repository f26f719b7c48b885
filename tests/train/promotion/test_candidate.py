"""A candidate is judged, and a refused one may leave the live model a better ranking."""

from contextlib import closing
from typing import Any

import numpy as np
import pytest

from index.generations.live import Live
from index.generations.setup import load_embedder, open_engine
from index.jobs.protocol import Cancelled
from index.jobs.results import GoldenCheck
from index.model.embedder import Embedder
from index.model.served import ServedModel
from index.model.versions import verify
from index.query.cleaning import read
from index.ranking.ranker_file import read_ranker, shipped
from index.store.types import PairDraft, Status
from tests.train.desk import Desk, chatty_pairs, golden_right
from train import run as module
from train.errors import TrainingFailed
from train.finetune.fit import FitContext, Fitted
from train.promotion import candidate as candidate_module
from train.promotion.candidate import TRAINING, TrainedCandidate
from train.promotion.report import draw
from train.ranker import fit as ranking_module
from train.ranker.examples import speller_of
from train.ranker.simulated_search import SimulatedQuestion


@pytest.mark.parametrize(
    ("end", "kept"), [(Cancelled(), True), (TrainingFailed("the loss is NaN"), False)]
)
def test_checkpoints_outlive_an_interruption_but_no_failure(
    quick: Desk, monkeypatch: pytest.MonkeyPatch, end: BaseException, kept: bool
) -> None:
    def interrupted(data: Any, settings: Any, context: FitContext, **options: Any) -> Fitted:
        context.folder.mkdir(parents=True)
        (context.folder / "last.ckpt").touch()
        raise end

    monkeypatch.setattr(candidate_module, "fit", interrupted)

    with pytest.raises(type(end)):
        quick.retrain()

    assert (quick.settings.jobs_dir / TRAINING / "last.ckpt").exists() is kept


@pytest.mark.usefixtures("refused", "same_ranking")
def test_embeddings_of_an_encoder_that_was_refused_are_forgotten(quick: Desk) -> None:
    before = quick.store.embeddings.count()
    refused = b"0" * 16
    quick.store.embeddings.put("refused", {refused: np.zeros(384, dtype=np.float32)})

    quick.retrain()

    assert quick.store.embeddings.known("refused", [refused]) == set()
    assert quick.store.embeddings.count() >= before
    quick.assert_untouched()


@pytest.mark.usefixtures("refused")
def test_a_refused_model_leaves_the_live_one_with_a_better_ranking(quick: Desk) -> None:
    models = quick.settings.models_dir
    golden_right(quick)

    ending = quick.retrain()

    result = ending.result
    assert ending.detail.startswith("kept the model, fitted the ranking anew: better: log loss -")
    assert ending.detail.endswith("; the trained model: no better")
    assert (result.promoted, result.went_live) == (False, "ranking")
    assert (result.ranking.model, result.ranking.fitted) == ("live", True)
    assert result.golden == GoldenCheck(1, 0)
    live = quick.live()
    assert (live.id, live.model_version) == (result.generation, "retrain-1")
    before, after = verify(models, "base"), verify(models, "retrain-1")
    assert (after.parent, after.encoder_id) == ("base", before.encoder_id)
    for name, checksum in before.files.items():
        if name.startswith("servable/"):
            assert after.files[name] == checksum
    assert read_ranker(models / "retrain-1").questions == result.ranking.questions > 0
    report = (quick.settings.jobs_dir / "1" / "report.md").read_text()
    assert report.startswith("# Retrain 1: the model stays, its ranking was fitted anew (retrain-1")
    assert "A ranker was fitted to the live model" in report
    assert "It goes live: better: log loss" in report
    with closing(Live.open(quick.settings, quick.store, open_engine(quick.settings))) as opened:
        question = chatty_pairs()[0]
        query = opened.searcher.read(question.question)
        assert opened.searcher.search(query)[0].pair.id == question.id


@pytest.mark.usefixtures("refused")
def test_a_better_ranking_that_would_end_automatic_answers_stays_out(quick: Desk) -> None:
    # It puts far more right answers first, but proves no threshold; 4 of 5 answers are right now.
    quick.precisions = (0.9,)

    ending = quick.retrain()

    assert ending.result.went_live is None
    assert ending.result.what_changes == (
        "Nothing changes: 4 of 100 questions are answered without asking, 20% of them wrongly."
    )
    quick.assert_untouched()
    report = (quick.settings.jobs_dir / "1" / "report.md").read_text()
    assert "fewer questions would be answered without asking: 0 instead of 5" in report


@pytest.mark.usefixtures("refused")
def test_too_few_questions_leave_the_ranking_as_shipped(
    quick: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking_module, "MIN_QUESTIONS", 10_000)
    monkeypatch.setattr(module.report, "draw", draw)

    ending = quick.retrain()

    assert ending.detail == "no better"
    assert ending.result.ranking.fitted is False
    quick.assert_untouched()
    folder = quick.settings.jobs_dir / "1"
    assert "questions are too few to fit a ranker to" in (folder / "report.md").read_text()
    assert "confidence.png" not in (folder / "report.md").read_text()
    pictures = {path.name for path in folder.glob("*.png")}
    assert pictures == {"nights.png", "flips.png", "training.png"}


@pytest.mark.usefixtures("refused")
def test_a_new_ranking_takes_the_place_of_one_once(quick: Desk) -> None:
    quick.retrain()
    quick.store.pairs.upsert([PairDraft("new", "1", "What is one?", "It is one.")])

    again = quick.retrain()

    assert again.detail == "no better"
    assert quick.live().model_version == "retrain-1"
    report = (quick.settings.jobs_dir / "2" / "report.md").read_text()
    assert "The one in use stays: not proven better: log loss" in report


@pytest.mark.usefixtures("refused")
def test_a_dry_run_fits_a_ranking_that_does_not_go_live(quick: Desk) -> None:
    ending = quick.retrain(dry_run=True)

    assert ending.detail.startswith("would go live: kept the model, fitted the ranking anew: ")
    assert ending.result.went_live is None
    quick.assert_untouched()


@pytest.mark.usefixtures("refused")
def test_a_golden_question_guards_the_ranking_too(
    quick: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    golden_right(quick)
    right_on_paper = candidate_module._right_on_paper

    def only_as_it_is(search: Any, embedder: Any, model: Any, questions: Any) -> set[int]:
        is_live = model.ranker == shipped()
        return right_on_paper(search, embedder, model, questions) if is_live else set()

    monkeypatch.setattr(candidate_module, "_right_on_paper", only_as_it_is)

    ending = quick.retrain()

    assert ending.detail == "no better"
    quick.assert_untouched()
    report = (quick.settings.jobs_dir / "1" / "report.md").read_text()
    assert "The one in use stays: golden question 1 would be answered wrongly; log loss" in report


def test_golden_questions_that_stay_right_let_a_model_go_live(quick: Desk) -> None:
    golden_right(quick)

    ending = quick.retrain()

    assert ending.result.promoted
    assert ending.result.golden == GoldenCheck(1, 0)


@pytest.mark.usefixtures("same_ranking")
def test_a_golden_question_that_flips_to_wrong_stops_a_better_model(quick: Desk) -> None:
    text, pair_id = question_that_flips(quick)
    pinned = quick.store.golden.add(text, pair_id)
    assert pinned

    ending = quick.retrain()

    assert ending.detail.startswith(f"golden question {pinned.id} would be answered wrongly; MRR +")
    assert ending.result.golden == GoldenCheck(1, 1)
    quick.assert_untouched()
    reports = [path.read_text() for path in quick.settings.jobs_dir.glob("*/report.md")]
    assert any(f"flips to wrong: {text}" in report for report in reports)


def test_a_golden_question_of_a_retired_pair_is_left_out(quick: Desk) -> None:
    quick.store.pairs.set_status([golden_right(quick)], Status.RETIRED)

    assert quick.retrain(dry_run=True).result.golden == GoldenCheck(0, 0)


def question_that_flips(desk: Desk) -> tuple[str, str]:
    """A question that the base model answers rightly and the trained one does not, and its pair."""
    candidates: list[TrainedCandidate] = []
    embedders: list[Embedder] = []
    train_candidate = module.train_candidate

    def keeping(*args: Any) -> TrainedCandidate:
        candidates.append(candidate := train_candidate(*args))
        # While it is there: a dry run's candidate goes with the run.
        served = ServedModel.load(candidate.models_dir, candidate.version, "cpu")
        embedders.append(Embedder(served, desk.store.embeddings))
        return candidate

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "train_candidate", keeping)
        desk.retrain(dry_run=True)
    embedders.insert(0, load_embedder(desk.settings, desk.store, "base"))
    search = candidates[0].search
    speller = speller_of(search, embedders[0])
    # Half of one pair's question and half of another's: some of them are close calls.
    asked = [
        SimulatedQuestion(
            read(f"{a.question} {b.question}", speller).text, search.position[a.id], unseen=False
        )
        for i, a in enumerate(search.pairs)
        for b in search.pairs[i + 1 : i + 3]
    ]
    encoded = embedders[0].model.encode([question.text for question in asked])
    base, trained = (
        search.ranks(
            asked,
            embedder.model.apply_head(encoded),  # both have the same encoder
            embedder.embed(list(search.texts)),
            ranker,
        )
        for embedder, ranker in zip(embedders, (shipped(), candidates[0].fit.ranker), strict=True)
    )
    chosen = asked[int(np.flatnonzero((base == 1) & (trained > 1))[0])]
    return chosen.text, search.pairs[chosen.pair].id
