"""What people ask in writing is taken for a question by the gate of a watched channel."""

from tests.benchmarks.command import benchmark


def test_the_questions_of_the_examples_are_taken() -> None:
    figures = benchmark("question_gate.py")
    assert figures["sets"]["examples"]["questions"] == 130
    assert figures["sets"]["examples"]["questions_taken"] >= 0.98
