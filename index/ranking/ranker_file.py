"""A ranker's constants in a file: beside a model version, and those that are shipped."""

import json
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from index.errors import ModelError
from index.model.files import read_text
from index.model.versions import RANKING
from index.ranking.calibration import Calibration, PrecisionCurve
from index.ranking.features import FEATURES
from index.ranking.names import published
from index.ranking.ranker import SIGNALS, LearnedRanker

# Those of a fresh install.
SHIPPED = Path(__file__).with_name("shipped.json")
FORMAT = 1


@cache
def shipped() -> LearnedRanker:
    """The ranker of a fresh install: fitted to the base model on public question sets."""
    return _parse(SHIPPED)


def read_ranker(folder: Path) -> LearnedRanker:
    """The ranker of a model version.

    Args:
        folder: The version's folder; where it has no `ranking.json`, as the base version has none,
            or one of an earlier format, the shipped constants hold.

    Raises:
        ModelError: The file cannot be read, or holds what no fit writes.
    """
    path = folder / RANKING
    return _parse(path) if path.exists() else shipped()


def write_ranker(path: Path, ranker: LearnedRanker) -> None:
    """Write a ranker's constants to a file, for `write_version` to take along."""
    values = {
        "format": FORMAT,
        "questions": ranker.questions,
        "weights": _by_name(FEATURES, ranker.weights),
        "none": ranker.none,
        "signal_weights": _by_name(SIGNALS, ranker.signal_weights),
        "intercept": ranker.intercept,
        "calibration": {
            "method": ranker.calibration.method,
            "points": [list(point) for point in ranker.calibration.points],
        },
        published("precision_curve"): {
            "answers": list(ranker.precision_curve.answers),
            "right": list(ranker.precision_curve.right),
        },
    }
    path.write_text(json.dumps(values) + "\n", "utf-8")


def _parse(path: Path) -> LearnedRanker:
    try:
        values = json.loads(read_text(path))
    except RecursionError:
        raise ModelError(f"{path} is nested too deeply; restore it from a backup") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}); restore it from a backup") from None
    if isinstance(values, dict) and "rival_floor" in values:
        # Of the release before: constants of another formula, which mean nothing in this one. The
        # shipped ones order well, but nothing is proven of how they go with that model.
        return replace(shipped(), precision_curve=PrecisionCurve())
    try:
        if values["format"] != FORMAT:
            raise ValueError(f"format {values['format']!r} is not {FORMAT}")
        return LearnedRanker(
            weights=_numbers(values["weights"], FEATURES),
            none=_number(values["none"]),
            signal_weights=_numbers(values["signal_weights"], SIGNALS),
            intercept=_number(values["intercept"]),
            calibration=_calibration(values["calibration"]),
            precision_curve=_precision_curve(values[published("precision_curve")]),
            questions=int(_number(values["questions"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ModelError(f"{path}: {reason}; restore it from a backup") from None


def _by_name(names: tuple[str, ...], weights: tuple[float, ...]) -> dict[str, float]:
    return {published(name): weight for name, weight in zip(names, weights, strict=True)}


def _numbers(weights: dict[str, Any], names: tuple[str, ...]) -> tuple[float, ...]:
    return tuple(_number(weights[published(name)]) for name in names)


def _calibration(values: dict[str, Any]) -> Calibration:
    points = tuple((_number(x), _number(y)) for x, y in values["points"])
    if values["method"] == "platt" and len(points) == 1:
        return Calibration("platt", points)
    rising = all(a <= b for a, b in pairwise(points)) and all(
        y0 <= y1 for (_, y0), (_, y1) in pairwise(points)
    )
    if values["method"] == "isotonic" and points and rising and points[-1][1] <= 1:
        return Calibration("isotonic", points)
    raise ValueError("the calibration is no rising curve")


def _precision_curve(values: dict[str, Any]) -> PrecisionCurve:
    answers = tuple(int(_number(n)) for n in values["answers"])
    right = tuple(int(_number(n)) for n in values["right"])
    if len(answers) != len(right) or any(r > n for r, n in zip(right, answers, strict=True)):
        raise ValueError("the held-out answers do not add up")
    return PrecisionCurve(answers, right)


def _number(value: Any) -> float:
    """A finite number; what else a damaged file may hold is refused.

    Raises:
        ValueError: It is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e6:
        raise ValueError(f"{value!r} is no sensible number")
    return float(value)
