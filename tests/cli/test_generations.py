"""`faqbot generations`."""

import json
import re

import pytest

from index.store import Store
from tests.cli.outcomes import Run


def test_generations_are_listed_with_the_live_one_marked(run: Run, store: Store) -> None:
    store.generations.make_live(1)
    listed = json.loads(run("generations", "--json").out)
    assert [(g["id"], g["model"], g["live"]) for g in listed] == [
        (2, "m2", False),
        (1, "m1", True),
    ]
    assert [g["id"] for g in json.loads(run("generations", "--limit", "1", "--json").out)] == [2]
    table = run("generations").out
    assert [line for line in table.splitlines() if "live" in line and "m1" in line]
    assert not [line for line in table.splitlines() if "live" in line and "m2" in line]


def test_generations_fit_a_terminal_of_80_columns(
    run: Run, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    model = "m-20261121T020004-a81c32"
    store.generations.make_live(store.generations.add(model, "faq-3").id)
    (shown,) = [line for line in run("generations").out.splitlines() if model in line]
    assert re.fullmatch(r"│ 3 .*│ live .*(│ \d{4}-\d\d-\d\d \d\d:\d\d ){2}│", shown)


def test_without_generations_it_says_what_to_do(run: Run) -> None:
    assert "faqbot init" in run("generations").out
    assert json.loads(run("generations", "--json").out) == []
