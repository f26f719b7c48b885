"""`python -m train.ranker`, as `faqbot evaluate --fit` starts it."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from index.ranking.ranker_file import read_ranker, shipped
from index.settings import IndexSettings
from index.store import Store
from train.ranker import __main__ as fit_ranking
from train.ranker.fit import MIN_QUESTIONS

HELPDESK = Path(__file__).parents[3] / "examples" / "helpdesk.jsonl"


@pytest.fixture
def order(base_models: Path, tmp_path: Path) -> dict[str, Any]:
    """An order for the example FAQ, in a data folder of its own."""
    settings = IndexSettings(data_dir=tmp_path / "data", device="cpu")
    settings.models_dir.mkdir(parents=True)
    (settings.models_dir / "base").symlink_to(base_models / "base")
    Store.open(settings.store_url).close()
    return {
        "pairs": str(HELPDESK),
        "index": settings.revealed(),
        "model": "base",
        "ranker": str(tmp_path / "ranking.json"),
    }


def run(order: object, monkeypatch: pytest.MonkeyPatch) -> int:
    class Stdin:
        buffer = io.BytesIO(json.dumps(order).encode())

    monkeypatch.setattr(sys, "stdin", Stdin)
    return fit_ranking.main()


def some_pairs(count: int, path: Path) -> str:
    lines = HELPDESK.read_text("utf-8").splitlines()[:count]
    path.write_text("\n".join(lines), "utf-8")
    return str(path)


@pytest.mark.slow
def test_a_child_process_fits_a_ranker_to_a_files_pairs(
    order: dict[str, Any], tmp_path: Path
) -> None:
    child = subprocess.run(
        [sys.executable, "-m", "train.ranker"],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        input=json.dumps(order | {"pairs": some_pairs(20, tmp_path / "faq.jsonl")}),
        capture_output=True,
        text=True,
        check=False,
    )

    assert child.returncode == 0, child.stderr
    assert child.stdout == ""
    assert child.stderr.splitlines()[-1].startswith("fitted on ")
    ranker = read_ranker(tmp_path)
    assert ranker.questions >= MIN_QUESTIONS
    assert ranker != shipped()


def test_the_same_pairs_give_the_same_ranker(
    order: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enough = order | {"pairs": some_pairs(20, tmp_path / "faq.jsonl")}
    rankers = []
    for _ in range(2):
        assert run(enough, monkeypatch) == 0
        rankers.append(read_ranker(tmp_path))

    assert rankers[0] == rankers[1]
    assert rankers[0].questions >= MIN_QUESTIONS


def test_few_pairs_leave_what_is_shipped(
    order: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    one = order | {"pairs": some_pairs(1, tmp_path / "one.jsonl")}

    assert run(one, monkeypatch) == 0

    assert read_ranker(tmp_path) == shipped()
    assert "5 questions of answers with several wordings: 40 are needed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pairs": "/nowhere/faq.jsonl"}, "/nowhere/faq.jsonl cannot be read"),
        ({"model": "retrain-9"}, "model version retrain-9 is missing"),
        ({"pairs": None}, "its order cannot be read"),
        ({"index": {"engine": "guess"}}, "its order cannot be read"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    order: dict[str, Any],
    change: dict[str, Any],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    small = order | {"pairs": some_pairs(3, tmp_path / "faq.jsonl")}

    assert run(small | change, monkeypatch) == 1

    last = capsys.readouterr().err.splitlines()[-1]
    assert said in last
    assert not (tmp_path / "ranking.json").exists()
