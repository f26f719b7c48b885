"""`faqbot suggestions`: what people picked, listed and decided on from the command line."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from index.settings import IndexSettings
from index.store import Store
from index.store.types import NewQuestion, Origin, QuestionState, Status, Verdict, pair_id

# Runs `faqbot ARGS...` in this process; gives `code`, `out` and `err`.
Run = Callable[..., Any]

VPN = pair_id("faq", "vpn")
MAIL = pair_id("faq", "mail")
CODE = pair_id("faq", "code")


@pytest.fixture
def store(run: Run, data_dir: Path, faq: Path) -> Iterator[Store]:
    """The store, with two suggestions: 1 and 2."""
    assert run("import", faq).code == 0
    store = Store(IndexSettings(data_dir=data_dir).store_url)
    suggest(store, "tunnel [red]gone[/]", VPN, "U1")
    suggest(store, "footer", MAIL, "U1", "U2")
    yield store
    store.close()


def suggest(store: Store, text: str, pair: str, *users: str) -> None:
    for user in users:
        ts = f"{sum(store.inbox.count().values())}.5"
        store.inbox.add(NewQuestion("T1", "C1", ts, None, user, text, True))
        question = store.inbox.claim("test")
        assert question is not None
        store.inbox.finish(question.id, QuestionState.OFFERED)
        store.feedback.record(question.id, pair, user, Verdict.PICKED, wording=text)


def wordings(store: Store, pair: str) -> list[tuple[str, Origin]]:
    return [(p.text, p.origin) for p in store.pairs.get([pair])[pair].phrasings]


@pytest.mark.parametrize("args", [("suggestions",), ("suggestions", "list")])
def test_the_most_picked_come_first(run: Run, store: Store, args: tuple[str, ...]) -> None:
    result = run(*args)
    assert result.code == 0
    assert result.out.index("footer") < result.out.index("tunnel [red]gone[/]")
    found = json.loads(run(*args, "--json").out)
    assert [(row["id"], row["asked"], row["picks"]) for row in found] == [
        (2, "footer", 2),
        (1, "tunnel [red]gone[/]", 1),
    ]
    assert found[0]["pair_id"] == MAIL
    assert found[0]["question"] == "How do I add a mail signature?"


def test_without_any_it_says_so(run: Run, data_dir: Path) -> None:
    assert "No suggestions are waiting." in run("suggestions").out
    assert json.loads(run("suggestions", "--json").out) == []


def test_approved_ones_are_wordings_and_found_at_once(run: Run, store: Store) -> None:
    for _ in range(2):
        result = run("suggestions", "approve", "1", "2")
        assert (result.code, result.out) == (0, "suggestion 1: approved\nsuggestion 2: approved\n")
    assert wordings(store, VPN) == [("tunnel [red]gone[/]", Origin.PICK)]
    assert wordings(store, MAIL) == [("footer", Origin.PICK)]
    (best, *_) = json.loads(run("ask", "footer", "--json").out)["matches"]
    assert (best["pair_id"], best["matched_text"]) == (MAIL, "footer")
    exported = run("export").out
    assert '"origin": "pick"' in exported or '"origin":"pick"' in exported


def test_approved_ones_can_be_taken_back(run: Run, store: Store) -> None:
    assert run("suggestions", "approve", "2").code == 0
    listing = run("suggestions").out
    assert "Learnt last" in listing
    assert "footer" in listing
    for _ in range(2):
        result = run("suggestions", "undo", "2")
        assert (result.code, result.out) == (0, "suggestion 2: taken back\n")
    assert wordings(store, MAIL) == []
    assert "Learnt last" not in run("suggestions").out
    (best, *_) = json.loads(run("ask", "footer", "--json").out)["matches"]
    assert best["matched_text"] != "footer"
    waits = run("suggestions", "undo", "1")
    assert waits.code == 1
    assert "suggestion 1 is not approved" in waits.err
    assert "there is no suggestion 99" in run("suggestions", "undo", "99").err


def test_rejected_ones_are_gone(run: Run, store: Store) -> None:
    for _ in range(2):
        assert run("suggestions", "reject", "2").out == "suggestion 2: rejected\n"
    suggest(store, "footer", MAIL, "U3")
    assert [row["id"] for row in json.loads(run("suggestions", "--json").out)] == [1]
    assert wordings(store, MAIL) == []


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (("approve", "2", "99"), "there is no suggestion 99; `faqbot suggestions` lists them"),
        (("approve", "1"), f"the answer of suggestion 1 (pair {VPN}) is not active"),
        (("approve", "3"), "suggestion 3 is rejected already"),
        (("reject", "4"), "suggestion 4 is approved already"),
        (("reject", "one"), "'one' is no suggestion: ids are numbers"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    run: Run, store: Store, args: tuple[str, ...], reason: str
) -> None:
    for number, text in enumerate(("three", "four"), start=3):
        suggest(store, text, CODE, "U1")
        decide = store.suggestions.reject if number == 3 else store.suggestions.approve
        decide(number, "U9")
    store.pairs.set_status([VPN], Status.RETIRED)
    result = run("suggestions", *args)
    assert result.code == 1
    (line,) = result.err.strip().splitlines()
    assert line.startswith(f"faqbot: {reason}")
    # What came before is done all the same.
    assert bool(wordings(store, MAIL)) == ("2" in args)


def test_status_counts_what_waits(run: Run, store: Store) -> None:
    assert json.loads(run("status", "--json").out)["suggestions"] == 2
