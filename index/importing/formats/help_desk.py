"""Rows as other programs export them: help centres, QnA Maker, Chatwoot.

A row of ours passes as it is.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from index.importing.formats.jsonl import decoder
from index.importing.formats.raw import BadRow, Raw, RawRow

_STATUSES = {"approved": "active", "published": "active", "pending": "draft", "archived": "retired"}
_MAX_LISTED = 50


def as_row(line: int, values: Mapping[Any, object]) -> Raw:
    """An object of an export as a row, or why it must not be taken."""
    row = {str(key).lower(): value for key, value in values.items()}
    if row.get("user_segment_id") or row.get("user_segment_ids"):
        # A help centre shows it to some people only.
        reason = "the article is restricted to a user segment; say who may see it as audience"
        return BadRow(line, reason, str(row.get("title", ""))[:200])
    questions = row.pop("questions", None)
    if isinstance(questions, list) and questions and "question" not in row:
        row["question"], *rest = questions
        if rest:
            row.setdefault("phrasings", rest)
    elif "question" not in row and isinstance(row.get("body"), str) and "title" in row:
        row = _article(row)
    _labels(row)
    status = row.get("status")
    if isinstance(status, str):
        row["status"] = _STATUSES.get(status.lower(), status)
    created = row.get("created_at")
    if isinstance(created, int) and not isinstance(created, bool) and 0 < created < 1e14:
        seconds = created / 1000 if created > 1e11 else created
        row["created_at"] = datetime.fromtimestamp(seconds, UTC).isoformat()
    if row.get("draft") is True:
        row.setdefault("status", "draft")
    taken: dict[object, object] = {}
    taken.update(row.items())
    return RawRow(line, taken)


def grouped(rows: Iterator[Raw]) -> Iterator[Raw]:
    """Rows of a QnA Maker table: neighbours with one answer are wordings of one pair."""
    for (_, answer), found in groupby(rows, _same):
        if answer is None:
            yield from found
            continue
        first, *others = (row for row in found if isinstance(row, RawRow))
        values = {key: _unescaped(value) for key, value in first.values.items()}
        suggested = _list(values.pop("suggestedquestions", None))
        wordings = [*(other.values.get("question") for other in others), *suggested]
        values["phrasings"] = [_unescaped(word) for word in wordings if isinstance(word, str)]
        values["metadata"] = [part for part in str(values.get("metadata") or "").split("|") if part]
        values["prompts"] = _list(values.get("prompts"))
        for key in ("iscontextonly", "qnaid", "sourcedisplayname"):
            values.pop(key, None)
        row = {str(key): value for key, value in values.items()}
        _labels(row)
        yield RawRow(first.line, {key: value for key, value in row.items() if value != []})


def _same(raw: Raw) -> tuple[object, object]:
    if isinstance(raw, BadRow):
        return (None, None)
    return (raw.values.get("qnaid"), raw.values.get("answer"))


def _unescaped(value: object) -> object:
    return value.replace("\\n", "\n") if isinstance(value, str) else value


def _list(value: object) -> list[object]:
    if isinstance(value, str) and value.startswith("["):
        try:
            value = decoder.decode(value)
        except (ValueError, RecursionError):
            return []
    return value[:_MAX_LISTED] if isinstance(value, list) else []


def _article(row: dict[str, object]) -> dict[str, object]:
    """An article of Zendesk or Intercom."""
    article: dict[str, object] = {"question": row["title"], "answer": row["body"]}
    if row.get("id") is not None:
        article["id"] = row["id"]
    for key in ("html_url", "url"):
        url = row.get(key)
        if isinstance(url, str) and not url.endswith(".json"):
            article.setdefault("url", url)
    labels = row.get("label_names")
    if isinstance(labels, list):
        article["tags"] = labels
    if row.get("draft") is True or row.get("state") == "draft":
        article["status"] = "draft"
    for key in ("created_at", "audience", "phrasings"):
        if row.get(key) is not None:
            article[key] = row[key]
    return article


def _labels(row: dict[str, object]) -> None:
    """Metadata and follow-up prompts of QnA Maker, kept as tags."""
    tags: list[object] = []
    metadata = row.pop("metadata", None)
    if isinstance(metadata, Mapping):
        tags += [f"{name}:{value}" for name, value in metadata.items()]
    for item in metadata if isinstance(metadata, list) else ():
        is_named = isinstance(item, Mapping) and "name" in item
        tags.append(f"{item['name']}:{item.get('value', '')}" if is_named else item)
    context = row.pop("context", None) or row.pop("dialog", None)
    prompts = row.pop("prompts", None)
    if isinstance(context, Mapping):
        prompts = context.get("prompts") or context.get("Prompts")
    for item in prompts if isinstance(prompts, list) else ():
        if isinstance(item, Mapping):
            shown = item.get("displayText") or item.get("DisplayText")
            tags += [f"prompt:{shown}"] if shown else []
    own = row.get("tags")
    if tags and (own is None or isinstance(own, list)):
        row["tags"] = [*(own or []), *tags]
