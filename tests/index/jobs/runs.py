"""What the tests of jobs share: a child that does as it is told, and running a job in it."""

import json
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from index import processes
from index.jobs.supervisor import StopRequest, Supervisor
from index.jobs.worker import Worker
from index.settings import IndexSettings
from index.store import Store
from index.store.types import Job, JobKind
from tests.support.waiting import until

# A child that does what its order says; it tells that it has begun by its first progress.
CHILD = """
import json, os, signal, subprocess, sys, time
order = json.loads(sys.stdin.buffer.readline())
say = lambda **what: print(json.dumps(what), flush=True)
done = lambda detail="done", **result: say(state="done", detail=detail, result=result)
say(progress=0.25, detail="begun")
print("a line of the log", file=sys.stderr, flush=True)
{body}
"""


WAIT_FOR_EVER = "sys.stdin.buffer.read()"
Start = Callable[..., Worker]


class Runs:
    """Runs a job in the fake child, as a foreground command does."""

    def __init__(self, store: Store, settings: IndexSettings, folder: Path) -> None:
        self.store = store
        self.settings = settings
        self.folder = folder
        self.stop = StopRequest("the test wants it", grace_s=10)
        self.progress: list[tuple[float, str]] = []

    def command(self, body: str) -> dict[JobKind, list[str]]:
        script = self.folder / "child.py"
        script.write_text(CHILD.format(body=textwrap.dedent(body)))
        return {kind: [sys.executable, str(script)] for kind in JobKind}

    def begin(self, kind: JobKind = JobKind.REINDEX, **arguments: Any) -> Job:
        return self.store.jobs.begin(kind, processes.owner(), arguments=arguments)

    def __call__(self, body: str, job: Job | None = None, **more: Any) -> Job:
        values: dict[str, Any] = {"limit_s": 60, "commands": self.command(body)} | more
        supervisor = Supervisor(
            self.store,
            self.settings,
            values.pop("config", None),
            stop=self.stop,
            on_progress=lambda share, detail: self.progress.append((share, detail)),
            **values,
        )
        return supervisor.run(job or self.begin())

    @contextmanager
    def beside(self, body: str, **more: Any) -> Iterator[Callable[[], Job]]:
        """Runs a job in a thread; yields, once the child has begun, a function that joins it."""
        job = self.begin()
        ended: list[Job] = []
        thread = threading.Thread(target=lambda: ended.append(self(body, job, **more)))
        thread.start()

        def join() -> Job:
            thread.join(30)
            assert ended, "the job has not ended"
            return ended[0]

        try:
            until(lambda: self.progress, "the child runs")
            yield join
        finally:
            self.stop.grace_s = 0
            self.stop.set()
            thread.join()

    def log(self, job: Job) -> str:
        return (self.settings.jobs_dir / str(job.id) / "log.txt").read_text(errors="replace")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def ended(store: Store, job: Job) -> Job:
    """The job when it is over."""

    def look() -> Job | None:
        found = store.jobs.get(job.id)
        return found if found is not None and found.state.is_over else None

    found = until(look, f"{job.kind} is over")
    assert found is not None
    return found


class Child:
    """A child process, as its parent sees it."""

    def __init__(self, command: list[str], order: dict[str, Any], **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
            start_new_session=True,
        )
        assert self.process.stdin
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def line(self) -> dict[str, Any]:
        """The next line of its output."""
        assert self.process.stdout
        line: dict[str, Any] = json.loads(self.process.stdout.readline())
        return line

    def rest(self) -> tuple[list[dict[str, Any]], str]:
        """The lines that follow, and the log, when it has ended."""
        # Not communicate(): that would close its standard input at once.
        assert self.process.stdout
        assert self.process.stderr
        lines = [json.loads(line) for line in self.process.stdout]
        log = self.process.stderr.read()
        self.process.wait(60)
        return lines, log

    def hang_up(self) -> None:
        """Be gone, as a parent that was killed."""
        assert self.process.stdin
        self.process.stdin.close()

    def destroy(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe
            pipe.close()
        self.process.wait(60)
