"""What a job's process and the one that supervises it say to each other: lines of JSON.

    stdin   one line, the order; then nothing. Its end means that the supervisor is gone.
    stdout  {"progress": 0.43, "detail": "training, epoch 12 of 38"} now and then, and at the
            end one {"state": "done", "detail": "...", "result": {...}}
    stderr  the log, for people
    SIGTERM cancels

Both sides write and read by the functions here: `index.jobs.supervisor` and `index.jobs.child`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.jobs.results import NO_RESULT, JobResult, RawResult
from index.settings import IndexSettings
from index.store.leases import Claim
from index.store.types import JobState

# What is stated where nobody says otherwise.
USUAL_PRECISIONS = (0.9,)


class Cancelled(BaseException):
    """Somebody wants the job to end; raised in the main thread, wherever it is."""


@dataclass(frozen=True)
class JobOrder:
    """What is to be done.

    Attributes:
        claim: The job's claim; it fences the switch to a new generation.
        config: The configuration file the supervisor was given, for the settings of other tables.
        precisions: The shares of automatic answers that must be right: the usual one first, then
            those of single channels. No retrain may end answers that are so right.
    """

    claim: Claim
    kind: str
    arguments: Mapping[str, Any]
    index: IndexSettings
    config: Path | None
    precisions: tuple[float, ...] = USUAL_PRECISIONS

    @property
    def folder(self) -> Path:
        """Where the job's log and reports are kept."""
        return self.index.jobs_dir / str(self.claim.job_id)


@dataclass(frozen=True)
class JobProgress:
    """How far a job is.

    Attributes:
        share: 0 to 1.
        detail: The step it is at; after a comma, how far that is.
    """

    share: float
    detail: str


@dataclass(frozen=True)
class JobEnding:
    """How a job ended: one line for people, and values for programs."""

    detail: str
    result: JobResult = NO_RESULT
    state: JobState = JobState.DONE


def encode_order(order: JobOrder) -> bytes:
    """An order as the line that a job's process reads."""
    return _line(
        {
            "job_id": order.claim.job_id,
            "owner": order.claim.owner,
            "kind": order.kind,
            "arguments": dict(order.arguments),
            "index": order.index.revealed(),
            "config": None if order.config is None else str(order.config.absolute()),
            "precisions": list(order.precisions),
        }
    )


def decode_order(line: bytes) -> JobOrder:
    """The order that a line holds.

    Raises:
        ValueError: It holds none.
    """
    try:
        given = json.loads(line)
        return JobOrder(
            claim=Claim(int(given["job_id"]), str(given["owner"])),
            kind=str(given["kind"]),
            arguments=dict(given.get("arguments") or {}),
            index=IndexSettings(**given["index"]),
            config=Path(given["config"]) if given.get("config") else None,
            precisions=tuple(map(float, given.get("precisions", USUAL_PRECISIONS))),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no order: {error}") from error


def encode(said: JobProgress | JobEnding) -> bytes:
    """Progress or an ending as the line that the supervisor reads."""
    if isinstance(said, JobProgress):
        return _line({"progress": round(said.share, 4), "detail": said.detail})
    return _line({"state": said.state, "detail": said.detail, "result": said.result.to_json()})


def decode(line: bytes) -> JobProgress | JobEnding:
    """What a line says, of progress or of an ending.

    Raises:
        ValueError: It says neither, as what a library prints.
    """
    try:
        # No database's JSON has a value for what is not a number.
        said = json.loads(line, parse_constant=lambda _: None)
        if "state" in said:
            state = JobState(said["state"])
            if not state.is_over:
                raise ValueError(f"{state} is no ending")
            result = RawResult(dict(said.get("result") or {}))
            return JobEnding(str(said["detail"]), result, state)
        share = float(said["progress"])
        if not 0 <= share <= 1:
            raise ValueError(f"{share} is no share")
        return JobProgress(share, str(said["detail"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"neither progress nor an ending: {error}") from error


def _line(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values).encode() + b"\n"
