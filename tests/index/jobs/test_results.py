"""What jobs' rows record of their outcome: the JSON stays as it is, and old rows can be read."""

import json
from dataclasses import replace
from typing import Any

import pytest

from index.jobs.results import (
    AnswersChange,
    Basis,
    CheckResult,
    GoldenCheck,
    ImportCounts,
    MetricPair,
    MrrChange,
    PurgeResult,
    RankingFigures,
    ReindexResult,
    RetrainResult,
    RollbackResult,
)

RETRAIN = RetrainResult(
    promoted=True,
    went_live="model",
    reason="better",
    data_revision=7,
    model_version="retrain-3",
    generation=4,
    basis=Basis(7, "base", {"depth": "head", "seed": 1}, ((3, "a-pair"),), "0f"),
    depth="head",
    precision_at_1=MetricPair(0.7, 0.75),
    mrr=MrrChange(0.8, 0.84, 0.04, 0.01, 0.07),
    n_held_out=120,
    golden=GoldenCheck(2, 0),
    ranking=RankingFigures("trained", 640, True, 0.021, None),
    texts=900,
    texts_encoded=30,
    seconds={"training": 12.5},
)
RETRAIN_JSON: dict[str, Any] = {
    "promoted": True,
    "went_live": "model",
    "skipped": False,
    "dry_run": False,
    "reason": "better",
    "data_revision": 7,
    "model_version": "retrain-3",
    "generation": 4,
    "basis": {
        "revision": 7,
        "live_model": "base",
        "settings": {"depth": "head", "seed": 1},
        "golden": [[3, "a-pair"]],
        "recipe": "0f",
    },
    "depth": "head",
    "precision_at_1": {"live": 0.7, "candidate": 0.75},
    "mrr": {"live": 0.8, "candidate": 0.84, "difference": 0.04, "low": 0.01, "high": 0.07},
    "n_held_out": 120,
    "golden": {"checked": 2, "flipped": 0},
    "ranking": {
        "model": "trained",
        "questions": 640,
        "fitted": True,
        "error": 0.021,
        "auroc": None,
    },
    "texts": 900,
    "texts_encoded": 30,
    "seconds": {"training": 12.5},
}


def test_a_retrain_is_recorded_under_the_names_it_always_had() -> None:
    assert json.dumps(RETRAIN.to_json()) == json.dumps(RETRAIN_JSON), "in this order, too"


def test_a_retrain_is_read_as_it_was_recorded() -> None:
    assert RetrainResult.from_json(json.loads(json.dumps(RETRAIN_JSON))) == RETRAIN


def test_a_retrain_that_was_skipped_records_no_figures() -> None:
    skipped = RetrainResult(skipped=True, reason="too few pairs", data_revision=7)

    assert skipped.to_json() == {
        "promoted": False,
        "went_live": None,
        "skipped": True,
        "dry_run": False,
        "reason": "too few pairs",
        "data_revision": 7,
        "model_version": None,
        "generation": None,
    }
    assert RetrainResult.from_json(skipped.to_json()) == skipped


def test_the_damaged_parts_of_a_retrain_are_left_out() -> None:
    damaged = {"precision_at_1": "?", "mrr": [1], "golden": None, "went_live": 3, "basis": {}}

    read = RetrainResult.from_json(RETRAIN_JSON | damaged | {"of a later version": 1})

    assert read == replace(
        RETRAIN, precision_at_1=None, mrr=None, golden=None, went_live=None, basis=None
    )


@pytest.mark.parametrize("recorded", [None, {}, [], "?", {"promoted": None}])
def test_what_records_nothing_is_a_retrain_that_changed_nothing(recorded: object) -> None:
    assert RetrainResult.from_json(recorded) == RetrainResult()


@pytest.mark.parametrize("change", [{"of a later version": 1}, {"golden": "?"}, {"recipe": None}])
def test_a_basis_that_differs_in_form_is_no_basis(change: dict[str, Any]) -> None:
    """So that it is taken for another one, and a retrain is worth it."""
    assert Basis.from_json(RETRAIN_JSON["basis"]) == RETRAIN.basis
    assert Basis.from_json(RETRAIN_JSON["basis"] | change) is None


@pytest.mark.parametrize(
    ("result", "recorded"),
    [
        (ReindexResult(3, "base"), {"generation": 3, "model_version": "base"}),
        (RollbackResult(3, "base", 4), {"generation": 3, "model_version": "base", "before": 4}),
        (
            PurgeResult(1, 2, 3, 4, 5),
            {
                "generations": 1,
                "collections": 2,
                "model_versions": 3,
                "embeddings": 4,
                "questions": 5,
            },
        ),
        (CheckResult(), {}),
        (CheckResult([]), {"problems": []}),
        (CheckResult(["1 is missing"], 9), {"problems": ["1 is missing"], "reindex": 9}),
    ],
)
def test_other_results_are_read_as_they_were_recorded(result: Any, recorded: Any) -> None:
    assert result.to_json() == recorded
    assert type(result).from_json(recorded) == result


@pytest.mark.parametrize("recorded", [None, {}, {"generation": "?", "model_version": "base"}])
def test_a_damaged_result_is_none(recorded: object) -> None:
    assert ReindexResult.from_json(recorded) is None


@pytest.mark.parametrize(
    ("recorded", "said"),
    [
        ({"read": 3, "added": 2, "unchanged": 0, "sources": ["kb"]}, "3 read, 2 added"),
        ({"read": "?", "added": 2}, "2 added"),
        ({}, "0 read"),
    ],
)
def test_an_import_is_told_in_counts(recorded: object, said: str) -> None:
    assert str(ImportCounts.from_json(recorded)) == said


def test_a_retrain_says_first_what_it_changes_for_people() -> None:
    change = AnswersChange(0.9, 200, before=78, right_before=74, after=82, right_after=80)

    assert change.in_words(is_live=True) == (
        "From now on 41 of 100 questions are answered without asking, 2% of them wrongly "
        "(before: 39 of 100 questions are answered, 5% of them wrongly)."
    )
    assert change.in_words(is_live=False) == (
        "Nothing changes: 39 of 100 questions are answered without asking, 5% of them wrongly."
    )


def test_automatic_answers_that_end_are_told_as_such() -> None:
    change = AnswersChange(0.9, 200, before=78, right_before=50, after=0, right_after=0)

    assert change.in_words(is_live=True).startswith(
        "From now on 0 of 100 questions are answered without asking (before: 39 of 100"
    )


def test_what_a_retrain_changes_is_recorded_with_it() -> None:
    change = AnswersChange(0.9, 200, 78, 74, 82, 80)
    recorded = json.loads(json.dumps(replace(RETRAIN, answers=change).to_json()))

    assert RetrainResult.from_json(recorded).answers == change
    assert RetrainResult.from_json(recorded).what_changes == change.in_words(is_live=True)
    assert RETRAIN.what_changes == ""
