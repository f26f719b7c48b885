"""Why an answer came first, and why the bot is as sure of it as it is."""

from dataclasses import dataclass

from index.query.cleaning import Query
from index.ranking.features import FEATURES
from index.ranking.names import published
from index.ranking.ranker import SIGNALS, Candidate, LearnedRanker, Ranking


@dataclass(frozen=True)
class Part:
    """A feature or signal, and what it adds: its value times its weight.

    Attributes:
        name: As files and outputs have it; see `index.ranking.names`.
    """

    name: str
    value: float
    adds: float


@dataclass(frozen=True)
class Explained:
    """A candidate.

    Attributes:
        share: Of the softmax over all candidates and "none of them".
        features: They add up to the candidate's score.
    """

    candidate: Candidate
    share: float
    features: tuple[Part, ...]


@dataclass(frozen=True)
class Explanation:
    """Why the best candidate is the best, and how sure it is.

    Attributes:
        query: What was made of the question.
        none: Score of "none of them"; a candidate below it is unlikely to be right.
        candidates: Best first.
        intercept: With the signals' parts it adds up to `log_odds`.
        signals: Of the best candidate; empty where nothing was found.
        log_odds: Of its being right, before calibration.
        calibration: "platt" or "isotonic".
        fitted_on: How many of the team's questions the ranker was fitted on; 0: the shipped one.
    """

    query: Query
    none: float
    candidates: tuple[Explained, ...]
    intercept: float
    signals: tuple[Part, ...]
    log_odds: float
    calibration: str
    fitted_on: int

    @property
    def confidence(self) -> float:
        """In the best candidate; 0 where there is none."""
        return self.candidates[0].candidate.confidence if self.candidates else 0.0


def explain(query: Query, ranker: LearnedRanker, ranking: Ranking | None) -> Explanation:
    """Take a ranking apart.

    Args:
        ranking: As `ranker.rank_in_detail` gave it for the query's text.
    """
    candidates: tuple[Explained, ...] = ()
    signals: tuple[Part, ...] = ()
    if ranking is not None:
        candidates = tuple(
            Explained(candidate, float(share), _parts(FEATURES, row, ranker.weights))
            for candidate, share, row in zip(
                ranking.candidates, ranking.shares, ranking.x.tolist(), strict=True
            )
        )
        signals = _parts(SIGNALS, ranking.signals.tolist(), ranker.signal_weights)
    return Explanation(
        query=query,
        none=ranker.none,
        candidates=candidates,
        intercept=ranker.intercept,
        signals=signals,
        log_odds=ranking.log_odds if ranking else ranker.intercept,
        calibration=ranker.calibration.method,
        fitted_on=ranker.questions,
    )


def _parts(
    names: tuple[str, ...], values: list[float], weights: tuple[float, ...]
) -> tuple[Part, ...]:
    return tuple(
        Part(published(name), value, value * weight)
        for name, value, weight in zip(names, values, weights, strict=True)
    )
