"""A message's questions are told apart, and one about something said before is known."""

from index.query.cleaning import read
from index.query.segments import MAX_PARTS
from index.query.spelling import Speller
from index.text import MAX_QUESTION
from tests.support.tables import table


@table(
    [
        (
            "Hi! How do I reset my password? Where can I park my car? Thanks",
            ("How do I reset my password?", "Where can I park my car?"),
        ),
        (
            "how do I reset my password and where can I park my car?",
            ("how do I reset my password", "where can I park my car?"),
        ),
        (
            "1. how do I reset my password\n2. where can I park\n- when is the canteen open",
            ("how do I reset my password", "where can I park", "when is the canteen open"),
        ),
        (
            "My laptop is a Mac. How do I connect to the VPN? And where do I find my payslip?",
            ("My laptop is a Mac. How do I connect to the VPN?", "where do I find my payslip?"),
        ),
        (
            "How do I order a laptop? Where do I find my payslip? I am new.",
            ("How do I order a laptop?", "Where do I find my payslip? I am new."),
        ),
        *(
            (f"How do I reset my password? {second}", ("How do I reset my password?", second))
            for second in (
                "Where can I find our brand guidelines?",
                "Which commands does the bot know?",
                "Where can I read the terms and conditions?",
                "What is the android app called?",
                "Android phones: how do I set one up?",
                "Second monitors: how do I order one?",
            )
        ),
    ],
)
def test_several_questions_are_told_apart(message: str, parts: tuple[str, ...]) -> None:
    assert read(message).parts == parts


@table(
    [
        "How do I reset my password?",
        "My badge is lost. How do I block it?",
        "What is a gateway? How does it work?",
        "what is the vpn and how do I use it?",
        "How do I connect? Why?",
        "is the printer down and out of paper?",
        "How do I get a laptop, a badge and a desk?",
    ],
)
def test_what_belongs_together_is_one_question(message: str) -> None:
    assert read(message).parts == ()


def test_there_are_no_more_parts_than_can_be_answered() -> None:
    many = " ".join(f"where can I find the form number {number}?" for number in range(10))
    assert len(read(many).parts) == MAX_PARTS


@table(
    [
        ("how do I reset it?", True),
        ("and on a mac?", True),
        ("on windows", True),
        ("does that work from home", True),
        ("is it possible to work from home?", False),
        ("how long will it take to get a laptop?", False),
        ("what is the vpn and how do I use it?", False),
        ("guest wifi password", False),
    ],
)
def test_a_question_about_something_said_before_is_known(message: str, is_follow_up: bool) -> None:
    assert read(message).is_follow_up is is_follow_up


def test_parts_are_cut() -> None:
    parts = read("how do I reset my password? where can I park " + "my car " * 2_500).parts
    assert all(len(part) <= MAX_QUESTION for part in parts)
    text = "how do I reset my password? where is " + "A" * 19_000
    assert all(len(part) <= MAX_QUESTION for part in read(text).parts)


def test_a_mended_typo_does_not_make_a_question_a_follow_up() -> None:
    speller = Speller.of(["what do these mean and where are they kept?"])
    query = read("where are thse forms kept?", speller)
    assert query.corrections == (("thse", "these"),)
    assert not query.is_follow_up
