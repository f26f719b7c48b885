"""The base model and the example FAQ, each made ready once."""

import json
from pathlib import Path

import pytest

from index.evaluation.datasets import read_pairs
from index.model.base import ensure_base_version
from index.store import Store
from index.store.types import PairDraft, Phrasing
from train.data import Snapshot, take_snapshot

HELPDESK = Path(__file__).parents[2] / "examples" / "helpdesk.jsonl"


@pytest.fixture(scope="session")
def base_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with the base version in it; to be read only."""
    import torch

    torch.set_num_threads(1)  # the tests' few short texts gain nothing by more
    folder = tmp_path_factory.mktemp("base") / "models"
    ensure_base_version(folder, "all-MiniLM-L6-v2")
    return folder


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
