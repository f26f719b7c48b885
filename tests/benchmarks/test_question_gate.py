"""What people ask in writing is taken for a question by the gate of a watched channel."""

from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.command import benchmark

# Real data, which is not part of the project: see its README for where it is from.
DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    return benchmark("question_gate.py", *(("--data", str(DATA)) if DATA.is_dir() else ()))


def test_the_questions_of_the_examples_are_taken(figures: dict[str, Any]) -> None:
    examples = figures["sets"]["examples"]
    assert examples["texts"] == examples["questions"] == 130
    assert examples["taken"] >= 0.98


def test_of_their_other_wordings_those_in_question_form_are_taken(figures: dict[str, Any]) -> None:
    """The rest are search words and statements ("vpn mac"): questions only when said to the bot."""
    wordings = figures["sets"]["examples, phrasings"]
    assert wordings["questions"] > 50
    assert wordings["questions_taken"] >= 0.98


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the data sets are not in {DATA}")
@pytest.mark.parametrize(
    "name",
    ["cloud_faq", "stackfaq", "covidfaq_deepset", "banking77", "askubuntu_webapps_qa"],
)
def test_the_questions_of_real_faqs_and_customers_are_taken(
    figures: dict[str, Any], name: str
) -> None:
    assert figures["sets"][name]["questions"] > 100
    assert figures["sets"][name]["questions_taken"] >= 0.98


def test_chat_that_asks_nothing_is_still_left_alone(figures: dict[str, Any]) -> None:
    assert len(figures["chat"]) == 4
    assert all(part["precision"] >= 0.98 for part in figures["chat"].values())
    assert all(part["recall"] >= 0.92 for part in figures["chat"].values())
