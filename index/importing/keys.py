"""The keys that a row of an FAQ file may have. Naming them loads nothing of the store."""

from rapidfuzz import fuzz

TOPIC_KEYS = ("topic", "title", "category", "section", "filename")
KEYS = (
    "id",
    "question",
    "phrasings",
    "answer",
    *TOPIC_KEYS,
    "url",
    "tags",
    "audience",
    "status",
    "author",
    "source",
    "created_at",
    "format",
)


def resembles_audience(name: str) -> bool:
    """Whether a key that is not `audience` was probably meant for it."""
    return name != "audience" and fuzz.ratio(name, "audience") >= 80
