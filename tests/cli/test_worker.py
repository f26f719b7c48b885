"""`faqbot worker`."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from index.store import Store
from index.store.types import JobKind, JobState

FAQBOT = str(Path(sys.executable).with_name("faqbot"))


@pytest.mark.slow
def test_a_worker_needs_no_slack_runs_what_is_asked_for_and_stops_when_told(
    store: Store, tmp_path: Path
) -> None:
    # It fails for want of a model, in a process of its own: enough to see that it was run.
    job, _ = store.jobs.request(JobKind.REINDEX)
    worker = subprocess.Popen(
        [FAQBOT, "worker"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"FAQBOT_BOT_LOG_FORMAT": "json"},
    )
    assert worker.stderr
    events = []
    for line in worker.stderr:
        events.append(json.loads(line)["event"])
        if events[-1] == "job_failed":
            break
    worker.send_signal(signal.SIGTERM)
    rest = worker.stderr.read()
    worker.stderr.close()
    assert worker.wait(30) == 0
    assert events == ["worker_started", "job_started", "job_failed"]
    assert "Traceback" not in rest
    ended = store.jobs.get(job.id)
    assert ended is not None
    assert ended.state is JobState.FAILED
    assert (tmp_path / "faqbot-data" / "jobs" / str(job.id) / "log.txt").exists()
