"""What `faqbot status` says: the store in numbers, without any message text."""

from typing import Any

from index.store import Store
from index.store.types import State


def collect(store: Store) -> dict[str, Any]:
    """The state of everything as one JSON object."""
    generation = store.generations.live()
    revision = store.pairs.revision()
    return {
        "pairs": {status.value: count for status, count in store.pairs.count().items()},
        "revision": revision,
        "embeddings": store.embeddings.count(),
        "live_generation": None
        if generation is None
        else {
            "id": generation.id,
            "model": generation.model_version,
            "collection": generation.collection,
            "pairs_behind": store.pairs.count_changed(generation.indexed_revision),
        },
        "questions": {state.value: count for state, count in store.inbox.count().items()},
        "feedback": {verdict.value: count for verdict, count in store.feedback.tally().items()},
        "failed": [
            {
                "question": question.id,
                "channel": question.channel,
                "ts": question.ts,
                "received_at": question.received_at.isoformat(timespec="seconds"),
                "reason": question.error,
            }
            for question in store.inbox.latest(State.FAILED)
        ],
        "jobs": [
            {
                "id": job.id,
                "kind": job.kind,
                "state": job.state,
                "started_at": job.started_at,
                "result": job.result,
            }
            for job in store.jobs.latest()
        ],
    }


def lines(report: dict[str, Any]) -> list[tuple[str, str]]:
    """The report as (name, value) lines for people."""

    def counts(values: dict[str, int]) -> str:
        return ", ".join(f"{count} {name}" for name, count in values.items() if count) or "none"

    live = report["live_generation"]
    rows = [
        ("pairs", counts(report["pairs"])),
        (
            "live generation",
            f"{live['id']} (model {live['model']}), {live['pairs_behind']} pairs behind"
            if live
            else "none yet; run `faqbot init`",
        ),
        ("embedding cache", f"{report['embeddings']} texts"),
        ("questions", counts(report["questions"])),
        ("feedback", counts(report["feedback"])),
    ]
    for failed in report["failed"]:
        where = f"{failed['channel']} {failed['ts']}"
        rows.append(("failed question", f"{failed['received_at']} {where}: {failed['reason']}"))
    for job in report["jobs"]:
        rows.append((f"job {job['id']}", f"{job['kind']} {job['state']} {job['started_at']:%F %R}"))
    return rows
