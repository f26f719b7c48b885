"""What a stated precision means, in words."""

from dataclasses import replace

import pytest

from bot import thresholds
from bot.settings import BotSettings
from index.ranking.calibration import PrecisionCurve
from index.ranking.ranker import LearnedRanker
from index.ranking.ranker_file import shipped


def ranker(answers: tuple[int, ...], right: tuple[int, ...]) -> LearnedRanker:
    return replace(shipped(), questions=41, precision_curve=PrecisionCurve(answers, right))


@pytest.mark.parametrize(
    ("held_out", "meaning"),
    [
        (((1000, 700, 400), (800, 690, 399)), "95 %: answers from confidence 0.50"),
        (((41, 40, 0), (41, 40, 0)), "41 held-out answers are too few to prove 95 %"),
        (((), ()), "0 held-out answers are too few to prove 95 %"),
        (((1000, 700, 10), (800, 500, 10)), "of 1000 held-out answers too few are right to prove"),
    ],
)
def test_a_precision_is_explained(
    held_out: tuple[tuple[int, ...], tuple[int, ...]], meaning: str
) -> None:
    found = thresholds.explain(ranker(*held_out), 0.95)
    assert meaning in found
    assert found.startswith("95 %: ")
    assert ("asks first" in found) == ("answers from" not in found)


def test_it_says_whose_proof_it_is() -> None:
    own = ranker((1000, 700, 400), (800, 690, 399))
    assert "shipped" not in thresholds.explain(own, 0.95)
    for precision in (0.9, 0.999999):
        found = thresholds.explain(shipped(), precision)
        assert found.endswith("proven on other FAQs, not yet on your questions)")


def test_every_precision_in_use_is_named_with_its_place() -> None:
    assert thresholds.in_use(BotSettings()) == {"everywhere": 0.9}
    settings = BotSettings(channel_precision={"C0LEGAL": 0.99})
    assert thresholds.in_use(settings) == {"elsewhere": 0.9, "C0LEGAL": 0.99}


def test_a_retrain_is_told_every_precision_that_is_asked_for() -> None:
    bot = BotSettings(answer_precision=0.9, channel_precision={"C0123ABCD": 0.97, "C0123ABCE": 0.9})

    assert bot.stated_precisions == (0.9, 0.97)
