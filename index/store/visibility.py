"""What may be shown where: one decision, which every surface asks."""

from dataclasses import dataclass

from index.store.types import Pair, Question, Status

# In a pair's audience: people of other organisations may see it, too.
OUTSIDERS = "outsiders"


@dataclass(frozen=True)
class Place:
    """Where something is shown.

    Attributes:
        channel: The channel's id.
        outside: Whether people of other organisations read there.
        answers_outsiders: Whether they are shown what is marked for them.
    """

    channel: str
    outside: bool = False
    answers_outsiders: bool = False


def may_show(pair: Pair | None, place: Place | None) -> bool:
    """Whether a pair may be shown in a place: the only function that decides this.

    Args:
        pair: As it is stored now; None for one that was deleted.
        place: None for an operator, who may see every active pair.
    """
    if pair is None or pair.status is not Status.ACTIVE:
        return False
    if place is None:
        return True
    channels = channels_of(pair.audience)
    if channels and place.channel not in channels:
        return False
    return not place.outside or (place.answers_outsiders and OUTSIDERS in pair.audience)


def channels_of(audience: tuple[str, ...]) -> tuple[str, ...]:
    """The channels that an audience names; none: every channel."""
    return tuple(name for name in audience if name != OUTSIDERS)


def place_of(question: Question, *, answers_outsiders: bool) -> Place:
    """Where a question was asked, and so is answered."""
    return Place(question.channel, question.outside, answers_outsiders)
