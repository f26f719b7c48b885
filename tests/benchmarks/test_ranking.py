"""The ranking benchmark, on small stand-ins for its data."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.command import benchmark

EXAMPLES = Path(__file__).parents[2] / "examples" / "helpdesk.jsonl"


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    entries = [json.loads(line) for line in EXAMPLES.read_text("utf-8").splitlines()[:60]]
    write(
        tmp_path / "cloud_faq.jsonl",
        [
            {"source": f"s{i % 2}", "question": entry["question"], "answer": entry["answer"]}
            for i, entry in enumerate(entries)
        ],
    )
    wordings = [
        {"id": f"{i}#{k}", "question": text, "answer": entry["answer"]}
        for i, entry in enumerate(entries)
        for k, text in enumerate((entry["question"], *entry.get("phrasings", ())))
    ]
    asked = [
        {"query": f"please help: {row['question']}", "relevant": [row["id"]]} for row in wordings
    ]
    for name in ("clinc150", "banking77"):
        write(tmp_path / name / "faq.jsonl", wordings)
        write(
            tmp_path / name / "queries.jsonl",
            [*asked[::3], {"query": "who won the match yesterday?", "relevant": []}],
        )
    return tmp_path


@pytest.mark.slow
def test_all_methods_are_measured_in_one_run(data: Path) -> None:
    figures: Any = benchmark("ranking.py", "--data", str(data), "--part", "noise", "--part", "half",
                             "--part", "clinc150")  # fmt: skip

    methods = {"question", "answer", "bm25", "rank_fusion", "pipeline"}
    assert set(figures) == {"noise", "half", "clinc150"}
    assert all(set(figures["noise"][kind]) == methods for kind in ("typos", "all", "withheld"))
    # A stored question that is withheld cannot be found by its wording, but by its answer.
    withheld = figures["noise"]["withheld"]
    assert withheld["question"] == 0
    assert withheld["pipeline"] > 0.4
    assert figures["noise"]["all"]["pipeline"] >= figures["noise"]["all"]["answer"]
    # Asked word for word, nearly all is found; what the FAQ does not have lowers no precision@1.
    assert figures["clinc150"]["pipeline"]["precision_at_1"] > 0.9
    for part in ("half", "clinc150"):
        assert set(figures[part]) == methods
        assert 0 <= figures[part]["pipeline"]["ece"] <= 1
        assert 0.5 < figures[part]["pipeline"]["auroc"] <= 1
