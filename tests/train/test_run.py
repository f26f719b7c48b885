"""A retrain from beginning to end, on a real store, model and index."""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.errors import SearchIndexError, SettingsError, StoreError
from index.generations.live import Live
from index.generations.setup import initialise, load_embedder, open_engine
from index.jobs.protocol import Cancelled, JobEnding, JobOrder
from index.jobs.results import GoldenCheck
from index.model.embedder import Embedder
from index.model.served import ServedModel
from index.model.versions import verify
from index.query.cleaning import read
from index.ranking.ranker_file import read_ranker, shipped
from index.settings import IndexSettings
from index.store import Store
from index.store.leases import Claim
from index.store.types import Generation, Job, JobKind, JobState, PairDraft, Phrasing, Status
from train import run as module
from train.data import take_snapshot
from train.errors import TrainingFailed
from train.finetune.fit import FitContext, Fitted, fit
from train.promotion import candidate as candidate_module
from train.promotion import go_live as go_live_module
from train.promotion.candidate import TRAINING, TrainedCandidate
from train.promotion.report import draw
from train.promotion.rules import PromotionDecision
from train.ranker import fit as ranking_module
from train.ranker.examples import speller_of
from train.ranker.simulated_search import SimulatedQuestion
from train.run import SCRATCH, retrain, sweep
from train.settings import TrainSettings

HELPDESK = Path(__file__).parents[2] / "examples" / "helpdesk.jsonl"
ME = "tests"

# What askers of this desk begin with says nothing of what they want, and the base model does not
# know that: a head learns it from the training side, and is better on the held-out side too.
OPENINGS = (
    "Ticket from building 7, second floor, urgent:",
    "Hi team, hope you are all well, quick question about",
    "Forwarded by the service portal for the Berlin office -",
    "Customer success asks on behalf of a new colleague:",
    "Good morning everybody, sorry to bother you again,",
    "Asked in the onboarding call on Monday:",
)


def chatty_pairs() -> list[PairDraft]:
    generator = random.Random(1)

    def chatty(text: str) -> str:
        return f"{generator.choice(OPENINGS)} {text}"

    rows = [json.loads(line) for line in HELPDESK.read_text("utf-8").splitlines()]
    return [
        PairDraft(
            "helpdesk",
            row["id"],
            chatty(row["question"]),
            row["answer"],
            tuple(Phrasing(chatty(text)) for text in row["phrasings"][:2]),
        )
        for row in rows
    ]


def settings_of(folder: Path) -> IndexSettings:
    return IndexSettings(data_dir=folder, device="cpu")


@pytest.fixture(scope="module")
def prepared(base_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the pairs, their embeddings, and the base generation; to be copied."""
    folder = tmp_path_factory.mktemp("prepared")
    settings = settings_of(folder)
    settings.models_dir.mkdir()
    (settings.models_dir / "base").symlink_to(base_models / "base")
    engine = open_engine(settings)
    with closing(Store.open(settings.store_url)) as store:
        store.pairs.upsert(chatty_pairs())
        initialise(settings, store, engine)
        with closing(Live.open(settings, store, engine)) as live:
            live.catch_up()
    return folder


@pytest.fixture(scope="module")
def base(base_models: Path) -> ServedModel:
    return ServedModel.load(base_models, "base", "cpu")


@pytest.fixture(scope="module")
def trained(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    """A head trained on those pairs."""
    settings = settings_of(prepared)
    with closing(Store(settings.store_url)) as store:
        return fit(
            take_snapshot(store),
            TrainSettings(depth="head"),
            FitContext(
                settings.models_dir,
                parent="base",
                cache=store.embeddings,
                folder=tmp_path_factory.mktemp("trained") / "fit",
                device="cpu",
            ),
        )


def copy_sparsely(source: str, target: str) -> None:
    """Copy a file without its zeros: most of a collection is space that is set aside for more."""
    with open(source, "rb") as read, open(target, "wb") as write:
        while chunk := read.read(1 << 18):
            if chunk.count(0) == len(chunk):
                write.seek(len(chunk), os.SEEK_CUR)
            else:
                write.write(chunk)
        write.truncate()


@dataclass
class Desk:
    """A data folder of a test's own, and jobs on it."""

    settings: IndexSettings
    store: Store

    def begin(self, **arguments: Any) -> Job:
        return self.store.jobs.begin(JobKind.RETRAIN, ME, arguments=arguments)

    def order(self, job: Job) -> JobOrder:
        return JobOrder(Claim(job.id, ME), JobKind.RETRAIN, job.arguments, self.settings, None)

    def retrain(
        self, report: Callable[[float, str], None] = lambda share, what: None, **arguments: Any
    ) -> JobEnding:
        """One retrain in this process, its end recorded as the parent would."""
        job = self.begin(**arguments)
        try:
            ending = retrain(self.order(job), report)
        except BaseException:
            self.store.jobs.finish(job.id, JobState.FAILED, {}, owner=ME)
            raise
        result = ending.result.to_json()
        self.store.jobs.finish(job.id, ending.state, result, ending.detail, owner=ME)
        return ending

    def live(self) -> Generation:
        generation = self.store.generations.live()
        assert generation is not None
        return generation

    def versions(self) -> list[str]:
        return sorted(p.name for p in self.settings.models_dir.iterdir() if p.is_dir())

    def collections(self) -> list[str]:
        folder = self.settings.collections_dir
        return sorted(path.name for path in folder.iterdir() if path.is_dir())

    def assert_untouched(self) -> None:
        """The first generation answers, and nothing but a report is left of any run."""
        live = self.live()
        assert live.model_version == "base"
        assert self.versions() == ["base"]
        assert self.collections() == [live.collection]
        assert not list(self.settings.jobs_dir.glob(f"*/{SCRATCH}"))


@pytest.fixture
def desk(prepared: Path, tmp_path: Path) -> Iterator[Desk]:
    folder = tmp_path / "data"
    shutil.copytree(prepared, folder, symlinks=True, copy_function=copy_sparsely)
    settings = settings_of(folder)
    with closing(Store(settings.store_url)) as store:
        yield Desk(settings, store)


@pytest.fixture
def quick(desk: Desk, trained: Fitted, base: ServedModel, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk where training, loading the base model and drawing have been done before."""

    def fit_at_once(data: Any, settings: Any, context: FitContext, **options: Any) -> Fitted:
        shutil.copytree(trained.servable, context.folder, copy_function=os.link)
        return replace(trained, servable=context.folder)

    def load_at_once(settings: IndexSettings, store: Store, version: str) -> Embedder:
        if version == "base":
            return Embedder(base, store.embeddings)
        return load_embedder(settings, store, version)

    def draw_nothing(folder: Path, *args: Any) -> dict[str, Path]:
        (folder / "nights.png").touch()
        return {"nights.png": folder / "nights.png"}

    monkeypatch.setattr(candidate_module, "fit", fit_at_once)
    monkeypatch.setattr(candidate_module, "load_embedder", load_at_once)
    monkeypatch.setattr(module.report, "draw", draw_nothing)
    return desk


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """No trained model is good enough."""
    refusal = PromotionDecision(promote=False, reason="no better", inputs={})
    monkeypatch.setattr(candidate_module, "decide_promotion", lambda *args: refusal)


@pytest.fixture
def same_ranking(monkeypatch: pytest.MonkeyPatch) -> None:
    """No new ranker is good enough."""
    refusal = PromotionDecision(promote=False, reason="no better ranking", inputs={})
    monkeypatch.setattr(
        candidate_module, "decide_ranking_promotion", lambda *args, loses_answers: refusal
    )


@pytest.fixture
def wrong_when_built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first index asked is right about golden questions, all others wrong; gives who was."""
    answers_right = go_live_module.answers_right
    asked: list[str] = []

    def answer(searcher: Any, questions: Any, pairs: Any) -> set[int]:
        asked.append(searcher._embedder.model.version)
        return answers_right(searcher, questions, pairs) if len(asked) == 1 else set()

    for asking in (candidate_module, go_live_module):
        monkeypatch.setattr(asking, "answers_right", answer)
    return asked


def start_child(desk: Desk, job: Job) -> "subprocess.Popen[str]":
    child = subprocess.Popen(
        [sys.executable, "-m", "train"],
        # Threads that wait for each other crawl where the tests are not alone.
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    order = {
        "job_id": job.id,
        "owner": ME,
        "kind": "retrain",
        "arguments": job.arguments,
        "index": desk.settings.revealed(),
        "config": None,
        "nice": False,
    }
    assert child.stdin
    child.stdin.write(json.dumps(order) + "\n")
    child.stdin.flush()
    return child


@pytest.mark.slow
def test_a_child_process_trains_a_better_model_and_switches_to_it(desk: Desk) -> None:
    job = desk.begin(depth="head")
    before = desk.live()

    child = start_child(desk, job)
    assert child.stdout
    assert child.stderr
    lines = [json.loads(line) for line in child.stdout]
    stderr = child.stderr.read()

    ending = lines[-1]
    assert ending["state"] == "done", stderr
    result = ending["result"]
    assert (result["promoted"], result["model_version"]) == (True, f"retrain-{job.id}")
    assert result["mrr"]["candidate"] > result["mrr"]["live"]
    assert ending["detail"].startswith("better: MRR +")
    shares = [line["progress"] for line in lines[:-1]]
    assert shares == sorted(shares)
    for pair in chatty_pairs():
        assert pair.question not in stderr, "no text of anybody in a log"
    live = desk.live()
    assert live.id == result["generation"] != before.id
    manifest = verify(desk.settings.models_dir, live.model_version)
    assert (manifest.parent, manifest.data_revision) == ("base", desk.store.pairs.revision())
    assert manifest.metrics["mrr"] == pytest.approx(result["mrr"]["candidate"])
    kept = {"ranking.json", "report.json", "report.md", "nights.png", "confidence.png"}
    assert kept <= manifest.files.keys()
    with closing(Live.open(desk.settings, desk.store, open_engine(desk.settings))) as opened:
        question = chatty_pairs()[0]
        matches = opened.searcher.search(opened.searcher.read(question.question))
        assert matches[0].pair.id == question.id
    folder = desk.settings.jobs_dir / str(job.id)
    report = json.loads((folder / "report.json").read_text())
    assert report["result"]["generation"] == live.id
    assert report["decision"]["promote"] is True
    ranker = read_ranker(desk.settings.models_dir / live.model_version)
    constants = asdict(ranker)
    constants["held_out"] = constants.pop("precision_curve")
    assert report["ranking"]["ranker"] == json.loads(json.dumps(constants))
    assert {"held_out", "develop", "train"} == report["metrics"].keys()
    assert not (folder / SCRATCH).exists()


@pytest.mark.slow
def test_a_killed_child_leaves_the_live_generation_and_the_next_run_is_clean(desk: Desk) -> None:
    job = desk.begin(depth="head")
    before = desk.live()
    child = start_child(desk, job)
    assert child.stdout
    for line in child.stdout:
        if json.loads(line).get("detail", "").startswith("checking the index"):
            break
    child.kill()
    child.communicate()

    assert desk.live() == before
    assert f"retrain-{job.id}" in desk.versions(), "it was killed in the middle"
    desk.store.jobs.finish(job.id, JobState.FAILED, {}, owner=ME)
    ending = desk.retrain(depth="head")

    live = desk.live()
    assert ending.result.promoted
    assert desk.versions() == ["base", live.model_version]
    assert desk.collections() == sorted([before.collection, live.collection])
    assert not list(desk.settings.jobs_dir.glob(f"*/{SCRATCH}"))


def test_a_model_that_is_better_goes_live_once(quick: Desk) -> None:
    first = quick.retrain()
    second = quick.retrain()

    assert first.result.promoted
    assert not second.result.promoted
    assert second.detail.startswith("not proven better: MRR +0.000 (+0.000 to +0.000)")
    assert quick.live().id == first.result.generation
    assert quick.versions() == ["base", "retrain-1"]
    third = quick.retrain()
    assert third.result.skipped
    assert third.detail == "nothing has changed since retrain 2: same data, model and settings"


def test_a_dry_run_changes_nothing_and_says_what_would_happen(quick: Desk) -> None:
    ending = quick.retrain(dry_run=True)

    assert ending.detail.startswith("would go live: better: MRR +")
    assert (ending.result.promoted, ending.result.dry_run) == (False, True)
    quick.assert_untouched()
    report = (quick.settings.jobs_dir / "1" / "report.md").read_text()
    assert report.startswith("# Retrain 1: tried, nothing changed\n\nWould go live: better")
    assert "- **MRR** (mean reciprocal rank): " in report, "what its terms mean stands in it"
    assert quick.retrain().result.promoted, "a dry run does not stand for a run"


def test_too_few_pairs_are_said_in_one_line(desk: Desk) -> None:
    ids = [pair.id for pair in take_snapshot(desk.store).train[10:]]
    desk.store.pairs.set_status(ids, Status.RETIRED)

    ending = desk.retrain()

    assert ending.state is JobState.DONE
    assert ending.result.skipped
    assert ending.detail.startswith("too few pairs: 10 to train on")
    desk.assert_untouched()


def test_a_nightly_run_waits_for_enough_new_pairs(quick: Desk) -> None:
    quick.retrain()
    new = [PairDraft("new", str(i), f"What is {i}?", f"It is {i}.") for i in range(20)]
    quick.store.pairs.upsert(new[:19])

    nightly = quick.retrain(scheduled=True)
    assert nightly.result.skipped
    assert nightly.detail.startswith("too little is new: 19 pairs changed since retrain 1")

    quick.store.pairs.upsert(new)
    assert not quick.retrain(scheduled=True).result.skipped


@pytest.mark.parametrize(
    "step",
    [
        "training",
        "writing the model version",
        "checking the index",
        "switching",
    ],
)
def test_cancelled_at_any_step_it_leaves_nothing(quick: Desk, step: str) -> None:
    reached = []

    def report(share: float, what: str) -> None:
        if what.startswith(step):
            reached.append(what)
            raise Cancelled

    with pytest.raises(Cancelled):
        quick.retrain(report)

    assert reached
    quick.assert_untouched()


def test_cancelled_after_the_switch_it_has_gone_live(quick: Desk) -> None:
    def report(share: float, what: str) -> None:
        if what.startswith("tidying"):
            raise Cancelled

    ending = quick.retrain(report)

    assert ending.result.promoted
    assert quick.live().model_version == "retrain-1"


def test_a_job_that_lost_its_lease_does_not_switch(quick: Desk) -> None:
    def report(share: float, what: str) -> None:
        if what.startswith("switching"):
            quick.store.jobs.finish(1, JobState.FAILED, {}, owner=ME)

    with pytest.raises(Exception, match="does not go live"):
        quick.retrain(report)

    quick.assert_untouched()


def test_a_failed_build_leaves_nothing(quick: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(*args: object) -> Generation:
        raise SearchIndexError("the disk is full")

    monkeypatch.setattr(go_live_module, "build", build)

    with pytest.raises(SearchIndexError, match="the disk is full"):
        quick.retrain()

    quick.assert_untouched()
    folder = quick.settings.jobs_dir / "1"
    assert json.loads((folder / "report.json").read_text())["result"]["promoted"] is False
    assert "better, but not live" in (folder / "report.md").read_text().splitlines()[0]


def test_a_store_that_is_lost_while_switching_does_not_cost_the_live_model(
    quick: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*args: object) -> bool:
        raise StoreError("the store is gone")

    def switched_unheard(store: Store, *args: Any) -> None:
        switch(store, *args)
        lost()

    switch = go_live_module.switch
    monkeypatch.setattr(go_live_module, "switch", switched_unheard)
    monkeypatch.setattr(go_live_module, "discard", lost)

    with pytest.raises(StoreError):
        quick.retrain()

    assert quick.live().model_version == "retrain-1"
    assert "retrain-1" in quick.versions()


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


@pytest.mark.usefixtures("refused")
def test_a_golden_question_that_the_index_gets_wrong_stops_a_new_ranking(
    quick: Desk, wrong_when_built: list[str]
) -> None:
    golden_right(quick)

    ending = quick.retrain()

    assert wrong_when_built == ["base", "retrain-1"]
    assert ending.detail == "no better"
    quick.assert_untouched()


def test_a_name_that_is_taken_is_not_written_over(quick: Desk) -> None:
    shutil.copytree(quick.settings.models_dir / "base", quick.settings.models_dir / "retrain-1")

    ending = quick.retrain()

    assert ending.result.model_version == "retrain-1-2"
    assert quick.live().model_version == "retrain-1-2"


def golden_right(desk: Desk) -> str:
    """Pin a stored question, which both models get right; returns its pair."""
    pair = chatty_pairs()[3]
    desk.store.golden.add(pair.question, pair.id)
    return pair.id


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


def test_a_golden_question_that_the_built_index_gets_wrong_stops_the_switch(
    quick: Desk, wrong_when_built: list[str]
) -> None:
    golden_right(quick)

    ending = quick.retrain()

    assert wrong_when_built == ["base", "retrain-1"]
    assert ending.detail == "golden question 1 would be answered wrongly by the new index"
    assert not ending.result.promoted
    quick.assert_untouched()


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


def test_arguments_stand_in_for_the_settings(desk: Desk) -> None:
    def settings(**arguments: Any) -> TrainSettings:
        return module.settings_for(
            JobOrder(Claim(1, ME), JobKind.RETRAIN, arguments, desk.settings, None)
        )

    assert settings(depth="full", seed=7, head=None).depth == "full"
    assert settings(depth="full", seed=7).seed == 7
    assert settings() == TrainSettings.load(None)
    with pytest.raises(SettingsError, match="depth"):
        settings(depth="deep")


def test_what_a_killed_run_left_is_swept_away(tmp_path: Path) -> None:
    (tmp_path / "3" / SCRATCH / "fit").mkdir(parents=True)
    (tmp_path / "3" / SCRATCH / "fit" / "last.ckpt").write_bytes(b"x")
    (tmp_path / "3" / "report.json").write_text("{}")

    sweep(tmp_path)
    with suppress(FileNotFoundError):
        sweep(tmp_path / "missing")

    assert [path.name for path in (tmp_path / "3").iterdir()] == ["report.json"]
