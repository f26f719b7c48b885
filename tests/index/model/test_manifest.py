"""A manifest is read as it was written, and refused in one line where it was not."""

import json
from typing import Any

import pytest
from pydantic import SecretStr

from index.model.manifest import SERVABLE, Manifest, encoder_id, parse_manifest

KEY = SecretStr("a key")
WEIGHTS = f"{SERVABLE}/encoders/default/model.safetensors"
FILES = {
    WEIGHTS: "1" * 64,
    f"{SERVABLE}/encoders/default/README.md": "2" * 64,
    f"{SERVABLE}/head/config.json": "3" * 64,
}
MANIFEST = Manifest(
    version="v2",
    parent="base",
    base_encoder="all-MiniLM-L6-v2",
    encoder_id=encoder_id(FILES),
    dimension=384,
    data_revision=7,
    created_at="2026-01-01T00:00:00+00:00",
    metrics={"mrr": 0.9137, "questions": 30},
    files=FILES,
)


def changed(**values: Any) -> str:
    return json.dumps(json.loads(MANIFEST.to_json()) | values)


def test_what_was_written_is_read() -> None:
    assert parse_manifest(MANIFEST.to_json()) == MANIFEST


def test_a_manifest_from_before_signatures_is_read() -> None:
    values = json.loads(MANIFEST.to_json())
    del values["signature"]

    assert parse_manifest(json.dumps(values)) == MANIFEST


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("files", ["servable/config.json"]),
        ("files", None),
        ("files", "text"),
        ("files", {"servable/config.json": 3}),
        ("files", {"servable/config.json": None}),
        ("files", {"../other/config.json": "1" * 64}),
        ("files", {"/etc/passwd": "1" * 64}),
        ("files", {"servable//config.json": "1" * 64}),
        ("files", {"servable/line\nbreak": "1" * 64}),
        ("version", None),
        ("version", "../other"),
        ("version", ["v2"]),
        ("parent", "../base"),
        ("parent", {}),
        ("base_encoder", 3),
        ("base_encoder", "two\nlines"),
        ("encoder_id", "x" * 64),
        ("encoder_id", "4" * 64),
        ("dimension", "384"),
        ("dimension", 384.0),
        ("dimension", True),
        ("dimension", 0),
        ("dimension", 10**9),
        ("data_revision", -1),
        ("data_revision", None),
        ("created_at", 5),
        ("metrics", []),
        ("metrics", {"mrr": "high"}),
        ("metrics", {"mrr": {"a": 1}}),
        ("signature", None),
        ("signature", "not hex"),
        ("unheard_of", 1),
    ],
)
def test_a_field_of_the_wrong_kind_is_named_in_one_line(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=field) as raised:
        parse_manifest(changed(**{field: value}))

    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("field", ["version", "parent", "base_encoder", "encoder_id", "dimension"])
def test_a_missing_field_is_named(field: str) -> None:
    values = json.loads(MANIFEST.to_json())
    del values[field]

    with pytest.raises(ValueError, match=f"its field {field} is missing"):
        parse_manifest(json.dumps(values))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "null", "7", "[]", "nonsense"])
def test_what_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - each has another reason
        parse_manifest(text)

    assert "\n" not in str(raised.value)


def test_the_signature_is_of_all_that_a_manifest_says() -> None:
    signed = MANIFEST.signed(KEY)

    assert signed.is_signed_with(KEY)
    assert parse_manifest(signed.to_json()).is_signed_with(KEY)
    assert not signed.is_signed_with(SecretStr("another key"))
    assert not MANIFEST.is_signed_with(KEY)
    others: dict[str, Any] = {
        "version": "v3",
        "parent": None,
        "base_encoder": "other",
        "encoder_id": encoder_id({WEIGHTS: "9" * 64}),
        "dimension": 3,
        "data_revision": 8,
        "created_at": "",
        "metrics": {},
        "files": FILES | {"ranking.json": "9" * 64},
    }
    assert others.keys() | {"signature"} == json.loads(MANIFEST.to_json()).keys()
    for field, value in others.items():
        forged = Manifest(**json.loads(signed.to_json()) | {field: value})
        assert not forged.is_signed_with(KEY), field


def test_the_encoder_id_follows_the_encoders_files_alone() -> None:
    files = FILES
    other_head = files | {f"{SERVABLE}/head/config.json": "0" * 64}
    other_readme = files | {f"{SERVABLE}/encoders/default/README.md": "0" * 64}
    other_weights = files | {WEIGHTS: "0" * 64}

    assert encoder_id(other_head) == encoder_id(files)
    assert encoder_id(other_readme) == encoder_id(files)
    assert encoder_id(other_weights) != encoder_id(files)
