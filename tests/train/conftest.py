"""The base model and the example FAQ, each made ready once."""

import json
import pickle
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from index.evaluation.datasets import read_pairs
from index.generations.live import Live
from index.generations.setup import initialise, open_engine
from index.model.served import ServedModel
from index.store import Store
from index.store.types import PairDraft, Phrasing
from tests.support.once import made_once
from tests.train.desk import HELPDESK, Desk, chatty_pairs, copy_sparsely, settings_of
from tests.train.stand_ins import use_stand_ins
from train.data import Snapshot, take_snapshot
from train.finetune.fit import FitContext, Fitted, fit
from train.promotion import candidate as candidate_module
from train.promotion import go_live as go_live_module
from train.promotion.rules import PromotionDecision
from train.settings import TrainSettings


@pytest.fixture(scope="session")
def helpdesk_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """URL of a store with the example FAQ, whose embedding cache fills as the tests go."""
    return f"sqlite:///{tmp_path_factory.mktemp('helpdesk') / 'faqbot.db'}"


@pytest.fixture(scope="session")
def helpdesk_store(helpdesk_url: str) -> Store:
    """That store, opened."""
    store = Store.open(helpdesk_url)
    store.pairs.upsert(read_pairs(HELPDESK))
    return store


@pytest.fixture(scope="session")
def helpdesk(helpdesk_store: Store) -> Snapshot:
    """The example FAQ as training sees it."""
    return take_snapshot(helpdesk_store)


@pytest.fixture(scope="session")
def reworded() -> Snapshot:
    """Some of the example FAQ, two in three pairs with further phrasings."""
    rows = [json.loads(line) for line in HELPDESK.read_text("utf-8").splitlines()[:60]]
    store = Store.open("sqlite://")
    store.pairs.upsert(
        [
            PairDraft(
                "helpdesk",
                row["id"],
                row["question"],
                row["answer"],
                tuple(Phrasing(text) for text in row["phrasings"][:2]) if i % 3 else (),
                topic=row["topic"],
            )
            for i, row in enumerate(rows)
        ]
    )
    snapshot = take_snapshot(store)
    store.close()
    return snapshot


@pytest.fixture(scope="session")
def prepared(base_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the pairs, their embeddings, and the base generation; to be copied."""

    def make(folder: Path) -> None:
        settings = settings_of(folder)
        settings.models_dir.mkdir()
        (settings.models_dir / "base").symlink_to(base_models / "base")
        engine = open_engine(settings)
        with closing(Store.open(settings.store_url)) as store:
            store.pairs.upsert(chatty_pairs())
            initialise(settings, store, engine)
            with closing(Live.open(settings, store, engine)) as live:
                live.catch_up()

    return made_once(tmp_path_factory, "faq-for-retrains", make)


@pytest.fixture(scope="session")
def base(base_models: Path) -> ServedModel:
    return ServedModel.load(base_models, "base", "cpu")


@pytest.fixture(scope="session")
def trained_file(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What there is to know of a head trained on those pairs, as a pickle of `Fitted`."""

    def make(folder: Path) -> None:
        settings = settings_of(prepared)
        with closing(Store(settings.store_url)) as store:
            context = FitContext(
                settings.models_dir,
                parent="base",
                cache=store.embeddings,
                folder=folder / "fit",
                device="cpu",
            )
            fitted = fit(take_snapshot(store), TrainSettings(depth="head"), context)
        (folder / "fitted.pickle").write_bytes(pickle.dumps(fitted))

    return made_once(tmp_path_factory, "head-for-retrains", make) / "fitted.pickle"


@pytest.fixture(scope="session")
def trained(trained_file: Path) -> Fitted:
    """That head."""
    fitted = pickle.loads(trained_file.read_bytes())
    assert isinstance(fitted, Fitted)
    return fitted


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

    use_stand_ins(monkeypatch, trained, base)
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
    monkeypatch.setattr(candidate_module, "decide_ranking_promotion", lambda *args: refusal)


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
