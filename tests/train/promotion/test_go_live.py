"""A candidate goes live whole, or leaves nothing: on a real store, model and index."""

import json
from typing import Any

import pytest
from pydantic import SecretStr

from index.errors import ModelError, SearchIndexError, StoreError
from index.jobs.protocol import Cancelled
from index.model.versions import verify
from index.store import Store
from index.store.types import Generation, JobState
from tests.index.models import prepare_file
from tests.train.desk import ME, Desk, golden_right
from train.promotion import go_live as go_live_module


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


@pytest.mark.parametrize("what", ["model", "ranking"])
def test_with_a_key_what_goes_live_is_signed(
    quick: Desk, what: str, request: pytest.FixtureRequest
) -> None:
    if what == "ranking":
        request.getfixturevalue("refused")
    key = SecretStr("a key")
    desk = quick.with_key(key)

    ending = desk.retrain()

    assert ending.result.went_live == what
    assert desk.live().model_version == "retrain-1"
    assert verify(desk.settings.models_dir, "retrain-1", key).is_signed_with(key)


def test_a_new_ranking_does_not_vouch_for_a_model_that_was_changed_meanwhile(
    quick: Desk, refused: None
) -> None:
    key = SecretStr("a key")
    desk = quick.with_key(key)

    def report(share: float, what: str) -> None:
        if what.startswith("writing the model version"):
            weights = "servable/encoders/default/model.safetensors"
            prepare_file(desk.settings.models_dir / "base", weights, b"other weights")

    with pytest.raises(ModelError, match="its signature is not of"):
        desk.retrain(report)

    desk.assert_untouched()


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


@pytest.mark.usefixtures("refused")
def test_a_golden_question_that_the_index_gets_wrong_stops_a_new_ranking(
    quick: Desk, wrong_when_built: list[str]
) -> None:
    golden_right(quick)

    ending = quick.retrain()

    assert wrong_when_built == ["base", "retrain-1"]
    assert ending.detail == "no better"
    quick.assert_untouched()


def test_a_golden_question_that_the_built_index_gets_wrong_stops_the_switch(
    quick: Desk, wrong_when_built: list[str]
) -> None:
    golden_right(quick)

    ending = quick.retrain()

    assert wrong_when_built == ["base", "retrain-1"]
    assert ending.detail == "golden question 1 would be answered wrongly by the new index"
    assert not ending.result.promoted
    quick.assert_untouched()
