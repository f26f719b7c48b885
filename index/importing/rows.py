"""From a mapping that a file holds to a checked FAQ row: what each key may be.

Checked by hand, not by a model class: an import may have some 100,000 rows, and a rejected one
needs a reason that names its key.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypeVar

from index.importing.html import to_markdown, to_plain
from index.importing.keys import KEYS, TOPIC_KEYS, resembles_audience
from index.store.types import Origin, Phrasing, Status
from index.store.visibility import OUTSIDERS
from index.text import MAX_ANSWER, MAX_QUESTION, clean, fold, one_line

# What the store's columns and Slack's blocks can hold.
MAX_NAME = 200
MAX_TOPIC = 500
MAX_URL = 2_000

_KNOWN = frozenset(KEYS)

_URL = re.compile(r"https?://[^\s/<>\"|]+[^\s<>\"|]*", re.IGNORECASE)
_CHANNEL = re.compile(r"[A-Z0-9_-]+")
# Characters that leave a text looking empty, beside blanks.
_INVISIBLE = "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u200e\u200f\u2060"

E = TypeVar("E", Status, Origin)


class RowError(ValueError):
    """Why a row is rejected."""


@dataclass(frozen=True, slots=True)
class FaqRow:
    """A checked row; texts are cleaned, and HTML is Markdown (answer) or plain text."""

    id: str | None
    question: str
    answer: str
    phrasings: tuple[Phrasing, ...]
    topic: str | None
    url: str | None
    tags: tuple[str, ...]
    audience: tuple[str, ...]
    status: Status | None
    author: str | None
    source: str | None
    created_at: datetime | None


def normalized(values: Mapping[object, object]) -> tuple[dict[str, object], list[str]]:
    """A row with its keys in lower case and without nulls; and the names of its unknown keys.

    Raises:
        RowError: A key stands twice, or is nearly `audience`.
    """
    known: dict[str, object] = {}
    unknown: list[str] = []
    for key, value in values.items():
        name = key if isinstance(key, str) and key in _KNOWN else _key(key)
        if name in _KNOWN:
            if name in known and value is not None:
                raise RowError(f"the key {name} stands twice")
            if value is not None:
                known[name] = value
        elif resembles_audience(name):
            # Ignored, it would show to everybody what was meant for some.
            raise RowError(f"the key {name} is unknown; is audience meant?")
        else:
            unknown.append(name)
    return known, unknown


def parse(values: Mapping[str, object]) -> FaqRow:
    """Check a normalized row.

    Raises:
        RowError: A key is missing, has the wrong type, or a value that cannot be used.
    """
    as_text = _is_text(values)
    question = _text(values, "question", MAX_QUESTION, as_text)
    url = _url(values)
    answer = _text(values, "answer", MAX_ANSWER, as_text, url or "")
    return FaqRow(
        id=row_id(values),
        question=question,
        answer=answer,
        phrasings=_phrasings(values, question, as_text),
        topic=_topic(values),
        url=url,
        tags=_names(values, "tags"),
        audience=_audience(values),
        status=_status(values),
        author=_line(values, "author", MAX_NAME),
        source=row_source(values),
        created_at=_created_at(values),
    )


def row_id(values: Mapping[str, object]) -> str | None:
    """The row's own id.

    Raises:
        RowError: It is neither text nor a whole number, or too long.
    """
    value = values.get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _line(values, "id", MAX_NAME)


def row_source(values: Mapping[str, object]) -> str | None:
    """The source a row names.

    Raises:
        RowError: It is no text, or too long.
    """
    return _line(values, "source", MAX_NAME)


def _key(key: object) -> str:
    return one_line(str(key))[:60].lower().replace(" ", "_") or "(no name)"


def _is_text(values: Mapping[str, object]) -> bool:
    form = values.get("format", "")
    if not isinstance(form, str) or form.strip().lower() not in ("", "text"):
        raise RowError('format must be "text" or left out')
    return bool(form.strip())


def _text(values: Mapping[str, object], key: str, limit: int, as_text: bool, base: str = "") -> str:
    if key not in values:
        raise RowError(f"{key} is missing")
    text = _prepared(_string(values[key], key), key, limit, as_text, base)
    if not text:
        raise RowError(f"{key} is empty")
    return text


def _prepared(text: str, key: str, limit: int, as_text: bool, base: str = "") -> str:
    if len(text) > 20 * limit:
        raise RowError(f"{key} has {len(text):,} characters; at most {limit:,} are allowed")
    is_answer = key == "answer"
    if not as_text:
        try:
            text = to_markdown(text, base) if is_answer else to_plain(text)
        except ValueError as error:
            raise RowError(f"{key}: {error}") from None
    text = clean(text) if is_answer else one_line(text)
    if len(text) > limit:
        raise RowError(f"{key} has {len(text):,} characters; at most {limit:,} are allowed")
    return text if text.strip(_INVISIBLE) else ""


def _string(value: object, key: str) -> str:
    if not isinstance(value, str):
        raise RowError(f"{key} must be text, not {_named(value)}")
    return value


def _line(values: Mapping[str, object], key: str, limit: int) -> str | None:
    if key not in values:
        return None
    text = one_line(_string(values[key], key))
    if len(text) > limit:
        raise RowError(f"{key} has {len(text):,} characters; at most {limit:,} are allowed")
    return text or None


def _phrasings(values: Mapping[str, object], question: str, as_text: bool) -> tuple[Phrasing, ...]:
    value = values.get("phrasings")
    if value is None or value == "":
        return ()
    if not isinstance(value, list | tuple):
        raise RowError(f"phrasings must be a list, not {_named(value)}")
    found: list[Phrasing] = []
    seen = {fold(question)}
    for item in value:
        origin = Origin.IMPORT
        if isinstance(item, Mapping):
            if item.get("origin") is not None:
                origin = _member(Origin, item["origin"], "phrasings: origin")
            item = item.get("text")
        text = _prepared(_string(item, "phrasings"), "phrasings", MAX_QUESTION, as_text)
        folded = fold(text)
        if text and folded not in seen:
            seen.add(folded)
            found.append(Phrasing(text, origin))
    return tuple(found)


def _topic(values: Mapping[str, object]) -> str | None:
    for key in TOPIC_KEYS:
        if topic := _line(values, key, MAX_TOPIC):
            return topic
    return None


def _url(values: Mapping[str, object]) -> str | None:
    url = _line(values, "url", MAX_URL)
    if url is not None and not _URL.fullmatch(url):
        raise RowError("url must be a web address that starts with http:// or https://")
    return url


def _names(values: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = values.get(key, ())
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        raise RowError(f"{key} must be a list, not {_named(value)}")
    found: list[str] = []
    for item in items:
        if isinstance(item, int) and not isinstance(item, bool):
            item = str(item)
        name = one_line(_string(item, key))
        if len(name) > MAX_NAME:
            raise RowError(f"{key}: an entry has {len(name):,} characters; at most {MAX_NAME}")
        if name and name not in found:
            found.append(name)
    return tuple(found)


def _audience(values: Mapping[str, object]) -> tuple[str, ...]:
    names = _names(values, "audience")
    # By people's hands it may come as "Outsiders".
    audience = tuple(OUTSIDERS if name.casefold() == OUTSIDERS else name for name in names)
    for channel in audience:
        # A channel's name would never match, and the pair would be seen by nobody.
        if channel != OUTSIDERS and not _CHANNEL.fullmatch(channel):
            raise RowError(
                f"audience must hold channel ids such as C0123ABCD, not {channel[:40]!r}"
            )
    return audience


def _status(values: Mapping[str, object]) -> Status | None:
    value = values.get("status")
    return None if value is None or value == "" else _member(Status, value, "status")


def _member(kind: type[E], value: object, key: str) -> E:
    try:
        return kind(_string(value, key).strip().lower())
    except ValueError as error:
        if isinstance(error, RowError):
            raise
        known = ", ".join(member.value for member in kind)
        raise RowError(f"{key} must be one of {known}") from None


def _created_at(values: Mapping[str, object]) -> datetime | None:
    value = values.get("created_at")
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value.strip())
        elif isinstance(value, date) and not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day)
        if not isinstance(value, datetime):
            raise RowError(f"created_at must be text, not {_named(value)}")
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        if isinstance(error, RowError):
            raise
        raise RowError("created_at must be a time such as 2026-01-31T09:00:00Z") from None


def _named(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, Mapping):
        return "an object"
    return "text" if isinstance(value, str) else f"a {type(value).__name__}"
