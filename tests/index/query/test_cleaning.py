"""What people type becomes what is asked."""

import json
import time
from pathlib import Path

from index.query.cleaning import LONG, read
from index.query.spelling import Speller
from index.text import MAX_QUESTION, one_line
from tests.support.tables import table

EXAMPLES = Path(__file__).parents[3] / "examples"

PYTHON_TRACE = """Traceback (most recent call last):
  File "/srv/app/main.py", line 88, in <module>
    run()
  File "/srv/app/runner.py", line 214, in run
    client.call(timeout=30)
lib.errors.TimeoutError: deadline exceeded"""
JAVA_TRACE = """Exception in thread "main" java.lang.IllegalStateException: not initialised
\tat com.acme.app.Service.start(Service.java:42)
\tat com.acme.app.Main.main(Main.java:12)
Caused by: java.net.ConnectException: Connection refused
\tat java.base/sun.nio.ch.Net.pollConnect(Native Method)
\t... 14 more"""
NODE_TRACE = """TypeError: Cannot read properties of undefined (reading 'id')
    at Object.<anonymous> (/app/src/index.js:10:15)
    at Module._compile (node:internal/modules/cjs/loader:1105:14)"""
LOG = """2024-03-01 10:12:01,113 INFO starting worker 4
2024-03-01 10:12:09,007 ERROR request failed with status 503
2024-03-01T10:12:09.120Z INFO shutting down"""


def searched(message: str) -> str:
    return read(message).text


@table(
    [
        "How do I reset my password?",
        "what is well-architected, and who is it for?",
        "which ports do http and https use?",
        "any ideas for a team event?",
        "how do I say thanks in Spanish",
        "the question of who pays, please",
        "my quick question about leave was never answered",
        "does anyone know about the new office?",
        "what does `kubectl get pods` show, e.g. for a crashed pod?",
        "see http://localhost:8080 for c++ and c#",
        "Python 3.11 vs. 3.12: what changed?",
        "what is arn:aws:s3:::bucket at 10:30:45?",
        "VPN",
        "ご質問があります",
    ],
)
def test_a_question_that_is_only_that_stays_as_it_is(question: str) -> None:
    assert searched(question) == question.replace("`", "")


@table(
    ["hello?", "hi", "thanks a lot!", "good morning everyone", "pls help", ":wave:", "\U0001f64f",
     "> quoted", "quick question", "???", "```ls -l```"],
)  # fmt: skip
def test_no_message_is_cleaned_to_nothing(message: str) -> None:
    assert searched(message)


def test_small_talk_stays_whole() -> None:
    assert searched("hello?") == "hello?"
    assert searched("good morning everyone!") == "good morning everyone!"


def test_an_empty_message_asks_nothing() -> None:
    assert read(" \n").text == ""


@table(
    [
        "hey team quick q: how do I reset my password?",
        "hi all, how do I reset my password?",
        "Hello! Good morning everyone :sun: how do I reset my password?",
        "Hi Bob, how do I reset my password? thanks in advance",
        "how do I reset my password? thx!!",
        "how do I reset my password? pls help",
        "how do I reset my password? Any ideas?",
        "how do I reset my password? any help would be much appreciated \U0001f64f",
        "sorry if this was asked before but how do I reset my password?",
        "Sorry if this has been asked a million times... how do I reset my password?",
        "not sure if this is the right channel, but how do I reset my password?",
        "does anyone know how do I reset my password?",
        "@here how do I reset my password?",
        "how do I reset my password???",
        "I have a quick question: how do I reset my password? Cheers, Tom",
        "how do I reset my password? asking for a colleague :smile:",
        "how do I reset my password? I've searched the wiki but found nothing.",
        "Hope you're all well! how do I reset my password? Thank you so much",
        "> we had this last week\n> or so\nhow do I reset my password?",
    ],
)
def test_what_is_said_around_a_question_is_not_searched(message: str) -> None:
    assert searched(message) == "how do I reset my password?"


def test_greetings_of_other_languages_go_too() -> None:
    assert searched("Guten Morgen zusammen, wo ist das Formular?") == "wo ist das Formular?"
    assert searched("morning meeting room is locked") == "morning meeting room is locked"


def test_a_link_counts_by_its_host() -> None:
    said = "is https://wiki.example.com/a/b?c=d#e, down?"
    assert searched(said) == "is wiki.example.com, down?"


@table(
    [
        (PYTHON_TRACE, "lib.errors.TimeoutError: deadline exceeded"),
        (JAVA_TRACE, "Caused by: java.net.ConnectException: Connection refused"),
        (LOG, "ERROR request failed with status 503"),
        (f"```{PYTHON_TRACE}```", "lib.errors.TimeoutError: deadline exceeded"),
        (f"```\n{JAVA_TRACE}\n```", "Caused by: java.net.ConnectException: Connection refused"),
        (f"```{NODE_TRACE}```", NODE_TRACE.split("\n")[0]),
        ("```fatal: not a git repository```", "fatal: not a git repository"),
        ("```" + "line of output\n" * 40 + "exit code 137```", "exit code 137"),
    ],
)
def test_of_a_paste_only_what_names_the_error_is_searched(paste: str, kept: str) -> None:
    assert searched(f"why does the deploy stop?\n{paste}") == f"why does the deploy stop? {kept}"
    # The question comes first wherever the paste stood.
    assert searched(f"{paste}\nwhy does the deploy stop?") == f"why does the deploy stop? {kept}"
    assert searched(paste) == kept


def test_a_quote_is_searched_where_the_rest_says_too_little() -> None:
    assert searched("> the vpn drops every hour\nthis") == "the vpn drops every hour this"


def test_cleaning_twice_changes_nothing_more() -> None:
    for message in (
        f"Hi all! why does the deploy stop?\n{JAVA_TRACE}\nthanks :pray:",
        "hey, so, question: how do I, um, reset it??? any ideas? thx",
        "> quoted\nhow do I reset my password? Where can I park? `rm -rf` :sob:",
    ):
        once = searched(message)
        assert searched(once) == once


def test_example_questions_stay_as_they_are() -> None:
    """Stored questions are compared with what people ask: neither may be changed alone."""
    path = next(EXAMPLES.rglob("*.jsonl"))
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    questions = [one_line(row["question"]) for row in rows]
    assert len(questions) > 50
    assert [question for question in questions if searched(question) != question] == []


def test_joiners_go_with_emoji_only() -> None:
    assert searched("how do I reset \u2764\ufe0f\u200d\U0001f525 my password") == (
        "how do I reset my password"
    )
    assert searched("1\ufe0f\u20e3 how do I reset my password") == "1 how do I reset my password"
    assert searched("how do I leave \u2194\ufe0f now") == "how do I leave now"
    sinhala = "\u0dc1\u0dca\u200d\u0dbb\u0dd3 \u0dbd\u0d82\u0d9a\u0dcf"
    assert searched(sinhala) == sinhala
    assert searched(f"{sinhala} \U0001f64f") == sinhala


def test_typos_are_mended_in_what_is_searched_only() -> None:
    speller = Speller.of(["how do I reset my password"])
    long = read("reset my pasword. " + "reset my password. " * 200 + "reset my paswrod.", speller)
    assert long.corrections == (("pasword", "password"),)


STORY = "I moved my desk and plugged the dock in as the guide says. When I log in it works. "


@table(
    [
        ("How do I change the default printer?", "How do I change the default printer?"),
        ("and how do I change the default printer", "how do I change the default printer"),
        ("can I change the default printer", "can I change the default printer"),
        ("please change the default printer", "please change the default printer"),
        ("hi all! does anyone know how to print? thanks!", "how to print?"),
    ]
)
def test_of_a_long_message_what_asks_is_searched_first(question: str, asked: str) -> None:
    for told in (STORY, STORY.replace(".", ","), STORY.replace(".", "")):
        for length in (1_200, 3_600, 30_000):
            story = told * (length // len(told))
            for message in (story + question, f"{story}\n{question}", f"{question}\n{story}"):
                assert searched(message)[:60].removeprefix("and ").startswith(asked)
                assert len(searched(message)) <= LONG


def test_what_is_told_right_before_the_question_comes_next() -> None:
    message = STORY * 40 + "The tray of printer 9 is jammed. How do I open it?"
    told_next = "How do I open it? The tray of printer 9 is jammed. I moved my desk"
    assert searched(message).startswith(told_next)


def test_the_questions_of_a_long_message_are_searched_one_by_one_too() -> None:
    asked = ("How do I print in colour?", "Where is the manual for the scanner?")
    assert read(f"{asked[0]} {STORY * 40} {asked[1]}").parts == asked


def test_a_long_message_that_asks_nothing_is_searched_from_its_beginning() -> None:
    told = "The release went well. " * 100
    assert searched(told) == told[:MAX_QUESTION].rstrip()


def test_a_question_of_ordinary_length_is_searched_as_it_is() -> None:
    question = STORY * 11 + "How do I print?"
    assert len(question) < LONG
    assert searched(question) == question


def test_a_long_message_is_cut() -> None:
    assert len(searched("why is the office so far from home " * 300)) <= MAX_QUESTION


@table(
    ["hi ", "hi all, ", "thanks ", "sorry if ", "so, ", "any ideas? ", ":a:", ":", "> ", "?", "```",
     "`", "`a` ", "https://", "at a.b(c)\n", "\n", "10:10:10 ", "and what is ", "a ", "A1 ", " ",
     "how do I use it and what is ", "File \"", "\U0001f64f", "Caused by: ", "a.", "this ", ".",
     "A", "1", "1.", "-", "~", "aGVsbG8gd29ybGQ", "A.b", "it's", "\t", "\u200d", "ab/",
     "xylophno "],
)  # fmt: skip
def test_a_huge_message_is_read_in_no_longer_than_its_length_warrants(piece: str) -> None:
    huge = (piece * 19_000)[:19_000]
    speller = Speller.of(["how do I reset my password"])
    for start, end in (
        ("", ""),
        ("```2024-01-01 00:00:00 ", "```"),
        ("```2024-01-01 00:00:00 ", "x```"),
        ("10:10:10\n", "x"),
        ("on ", "x"),
    ):
        started = time.perf_counter()
        read(start + huge + end, speller)
        assert time.perf_counter() - started < 2.0
