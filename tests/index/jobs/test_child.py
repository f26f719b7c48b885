"""A job's child process: the order, progress, its end, cancelling, and a parent that dies."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from index.settings import IndexSettings
from tests.index.jobs.runs import Child, is_alive

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
        {"progress": 0.0, "detail": "loading the libraries"},
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
    assert lines[2]["detail"] == "counting, 0 of 9999"


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

    assert [line["detail"] for line in lines] == ["clean", "its process was told to end"]
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
    assert not is_alive(helper)


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
