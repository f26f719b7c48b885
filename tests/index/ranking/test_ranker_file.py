"""A ranker's constants on disk."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from index.errors import ModelError
from index.model.versions import RANKING
from index.ranking.calibration import Calibration, PrecisionCurve
from index.ranking.features import FEATURES
from index.ranking.ranker import SIGNALS, LearnedRanker
from index.ranking.ranker_file import read_ranker, shipped, write_ranker


def test_what_is_shipped_is_sane() -> None:
    ranker = shipped()

    assert ranker.questions == 0, "it was fitted on no question of this team"
    assert min(ranker.weights) >= 0
    assert ranker.threshold(0.9) is not None


FITTED = LearnedRanker(
    weights=tuple(round(0.1 * i, 2) for i in range(len(FEATURES))),
    none=1.5,
    signal_weights=tuple(float(i) for i in range(len(SIGNALS))),
    intercept=-2.25,
    calibration=Calibration("isotonic", ((-1.0, 0.1), (2.0, 0.8))),
    precision_curve=PrecisionCurve((10, 4), (8, 4)),
    questions=120,
)


def test_a_version_without_constants_has_the_shipped_ones(tmp_path: Path) -> None:
    assert read_ranker(tmp_path) == shipped()


@pytest.mark.parametrize(
    "ranker", [FITTED, shipped(), replace(FITTED, precision_curve=PrecisionCurve())]
)
def test_what_was_written_is_read(tmp_path: Path, ranker: LearnedRanker) -> None:
    write_ranker(tmp_path / RANKING, ranker)

    assert read_ranker(tmp_path) == ranker
    assert (tmp_path / RANKING).stat().st_size < 8192


# As it was written before the code called things by other names.
WRITTEN_BEFORE = {
    "format": 1,
    "questions": 120,
    "weights": {
        "question": 0.0, "centre": 0.1, "answer": 0.2, "answer_lead": 0.3, "bm25": 0.4,
        "bm25_share": 0.5, "overlap": 0.6, "coverage": 0.7, "exact": 0.8,
    },
    "none": 1.5,
    "signal_weights": {
        "share": 0.0, "lead": 1.0, "question": 2.0, "centre": 3.0, "answer": 4.0, "bm25": 5.0,
        "coverage": 6.0, "question_margin": 7.0, "centre_margin": 8.0, "answer_margin": 9.0,
        "bm25_margin": 10.0, "agreement": 11.0, "words": 12.0,
    },
    "intercept": -2.25,
    "calibration": {"method": "isotonic", "points": [[-1.0, 0.1], [2.0, 0.8]]},
    "held_out": {"answers": [10, 4], "right": [8, 4]},
}  # fmt: skip


def test_names_in_the_file_stay_as_they_were(tmp_path: Path) -> None:
    (tmp_path / RANKING).write_text(json.dumps(WRITTEN_BEFORE))
    assert read_ranker(tmp_path) == FITTED

    write_ranker(tmp_path / RANKING, FITTED)
    assert (tmp_path / RANKING).read_text() == json.dumps(WRITTEN_BEFORE) + "\n"


def test_constants_of_an_earlier_release_give_way_to_the_shipped_ones(tmp_path: Path) -> None:
    (tmp_path / RANKING).write_text(json.dumps({"rival_floor": 0.4, "bm25_weight": 0.02}))

    ranker = read_ranker(tmp_path)

    # How they go with the model of that release, nothing has proven: it asks first.
    assert ranker == replace(shipped(), precision_curve=PrecisionCurve())
    assert ranker.threshold(0.5) is None


def changed(values: dict[str, Any], *path: str, to: Any) -> None:
    for key in path[:-1]:
        values = values[key]
    if to is None:
        del values[path[-1]]
    else:
        values[path[-1]] = to


@pytest.mark.parametrize(
    ("path", "to", "problem"),
    [
        (("format",), 2, "format 2 is not 1"),
        (("weights", "question"), float("nan"), "nan is no sensible number"),
        (("weights", "question"), None, "'question' is missing"),
        (("intercept",), float("inf"), "inf is no sensible number"),
        (("none",), "1", "'1' is no sensible number"),
        (("signal_weights", "lead"), True, "True is no sensible number"),
        (("calibration", "points"), [[0.0, 0.9], [1.0, 0.1]], "no rising curve"),
        (("calibration", "points"), [[0.0, 0.5], [1.0, 1.1]], "no rising curve"),
        (("calibration", "points"), [], "no rising curve"),
        (("calibration", "method"), "guess", "no rising curve"),
        (("held_out", "right"), [11, 4], "do not add up"),
        (("held_out", "right"), [8], "do not add up"),
        (("questions",), None, "'questions' is missing"),
    ],
)
def test_constants_that_no_fit_writes_are_refused(
    tmp_path: Path, path: tuple[str, ...], to: Any, problem: str
) -> None:
    file = tmp_path / RANKING
    write_ranker(file, FITTED)
    values = json.loads(file.read_text())
    changed(values, *path, to=to)
    file.write_text(json.dumps(values))

    with pytest.raises(ModelError, match=RANKING) as caught:
        read_ranker(tmp_path)

    assert problem in str(caught.value)
    assert "restore it from a backup" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"{", b"[]", b"null", b"{}", b"\xff\xfe"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / RANKING).write_bytes(content)

    with pytest.raises(ModelError, match="restore it from a backup"):
        read_ranker(tmp_path)
