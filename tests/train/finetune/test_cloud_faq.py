"""The benchmark of the article's experiment, on a small stand-in for its data."""

import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from train.finetune import hyperparameters

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def cloud_faq() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cloud_faq", ROOT / "benchmarks/cloud_faq.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def call(
    cloud_faq: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *args: str,
) -> str:
    """What the command prints to standard output."""
    monkeypatch.setattr(sys, "argv", ["cloud_faq.py", *args])
    cloud_faq.main()
    return capsys.readouterr().out


@pytest.mark.slow
def test_it_ends_with_one_line_of_figures(
    cloud_faq: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(hyperparameters, "HEAD", replace(hyperparameters.HEAD, epochs=2))
    entries = (ROOT / "examples" / "helpdesk.jsonl").read_text("utf-8").splitlines()[:60]
    rows = [
        {
            "source": "one" if i % 2 else "two",
            "filename": "vpn_faqs",
            "question": entry["question"],
            "answer": entry["answer"][:60],
        }
        for i, entry in enumerate(map(json.loads, entries))
    ]
    data = tmp_path / "cloud_faq.jsonl"
    data.write_text("\n".join(map(json.dumps, rows)), "utf-8")

    (line,) = call(cloud_faq, monkeypatch, capsys, "--data", str(data)).splitlines()

    result = json.loads(line)
    assert result["tested_on"] == 15
    metrics = {"evaluator_precision_at_1", "evaluator_mrr", "answer_precision_at_1"}
    for figures in (result, result["with_topic"]):
        assert figures["baseline"].keys() == metrics
        assert figures["trained"].keys() == metrics | {"train_seconds", "encode_seconds"}
        assert 0 < figures["trained"]["evaluator_mrr"] <= 1


def test_a_missing_or_strange_file_is_one_clear_line(
    cloud_faq: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text('{"question": "How?"}\n', "utf-8")
    broken = tmp_path / "broken.jsonl"
    broken.write_text("<html>", "utf-8")

    for path, said in (
        (tmp_path / "none.jsonl", "cannot be read"),
        (other, "is not the cloud FAQ"),
        (broken, "is no JSON Lines file"),
    ):
        with pytest.raises(SystemExit, match=said) as stopped:
            call(cloud_faq, monkeypatch, capsys, "--data", str(path))
        assert "\n" not in str(stopped.value)


def test_help_has_an_example(
    cloud_faq: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        call(cloud_faq, monkeypatch, capsys, "--help")

    assert "python benchmarks/cloud_faq.py --data" in capsys.readouterr().out
