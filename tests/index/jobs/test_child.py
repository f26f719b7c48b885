"""A job's child process: the order, progress, its end, cancelling, and a parent that dies."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from index.errors import FaqbotError
from index.generations.check import check
from index.generations.live import Live
from index.generations.setup import initialise, open_engine
from index.jobs import tasks
from index.jobs.protocol import JobOrder
from index.settings import IndexSettings
from index.store import Store
from index.store.leases import Claim
from index.store.types import JobKind, NewQuestion, PairDraft, QuestionState
from tests.index.models import TURNED

# A work that does as its arguments say.
OBEDIENT = """
import sys, time
from index.errors import FaqbotError
from index.store.types import JobState
from index.jobs.child import run
from index.jobs.protocol import JobEnding
from index.jobs.results import RawResult

def work(order, report):
    report(0.1, "begun")
    space = globals() | {"order": order, "report": report}
    for line in order.arguments["lines"]:
        exec(line, space)
    return JobEnding("all went well", RawResult(seen))

seen = {}
sys.exit(run(work))
"""


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


StartChild = Callable[..., Child]


@pytest.fixture
def obedient(tmp_path: Path) -> Iterator[StartChild]:
    """Starts a child that executes the lines it is given."""
    started: list[Child] = []

    def start(*lines: str, index: IndexSettings | None = None, **environment: str) -> Child:
        settings = index or IndexSettings(data_dir=tmp_path)
        order = {
            "job_id": 7,
            "owner": "me",
            "kind": "reindex",
            "arguments": {"lines": lines},
            "index": settings.revealed(),
            "config": None,
        }
        started.append(Child(["-c", OBEDIENT], order, **environment))
        return started[-1]

    yield start
    for child in started:
        child.destroy()


def test_it_tells_its_progress_and_its_end(obedient: StartChild) -> None:
    child = obedient("report(0.5, 'half way')", "seen['kind'] = order.kind")

    lines, log = child.rest()

    assert lines == [
        {"progress": 0.1, "detail": "begun"},
        {"progress": 0.5, "detail": "half way"},
        {"state": "done", "detail": "all went well", "result": {"kind": "reindex"}},
    ]
    assert child.process.returncode == 0
    assert "half way" in log


def test_progress_within_a_step_is_not_told_too_often(obedient: StartChild) -> None:
    child = obedient("[report(i / 9999, f'counting, {i} of 9999') for i in range(9999)]")

    lines, _ = child.rest()

    assert len(lines) < 100
    assert lines[1]["detail"] == "counting, 0 of 9999"


def test_what_libraries_print_goes_to_the_log(obedient: StartChild) -> None:
    lines, log = obedient("print('epoch 1')", "import os; os.system('echo from C')").rest()

    assert lines[-1]["state"] == "done"
    assert "epoch 1" in log
    assert "from C" in log


def test_an_expected_failure_is_one_line(obedient: StartChild) -> None:
    child = obedient("raise FaqbotError('the disk is full; make room')")

    lines, log = child.rest()

    assert lines[-1] == {"state": "failed", "detail": "the disk is full; make room", "result": {}}
    assert "Traceback" not in log
    assert child.process.returncode == 0


@pytest.mark.parametrize("line", ["1 / 0", "sys.exit(3)"])
def test_an_unexpected_failure_leaves_its_traceback_in_the_log(
    obedient: StartChild, line: str
) -> None:
    lines, log = obedient(line).rest()

    assert lines[-1]["state"] == "failed"
    assert lines[-1]["detail"].startswith("unexpected ")
    assert "Traceback" in log


def test_cancelled_it_cleans_up_and_says_so(obedient: StartChild) -> None:
    child = obedient(
        "try: report(0.2, 'waiting'); time.sleep(600)\n"
        "finally: report(0.3, 'cleaning'); time.sleep(0.5); report(0.4, 'clean')"
    )
    while child.line()["detail"] != "waiting":
        pass
    child.process.send_signal(signal.SIGTERM)
    assert child.line()["detail"] == "cleaning"
    child.process.send_signal(signal.SIGTERM)  # once more: it must not end the cleaning

    lines, _ = child.rest()

    assert [line["detail"] for line in lines] == ["clean", "cancelled"]
    assert lines[-1]["state"] == "cancelled"
    assert child.process.returncode == 0


def test_ctrl_c_is_left_to_the_parent(obedient: StartChild) -> None:
    child = obedient("import os, signal; os.kill(os.getpid(), signal.SIGINT)")

    lines, _ = child.rest()

    assert lines[-1]["state"] == "done"


def test_it_ends_with_its_parent_and_takes_its_helpers_along(
    obedient: StartChild, tmp_path: Path
) -> None:
    child = obedient(
        "import subprocess; helper = subprocess.Popen(['sleep', '600'])",
        "report(0.2, str(helper.pid))",
        "while True: pass",
    )
    while not (detail := child.line()["detail"]).isdigit():
        pass
    helper = int(detail)

    child.hang_up()

    child.process.wait(60)
    assert child.process.returncode != 0
    assert not _runs(helper)


def test_a_parent_that_goes_after_the_end_does_not_make_it_a_failure(obedient: StartChild) -> None:
    child = obedient("import atexit; atexit.register(time.sleep, 600)")
    while "state" not in child.line():
        pass

    child.hang_up()

    child.process.wait(60)
    assert child.process.returncode == 0


def test_its_settings_are_the_parents_secrets_included(
    obedient: StartChild, tmp_path: Path
) -> None:
    settings = IndexSettings(
        data_dir=tmp_path,
        database_url=SecretStr("postgresql://faqbot:hunter2@db/faqbot"),
        device="cpu",
    )
    child = obedient(
        "seen['index'] = order.index.revealed()",
        index=settings,
        FAQBOT_INDEX_DEVICE="cuda",
        FAQBOT_INDEX_QDRANT_URL="http://elsewhere",
    )

    lines, log = child.rest()

    assert IndexSettings(**lines[-1]["result"]["index"]) == settings
    assert "hunter2" not in log


def test_it_steps_back_for_those_who_answer(obedient: StartChild) -> None:
    child = obedient(
        "import os; seen['nice'] = os.nice(0); seen['threads'] = os.environ['OMP_NUM_THREADS']"
    )

    lines, _ = child.rest()

    assert lines[-1]["result"]["nice"] >= 10
    assert 1 <= int(lines[-1]["result"]["threads"]) <= max(1, (os.cpu_count() or 1) - 1)


def test_without_an_order_it_says_what_it_is() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "index.jobs"], input="", capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 2
    assert "started by faqbot itself" in done.stderr
    assert "Traceback" not in done.stderr


# -- the real works, in real processes ---------------------------------------------------


PAIRS = [
    PairDraft("it", "vpn", "Why does the VPN disconnect?", "Update the client."),
    PairDraft("it", "mail", "How do I add a mail signature?", "Settings, then Signature."),
]


@pytest.fixture
def home(room: IndexSettings) -> Iterator[Store]:
    """A store with two pairs and a live generation in the data folder of `room`."""
    store = Store.open(room.store_url)
    store.pairs.upsert(PAIRS)
    engine = open_engine(room)
    initialise(room, store, engine)
    yield store
    store.close()


def perform(room: IndexSettings, store: Store, kind: JobKind, **arguments: Any) -> dict[str, Any]:
    """Run a job in a process of its own; returns its last line."""
    job = store.jobs.begin(kind, "test", arguments=arguments)
    claim = Claim(job.id, "test")
    order = {
        "job_id": claim.job_id,
        "owner": claim.owner,
        "kind": kind,
        "arguments": arguments,
        "index": room.revealed(),
        "config": None,
    }
    child = Child(["-m", "index.jobs"], order)
    try:
        lines, log = child.rest()
    finally:
        child.destroy()
    assert child.process.returncode == 0, log
    store.jobs.finish(job.id, lines[-1]["state"], lines[-1]["result"], lines[-1]["detail"])
    shares = [line["progress"] for line in lines[:-1]]
    assert shares == sorted(shares), "progress never goes back"
    end: dict[str, Any] = lines[-1]
    return end


@pytest.mark.slow
def test_rebuilt_and_rolled_back(room: IndexSettings, home: Store) -> None:
    first = home.generations.live()
    assert first is not None

    end = perform(room, home, JobKind.REINDEX)
    second = home.generations.live()
    assert second is not None
    assert (end["state"], end["result"]["generation"]) == ("done", second.id)
    assert second.id != first.id
    assert second.indexed_revision == home.pairs.revision()
    # The other version is used by no generation.
    assert not (room.models_dir / TURNED).exists()

    job = home.jobs.begin(JobKind.ROLLBACK, "me")
    order = JobOrder(Claim(job.id, "me"), JobKind.ROLLBACK, {}, room, None)
    ending = tasks.rollback(order, lambda share, detail: None)
    assert (ending.state, ending.result) == (
        "done",
        {"generation": first.id, "before": second.id, "model_version": "base"},
    )
    # It had been empty: what was missing was brought over first.
    assert home.generations.live() == home.generations.get(first.id)
    with closing(Live.open(room, home, open_engine(room))) as live:
        assert check(live, home, lambda share, detail: None) == []


def test_old_questions_are_forgotten_where_a_number_of_days_is_given(
    room: IndexSettings, home: Store
) -> None:
    home.inbox.add(NewQuestion("T1", "C1", "1.1", None, "U1", "vpn?", True))
    question = home.inbox.claim("me")
    assert question is not None
    home.inbox.finish(question.id, QuestionState.SILENT)

    def purge(**arguments: Any) -> Any:
        order = JobOrder(Claim(1, "me"), JobKind.PURGE, arguments, room, None)
        return tasks.purge(order, lambda share, detail: None).result.questions

    assert purge() == 0
    assert purge(days=1) == 0
    assert purge(days=-1) == 1
    assert home.inbox.latest(QuestionState.SILENT)[0].text == ""


def test_a_job_that_was_cancelled_or_lost_does_not_switch(room: IndexSettings, home: Store) -> None:
    live = home.generations.live()
    job = home.jobs.begin(JobKind.REINDEX, "somebody else")
    order = JobOrder(Claim(job.id, "me"), JobKind.REINDEX, {}, room, None)
    with pytest.raises(FaqbotError, match="does not go live"):
        tasks.reindex(order, lambda share, detail: None)

    assert home.generations.live() == live


def _runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
