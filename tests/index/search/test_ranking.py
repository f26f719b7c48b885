"""A ranker's constants with a model version: written, read, and refused when they are not sane."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from index.errors import ModelError
from index.search.ranking import RANKING, BaselineRanker, read_ranker, write_ranker


def test_a_version_without_constants_has_the_shipped_ones(tmp_path: Path) -> None:
    assert read_ranker(tmp_path) == BaselineRanker()


def test_what_was_written_is_read(tmp_path: Path) -> None:
    fitted = replace(BaselineRanker(), intercept=-4.4, score_weight=2.4049, margin_weight=0.0)

    write_ranker(tmp_path / RANKING, fitted)

    assert read_ranker(tmp_path) == fitted


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"intercept": float("nan")}, "intercept is nan, not between -100 and 100"),
        ({"intercept": float("inf")}, "intercept is inf"),
        ({"score_weight": -1}, "score_weight is -1, not between 0 and 100"),
        ({"margin_weight": 101.0}, "margin_weight is 101.0"),
        ({"rival_floor": "0.5"}, "rival_floor is '0.5'"),
        ({"bm25_weight": True}, "bm25_weight is True"),
        ({"bm25_weight": None}, "bm25_weight is None"),
        ({"surprise": 1.0}, "must hold"),
    ],
)
def test_constants_that_no_calibration_writes_are_refused(
    tmp_path: Path, change: dict[str, Any], problem: str
) -> None:
    (tmp_path / RANKING).write_text(json.dumps(asdict(BaselineRanker()) | change))

    with pytest.raises(ModelError, match=RANKING) as caught:
        read_ranker(tmp_path)

    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"{", b"[]", b"null", b"{}", b"\xff\xfe"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / RANKING).write_bytes(content)

    with pytest.raises(ModelError, match="restore it from a backup"):
        read_ranker(tmp_path)
