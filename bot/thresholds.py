"""What a stated precision means with the model that is live: from which confidence it answers."""

from pathlib import Path

from bot.settings import BotSettings
from index.ranking.calibration import lower_bound
from index.ranking.ranker import LearnedRanker
from index.ranking.ranker_file import read_ranker
from index.store import Store
from index.text import counted

SHIPPED = "(shipped ranker: proven on other FAQs, not yet on your questions)"


def in_use(bot: BotSettings) -> dict[str, float]:
    """The precisions that are set, by where they hold: "everywhere" or a channel's id."""
    everywhere = "elsewhere" if bot.channel_precision else "everywhere"
    return {everywhere: bot.answer_precision, **bot.channel_precision}


def live_ranker(store: Store, models_dir: Path) -> LearnedRanker | None:
    """The ranker of the live model version; None where nothing is live yet.

    Raises:
        ModelError: It is damaged.
    """
    generation = store.generations.live()
    return None if generation is None else read_ranker(models_dir / generation.model_version)


def explain(ranker: LearnedRanker, precision: float) -> str:
    """What the bot does at a precision, such as "90 %: answers from confidence 0.83".

    It says so where that is not measured on this FAQ's own questions.
    """
    meaning = _meaning(ranker, precision)
    return meaning if ranker.questions else f"{meaning} {SHIPPED}"


def _meaning(ranker: LearnedRanker, precision: float) -> str:
    share = f"{100 * precision:g} %"
    threshold = ranker.threshold(precision)
    if threshold is not None:
        return f"{share}: answers from confidence {threshold:.2f}"
    answers = ranker.precision_curve.answers[0] if ranker.precision_curve.answers else 0
    if lower_bound(answers, answers) < precision:
        too_few = counted(answers, "held-out answer is", "held-out answers are")
        return f"{share}: asks first; {too_few} too few to prove {share}"
    return f"{share}: asks first; of {answers} held-out answers too few are right to prove {share}"
