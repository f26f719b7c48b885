"""`faqbot evaluate`: what it prints, and a ranker fitted on the pairs alone."""

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.cli.evaluate import fitted_ranker
from index.errors import FaqbotError
from index.model.base import BASE_VERSION
from index.model.manifest import SERVABLE
from index.model.versions import RANKING, Provenance, verify, write_version
from index.ranking.ranker_file import shipped, write_ranker
from index.settings import IndexSettings
from index.store import Store
from train.ranker.__main__ import main as fit_ranker

# Runs `faqbot ARGS...` in this process; gives `code`, `out` and `err`.
Run = Callable[..., Any]

HELPDESK = Path(__file__).parents[2] / "examples" / "helpdesk.jsonl"
MEASURES = (
    "precision_at_1",
    "mrr",
    "recall_at_3",
    "recall_at_5",
    "auroc",
    "ece",
    "answer_rate_at_90",
    "precision_reached_at_90",
    "answer_rate_at_95",
    "precision_reached_at_95",
)


def one_json(result: Any) -> Any:
    assert result.code == 0, result.err
    return json.loads(result.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def refusal(result: Any) -> str:
    """The one line on standard error that a failure is."""
    assert (result.code, result.out) == (1, "")
    (line,) = result.err.strip().splitlines()
    return str(line)


def written(path: str, *rows: dict[str, object]) -> Path:
    """A JSONL file in the working folder."""
    Path(path).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return Path(path)


@pytest.fixture
def queries() -> Path:
    return written(
        "queries.jsonl",
        {"query": "vpn drops", "relevant": ["vpn"]},
        {"query": "0x80070057", "relevant": ["code", "mail"]},
        {"query": "what is for lunch", "relevant": []},
    )


@pytest.mark.parametrize("retriever", ["question", "answer", "bm25", "all"])
def test_it_prints_the_documented_keys(
    run: Run, data_dir: Path, faq: Path, queries: Path, retriever: str
) -> None:
    args = ("--pairs", faq, "--queries", queries, "--retriever", retriever)

    figures = one_json(run("evaluate", *args, "--json"))

    assert set(figures) == {
        "n",
        "n_without_answer",
        "retriever",
        "model",
        "fitted_on",
        *MEASURES,
        *(f"{name}_ci95" for name in MEASURES),
    }
    assert (figures["n"], figures["n_without_answer"]) == (2, 1)
    assert (figures["retriever"], figures["model"], figures["fitted_on"]) == (retriever, "base", 0)
    for name in ("precision_at_1", "mrr", "recall_at_3", "recall_at_5"):
        low, high = figures[f"{name}_ci95"]
        assert 0 <= low <= figures[name] <= high <= 1
    assert 0 <= figures["ece"] <= 1


def test_all_retrievers_together_know_what_they_know(
    run: Run, data_dir: Path, faq: Path, queries: Path
) -> None:
    figures = one_json(run("evaluate", "--pairs", faq, "--queries", queries, "--json"))

    assert figures["precision_at_1"] == 1
    assert figures["auroc"] == 1, "of the one without an answer it is the least sure"


def test_it_prints_a_table_for_people(run: Run, data_dir: Path, faq: Path, queries: Path) -> None:
    args = ("--pairs", faq, "--queries", queries)

    result = run("evaluate", *args)

    assert result.code == 0
    assert all(name in result.out for name in ("precision_at_1", "auroc", "answer_rate_at_95"))
    assert "2 queries with a right answer, 1 without" in result.out
    assert "ranker: the shipped one" in result.out
    alone = run("evaluate", *args, "--retriever", "bm25")
    assert "ranker" not in alone.out, "a retriever alone has none"


def test_without_answerable_queries_there_are_no_figures(
    run: Run, data_dir: Path, faq: Path
) -> None:
    queries = written("queries.jsonl", {"query": "what is for lunch", "relevant": []})

    result = run("evaluate", "--pairs", faq, "--queries", queries, "--json")

    figures = one_json(result)
    assert figures["mrr"] is None
    assert figures["auroc"] is None
    assert figures["ece"] is not None, "how sure it was of what is wrong can be said"
    table = run("evaluate", "--pairs", faq, "--queries", queries)
    assert table.code == 0
    assert "nan" not in table.out


def test_it_stores_nothing_but_embeddings(run: Run, data_dir: Path, faq: Path) -> None:
    queries = written("queries.jsonl", {"query": "vpn drops", "relevant": ["vpn"]})

    run("evaluate", "--pairs", faq, "--queries", queries)

    status = one_json(run("status", "--json"))
    assert status["pairs"]["active"] == 0
    assert status["live_generation"] is None
    assert status["embeddings"] == 6


def test_a_model_versions_own_ranker_is_measured(
    run: Run, base_models: Path, tmp_path: Path, faq: Path, queries: Path
) -> None:
    base = verify(base_models, BASE_VERSION)
    write_ranker(tmp_path / "own.json", replace(shipped(), questions=77))
    write_version(
        tmp_path / "faqbot-data" / "models",
        BASE_VERSION,
        lambda folder: shutil.copytree(base_models / BASE_VERSION / SERVABLE, folder) and None,
        Provenance(base_encoder=base.base_encoder, dimension=base.dimension),
        extras={RANKING: tmp_path / "own.json"},
    )

    figures = one_json(run("evaluate", "--pairs", faq, "--queries", queries, "--json"))

    assert figures["fitted_on"] == 77


def test_fitting_is_for_all_retrievers_together(
    run: Run, data_dir: Path, faq: Path, queries: Path
) -> None:
    args = ("--pairs", faq, "--queries", queries, "--fit", "--retriever", "bm25")

    assert refusal(run("evaluate", *args)) == (
        "faqbot: --fit fits the ranking of all retrievers: leave out --retriever bm25"
    )


def test_a_broken_pairs_file_is_one_line(run: Run, data_dir: Path, faq: Path) -> None:
    queries = written("queries.jsonl", {"query": "vpn", "relevant": []})
    with faq.open("a", encoding="utf-8") as file:
        file.write('{"id": "half", "question": "Wh\n')

    line = refusal(run("evaluate", "--pairs", faq, "--queries", queries, "--fit"))

    assert line.startswith(f"faqbot: {faq}:4: not JSON")


def test_fitting_without_the_training_libraries_is_one_line(
    run: Run, data_dir: Path, faq: Path, queries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    line = refusal(run("evaluate", "--pairs", faq, "--queries", queries, "--fit"))

    assert "uv pip install -e '.[train]'" in line


class FitHere(io.StringIO):
    """Stands in for the process that fits: reads the order and does the same in this process."""

    def __init__(self, command: list[str], **_: object) -> None:
        super().__init__()
        assert command[1:] == ["-m", "train.ranker"]
        self.stdin, self.stderr = self, io.StringIO()
        self.returncode: int | None = None

    def close(self) -> None:
        if self.returncode is None:
            order = SimpleNamespace(buffer=io.BytesIO(self.getvalue().encode()))
            with pytest.MonkeyPatch.context() as patch, redirect_stderr(self.stderr):
                patch.setattr(sys, "stdin", order)
                self.returncode = fit_ranker()
            self.stderr.seek(0)
        super().close()


@pytest.fixture
def fit_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started to fit a ranker."""
    monkeypatch.setattr(subprocess, "Popen", FitHere)


@pytest.mark.usefixtures("fit_here")
def test_few_pairs_keep_what_is_shipped(run: Run, data_dir: Path, faq: Path, queries: Path) -> None:
    args = ("--pairs", faq, "--queries", queries, "--json")

    fitted = one_json(run("evaluate", *args, "--fit"))

    assert fitted["fitted_on"] == 0
    assert fitted == one_json(run("evaluate", *args))


@pytest.fixture
def helpdesk() -> Path:
    """A part of the example FAQ: enough to fit a ranker to."""
    rows = HELPDESK.read_text("utf-8").splitlines()[:20]
    return written("helpdesk.jsonl", *(json.loads(row) for row in rows))


@pytest.mark.slow
def test_a_ranker_is_fitted_on_the_pairs_and_on_no_query(
    run: Run, data_dir: Path, helpdesk: Path, request: pytest.FixtureRequest
) -> None:
    one = written("one.jsonl", {"query": "vpn on a mac", "relevant": ["vpn-connect-mac"]})
    many = written(
        "many.jsonl",
        *({"query": text, "relevant": []} for text in ("lunch?", "vpn mac", "weather")),
        {"query": "vpn from my thinkpad", "relevant": ["vpn-connect-windows"]},
    )

    by_one = one_json(run("evaluate", "--pairs", helpdesk, "--queries", one, "--fit", "--json"))
    request.getfixturevalue("fit_here")
    by_many = run("evaluate", "--pairs", helpdesk, "--queries", many, "--fit")

    assert by_one["fitted_on"] >= 40
    assert f"ranker fitted on {by_one['fitted_on']} questions" in by_many.out
    status = one_json(run("status", "--json"))
    assert status["pairs"]["active"] == 0, "nothing but embeddings is stored"
    assert not list(data_dir.rglob(RANKING)), "the version that is live keeps its own"


@pytest.fixture
def settings(data_dir: Path) -> IndexSettings:
    """Settings of a data folder with an empty store."""
    settings = IndexSettings(data_dir=data_dir, device="cpu")
    Store.open(settings.store_url).close()
    return settings


@pytest.mark.slow
def test_a_fit_that_fails_says_why_in_one_line(settings: IndexSettings, faq: Path) -> None:
    with pytest.raises(FaqbotError) as raised:
        fitted_ranker(settings, faq, "retrain-9")

    assert str(raised.value).startswith("the ranker was not fitted: model version retrain-9")
    assert "\n" not in str(raised.value)
