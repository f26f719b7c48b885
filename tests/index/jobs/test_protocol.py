"""What a job's process and its supervisor say to each other, as each writes and reads it."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from index.jobs.protocol import (
    JobEnding,
    JobOrder,
    JobProgress,
    decode,
    decode_order,
    encode,
    encode_order,
)
from index.jobs.results import RawResult
from index.settings import IndexSettings
from index.store.leases import Claim
from index.store.types import JobKind, JobState


def test_an_order_is_read_as_it_was_written(tmp_path: Path) -> None:
    settings = IndexSettings(data_dir=tmp_path, qdrant_api_key=SecretStr("hush"))
    order = JobOrder(
        Claim(7, "me"),
        JobKind.REINDEX,
        {"days": 30},
        settings,
        tmp_path / "faqbot.toml",
        precisions=(0.95, 0.8),
    )

    line = encode_order(order)

    assert line.count(b"\n") == 1
    assert decode_order(line) == order


def test_an_order_without_arguments_or_a_configuration_file_is_read_too(tmp_path: Path) -> None:
    order = JobOrder(Claim(7, "me"), JobKind.PURGE, {}, IndexSettings(data_dir=tmp_path), None)

    assert decode_order(encode_order(order)) == order


@pytest.mark.parametrize("line", [b"", b"\n", b"[]", b"7", b"{}", b"\xff", b'{"job_id": "x"}'])
def test_what_is_no_order_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_order(line)


@pytest.mark.parametrize(
    "said",
    [
        JobProgress(0.4321, "training, epoch 12 of 38"),
        JobEnding("gelöscht", RawResult({"problems": []})),
        JobEnding("the disk is full", state=JobState.FAILED),
        JobEnding("cancelled", state=JobState.CANCELLED),
    ],
)
def test_what_a_child_says_is_read_as_it_was_meant(said: JobProgress | JobEnding) -> None:
    line = encode(said)

    assert line.count(b"\n") == 1
    assert decode(line) == said


@pytest.mark.parametrize(
    "line",
    [
        b"Epoch 1: 50%",
        b"\xff\xfe",
        b"7",
        b"null",
        b"[]",
        b'{"detail": "half"}',
        b'{"progress": NaN, "detail": "lost"}',
        b'{"progress": 1.5, "detail": "more than all"}',
        b'{"state": "running", "detail": "?"}',
        b'{"state": "finished", "detail": "?"}',
        b'{"state": "done"}',
    ],
)
def test_what_is_neither_progress_nor_an_ending_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(line)


def test_a_result_that_is_not_a_number_becomes_none() -> None:
    line = b'{"state": "done", "detail": "trained", "result": {"loss": NaN}}'

    assert decode(line) == JobEnding("trained", RawResult({"loss": None}))
