"""`faqbot retrain`: how it says what came of it."""

from typing import Any

import pytest

from index.jobs import extras
from index.store import Store
from tests.cli.outcomes import Children, Run, refusal

PROMOTED = {
    "promoted": True,
    "reason": "better",
    "generation": 2,
    "precision_at_1": {"live": 0.667, "candidate": 0.731},
    "n_held_out": 120,
}


def test_a_promoted_model_is_said_with_its_figures(
    run: Run, trainable: Store, children: Children
) -> None:
    children(f'done("better", **{PROMOTED!r})')
    assert run("retrain").out == (
        "Promoted: precision@1 0.67 -> 0.73 on 120 held-out questions; "
        "generation 2 is live (was 2)\n"
    )


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({"promoted": False}, "Not promoted: no better; generation 2 stays live\n"),
        (
            {"promoted": False, "dry_run": True},
            "Dry run: no better; generation 2 stays live\n",
        ),
        (
            {"promoted": False, "went_live": "ranking", "generation": 3},
            "Kept the model, with a new ranking: no better; generation 3 is live (was 2)\n",
        ),
    ],
)
def test_an_honest_no_is_no_failure(
    run: Run, trainable: Store, children: Children, result: dict[str, Any], said: str
) -> None:
    children(f'done("no better", **{result!r})')
    ended = run("retrain")
    assert (ended.code, ended.out) == (0, said)


def test_training_needs_its_extra(
    run: Run, trainable: Store, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    children("done()")
    monkeypatch.setattr(extras.importlib.util, "find_spec", lambda name: None)
    assert "uv pip install -e '.[train]'" in refusal(run("retrain"))
    assert trainable.jobs.latest() == []
    assert run("reindex").code == 0


def test_too_few_pairs_are_said_at_once(run: Run, store: Store, children: Children) -> None:
    children("done()")
    line = refusal(run("retrain"))
    assert line.startswith("faqbot: no retrain: too few pairs: ")
    assert line.endswith(" of 2 in all, at least 40 are needed; add more and run it again")
    assert store.jobs.latest() == []
