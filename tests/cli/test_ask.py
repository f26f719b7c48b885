"""`faqbot ask`."""

import json
from pathlib import Path

import pytest

from tests.cli.outcomes import Run, one_json, refusal
from tests.support.reading import record_cleaned


def test_ask_shows_the_answers_to_people_below_what_the_bot_would_do(
    run: Run, data_dir: Path, faq: Path
) -> None:
    run("import", faq)

    result = run("ask", "how to add a signature")

    assert result.code == 0
    assert "Grüße [bold]🙂" in result.out, "an answer is shown as it is, no markup"
    first, *rest = result.out.splitlines()
    assert first.startswith("The bot would ")
    assert "threshold" in first
    assert "1. How do I add a mail signature?" in rest


def test_an_answer_has_the_full_width(
    run: Run, data_dir: Path, faq: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    answer = "Open https://intranet.example.org/vpn/settings and switch it off and on again there."
    row = {"id": "vpn", "question": "Why does the VPN disconnect?", "answer": answer}
    faq.write_text(json.dumps(row) + "\n", encoding="utf-8")
    run("import", faq)

    assert f"   {answer}\n" in run("ask", "why does the vpn disconnect?").out


def test_ask_says_that_nothing_was_found(run: Run, data_dir: Path, faq: Path) -> None:
    row = {"id": "hr", "question": "When are salaries paid?", "answer": "On the 25th."}
    faq.write_text(json.dumps(row | {"audience": ["C0HR"]}) + "\n", encoding="utf-8")
    run("import", faq)

    assert run("ask", "salaries", "--channel", "C0IT").out.startswith("Nothing found.\n")


def test_ask_takes_a_channel_a_limit_and_a_retriever(run: Run, data_dir: Path, faq: Path) -> None:
    with faq.open("a", encoding="utf-8") as file:
        row = {"id": "hr", "question": "When are salaries paid?", "answer": "On the 25th."}
        file.write(json.dumps(row | {"audience": ["C0HR"]}) + "\n")
    run("import", faq)

    def ids(*args: str) -> list[str]:
        matches = one_json(run("ask", "when are salaries paid", "--json", *args))["matches"]
        return [match["external_id"] for match in matches]

    assert ids("--limit", "1") == ["hr"]
    assert "hr" in ids("--channel", "C0HR")
    assert "hr" not in ids("--channel", "C0IT")
    assert ids("--retriever", "bm25") == ["hr"]


def test_a_question_is_cleaned_once(
    run: Run, data_dir: Path, faq: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("import", faq)
    cleaned = record_cleaned(monkeypatch)

    assert run("ask", "how to add a signature").code == 0

    assert cleaned == ["how to add a signature"]


def test_ask_says_that_the_faq_is_empty(run: Run, data_dir: Path) -> None:
    assert "faqbot import" in refusal(run("ask", "anything", "--json"))


@pytest.mark.parametrize("question", ["\udcff vpn", "vpn \u2028 \x00\x1b[31m", "🙂", "x" * 50_000])
def test_any_question_can_be_asked(run: Run, data_dir: Path, faq: Path, question: str) -> None:
    run("import", faq)

    result = run("ask", question, "--json")

    assert result.code == 0
    assert one_json(result)["question"] == question


@pytest.mark.parametrize("question", ["how do I reset my password", "vpn disconnects", "lunch?"])
def test_how_many_are_shown_decides_nothing(run: Run, imported: Path, question: str) -> None:
    one = one_json(run("ask", question, "--limit", "1", "--json"))
    three = one_json(run("ask", question, "--limit", "3", "--json"))
    many = one_json(run("ask", question, "--limit", "50", "--json"))

    assert (len(one["matches"]), len(three["matches"])) == (1, 3)
    for name in ("decision", "shown", "threshold"):
        assert one[name] == three[name] == many[name]
    assert one["matches"] == three["matches"][:1]


def test_a_near_tie_is_offered_though_one_is_shown(run: Run, imported: Path) -> None:
    asked = one_json(run("ask", "how do I reset my password", "--limit", "1", "--json"))

    assert (asked["decision"], asked["shown"]) == ("offer", 2)
