"""`faqbot explain`, and that it says the same as `faqbot ask`."""

import json
from pathlib import Path

import pytest

from tests.cli.outcomes import Run, one_json
from tests.support.reading import record_cleaned


def test_explain_takes_an_answer_apart_for_people(run: Run, imported: Path) -> None:
    result = run("explain", "hey team, why does the VPN disconect?")

    assert result.code == 0
    assert "Searched for: why does the VPN disconnect?" in result.out
    assert "disconect was read as disconnect" in result.out
    assert "1. Why does the VPN disconnect?" in result.out
    for word in ("question", "= score", "share (none of them", "= log-odds", "calibrated"):
        assert word in result.out
    assert "The ranker is the shipped one" in result.out
    assert "Precision of 90 %: answers from confidence" in result.out
    assert "The bot would give the first answer (threshold" in result.out


def test_a_question_is_cleaned_once(
    run: Run, imported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleaned = record_cleaned(monkeypatch)

    assert run("explain", "vpn drops").code == 0

    assert cleaned == ["vpn drops"]


def test_explain_adds_up_as_json(run: Run, imported: Path) -> None:
    explained = one_json(run("explain", "why does the VPN disconnect", "--limit", "2", "--json"))
    asked = one_json(run("ask", "why does the VPN disconnect", "--json"))

    assert explained["searched"] == "why does the VPN disconnect"
    assert (explained["parts"], explained["corrections"], explained["fitted_on"]) == ([], {}, 0)
    assert len(explained["candidates"]) == 2
    for row, match in zip(explained["candidates"], asked["matches"], strict=False):
        assert row["pair_id"] == match["pair_id"]
        assert row["question"] == match["question"]
        assert row["confidence"] == match["confidence"]
        added = sum(part["adds"] for part in row["features"].values())
        assert added == pytest.approx(row["score"], abs=1e-2)
    sure = explained["confidence"]
    added = sure["intercept"] + sum(part["adds"] for part in sure["signals"].values())
    assert added == pytest.approx(sure["log_odds"], abs=1e-2)
    assert sure["confidence"] == explained["candidates"][0]["confidence"]
    for name in ("decision", "shown", "is_question", "precision", "threshold"):
        assert explained[name] == asked[name]


@pytest.mark.parametrize("text", ["why does the VPN disconnect?", "the vpn is nice today", "lunch"])
def test_explain_ends_with_what_ask_begins_with(run: Run, imported: Path, text: str) -> None:
    asked = run("ask", text, "--channel", "C0IT").out.partition("\n\n")[0]

    assert run("explain", text, "--channel", "C0IT").out.endswith(f"\n{asked}\n")


def test_explain_says_where_a_text_is_taken_for_no_question(run: Run, imported: Path) -> None:
    shown = run("explain", "the vpn is nice today", "--channel", "C0IT").out

    assert "In a watched channel the bot would stay silent in any case" in shown


def test_explain_names_the_questions_of_a_message(run: Run, imported: Path) -> None:
    message = "Why does the VPN disconnect? And how do I add a mail signature?"

    explained = one_json(run("explain", message, "--json"))
    shown = run("explain", message)

    assert explained["parts"] == [
        "Why does the VPN disconnect?",
        "how do I add a mail signature?",
    ]
    assert "question 2, searched by itself too: how do I add a mail signature?" in shown.out


def test_of_several_questions_the_one_that_decides_is_told(run: Run, imported: Path) -> None:
    message = "Why does the VPN disconnect? And how do I add a mail signature?"

    explained = one_json(run("explain", message, "--json"))
    asked = one_json(run("ask", message, "--json"))

    decides = asked["matches"][0]
    assert explained["part"] == decides["part"] > 0
    assert explained["confidence"]["confidence"] < decides["confidence"]
    text = " ".join(run("explain", message).out.split())
    assert f"Question {decides['part']} by itself finds a surer answer" in text
    assert f"{decides['question']} (confidence {decides['confidence']:.2f})" in text
    assert f"answers question {decides['part']}" in run("ask", message).out
    assert one_json(run("explain", "why does the VPN disconnect", "--json"))["part"] == 0


def test_explain_fits_a_narrow_terminal(
    run: Run, data_dir: Path, faq: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    rows = [
        {"id": str(i), "question": f"How do I get to floor {i}?", "answer": f"Take lift {i}."}
        for i in range(8)
    ]
    faq.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert run("import", faq).code == 0

    shown = run("explain", "how do I get to floor 3", "--limit", "8").out

    assert all(f"{n}. value adds" in shown for n in range(1, 9)), "no heading is cut or wrapped"
    assert shown.count("= score") == 3


def test_explain_shows_stored_texts_as_they_are(run: Run, data_dir: Path, faq: Path) -> None:
    row = {"id": "x", "question": "What is [bold]markup[/bold]?", "answer": "Tags."}
    faq.write_text(json.dumps(row) + "\n", encoding="utf-8")
    run("import", faq)

    assert "1. What is [bold]markup[/bold]?" in run("explain", "what is markup").out


def test_explain_keeps_to_a_channel(run: Run, data_dir: Path, faq: Path) -> None:
    row = {"id": "hr", "question": "When are salaries paid?", "answer": "On the 25th."}
    faq.write_text(json.dumps(row | {"audience": ["C0HR"]}) + "\n", encoding="utf-8")
    Path("faqbot.toml").write_text("[bot]\nchannel_precision = { C0HR = 0.8 }\n")
    run("import", faq)

    inside = one_json(run("explain", "salaries", "--channel", "C0HR", "--json"))
    outside = one_json(run("explain", "salaries", "--channel", "C0IT", "--json"))

    assert [row["question"] for row in inside["candidates"]] == ["When are salaries paid?"]
    assert (inside["precision"], outside["precision"]) == (0.8, 0.9)
    assert outside["candidates"] == []
    assert (outside["confidence"]["signals"], outside["confidence"]["confidence"]) == ({}, 0)
    assert "Nothing found." in run("explain", "salaries", "--channel", "C0IT").out


def test_explain_says_that_the_bot_asks_first(run: Run, imported: Path) -> None:
    Path("faqbot.toml").write_text("[bot]\nanswer_precision = 0.999\n")

    explained = one_json(run("explain", "why does the VPN disconnect?", "--json"))
    shown = run("explain", "why does the VPN disconnect?").out

    assert explained["threshold"] is None
    assert explained["decision"] != "answer"
    assert "Precision of 99.9 %: asks first" in shown
    assert "no threshold is proven for 99.9 %: it asks first" in shown


def test_explain_says_that_the_faq_is_empty(run: Run, data_dir: Path) -> None:
    result = run("explain", "anything")

    assert (result.code, result.out) == (1, "")
    assert "faqbot import" in result.err
