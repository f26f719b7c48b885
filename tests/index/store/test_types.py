"""What a pair tells of itself."""

from index.store.types import PairDraft, Phrasing


def draft(*phrasings: str) -> PairDraft:
    return PairDraft("s", "1", "How do I reset it?", "Hold it.", tuple(map(Phrasing, phrasings)))


def test_the_wordings_are_the_question_and_then_its_phrasings_each_once() -> None:
    pair = draft("reset", "how to reset", "reset", "How do I reset it?")
    assert pair.wordings == ("How do I reset it?", "reset", "how to reset")
    assert draft().wordings == ("How do I reset it?",)


def test_a_wording_is_known_whatever_its_case_and_spaces() -> None:
    pair = draft("reset")
    assert pair.has_wording("  how do I  RESET it?")
    assert pair.has_wording("Reset")
    assert not pair.has_wording("reset it")
