"""True processes: start-up, beside a running bot, interrupted."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Runs `faqbot ARGS...` in this process; gives `code`, `out` and `err`.
Run = Callable[..., Any]

FAQBOT = str(Path(sys.executable).with_name("faqbot"))
HEAVY = {"torch", "transformers", "sentence_transformers", "qdrant_client"}
# What `--help` has no use for, either.
OTHERS = {"sqlalchemy", "alembic", "numpy", "qdrant_edge", "pydantic", "slack_sdk", "rich"}

# A process that holds the index as `faqbot serve` does, until it is killed.
HOLDER = """
import sys, time
from pathlib import Path
sys.argv = ["faqbot", "serve"]
from index.engines.edge import EdgeEngine
folder = Path("faqbot-data/collections")
(name,) = (path.name for path in folder.iterdir() if path.is_dir())
held = EdgeEngine(folder).open(name)
print("holding", flush=True)
time.sleep(60)
"""


def modules_after(*args: str) -> tuple[set[str], str]:
    """The modules that a command has imported when it ends, and its standard output."""
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        f"sys.argv = ['faqbot', *{args!r}]\n"
        "from bot.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stderr.split()), done.stdout


def test_help_imports_next_to_nothing() -> None:
    imported, out = modules_after("--help")

    assert "import" in out
    assert imported & (HEAVY | OTHERS) == set()


def test_a_commands_help_imports_next_to_nothing() -> None:
    imported, out = modules_after("evaluate", "--help")

    assert "--retriever" in out
    assert imported & (HEAVY | OTHERS) <= {"pydantic"}, "typer may look whether it is there"


def test_status_does_not_import_torch(run: Run, data_dir: Path, faq: Path) -> None:
    run("import", faq)

    imported, out = modules_after("status", "--json")

    assert json.loads(out)["pairs"]["active"] == 3
    assert imported & HEAVY == set()


def test_doctor_does_not_import_torch(run: Run, data_dir: Path, faq: Path) -> None:
    run("import", faq)
    code = (
        "import sys; from bot.doctor import examine; checks = examine(None)\n"
        "print([c.level.value for c in checks][:5], *sorted(sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.startswith("['ok', 'ok', 'ok', 'ok', 'ok'] ")
    assert set(done.stdout.split()) & HEAVY == set()


@contextmanager
def held_index() -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True
    ) as holder:
        try:
            assert holder.stdout
            assert holder.stdout.readline() == "holding\n"
            yield holder
        finally:
            holder.kill()


def test_commands_work_beside_a_running_bot(run: Run, data_dir: Path, faq: Path) -> None:
    run("import", faq)
    more = Path("more.jsonl")
    more.write_text('{"question": "How do I book a meeting room?", "answer": "In the calendar."}\n')

    with held_index() as bot:
        imported = run("import", more, "--json")
        assert imported.code == 0
        assert json.loads(imported.out)["added"] == 1
        assert f"faqbot serve (pid {bot.pid})" in imported.err
        assert "takes the change over by itself" in imported.err

        asked = run("ask", "reserve a meeting room", "--json")
        assert asked.code == 0
        assert json.loads(asked.out)["matches"][0]["answer"] == "In the calendar."

        assert json.loads(run("status", "--json").out)["live_generation"]["pairs_behind"] == 1
        checks = {check["check"]: check for check in json.loads(run("doctor", "--json").out)}
        assert checks["index"]["level"] == "warn"
        assert (
            f"in use by faqbot serve (pid {bot.pid}); 1 pair behind" in (checks["index"]["finding"])
        )

    # The bot was killed before it took the import over: the next command does.
    assert json.loads(run("ask", "reserve a meeting room", "--json").out)["matches"]
    assert json.loads(run("status", "--json").out)["live_generation"]["pairs_behind"] == 0


def test_an_interrupted_import_is_finished_by_repeating_it(run: Run, data_dir: Path) -> None:
    rows = 2000
    with Path("large.jsonl").open("w") as file:
        for i in range(rows):
            file.write(json.dumps({"id": i, "question": f"question {i}", "answer": "same"}) + "\n")
    run("init")

    importing = subprocess.Popen(
        [FAQBOT, "import", "large.jsonl"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TERM": "dumb"},
    )
    deadline = time.monotonic() + 60
    while json.loads(run("status", "--json").out)["embeddings"] == 0:
        assert importing.poll() is None, "it ended before it could be interrupted"
        assert time.monotonic() < deadline
        time.sleep(0.2)
    importing.send_signal(signal.SIGINT)
    out, err = importing.communicate(timeout=60)

    assert importing.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    assert err.strip().endswith("the same command again does the rest.")
    before = json.loads(run("status", "--json").out)
    assert before["pairs"]["active"] < rows
    assert before["embeddings"] > 0


def test_a_reader_that_goes_away_is_no_error(run: Run, data_dir: Path) -> None:
    with Path("large.jsonl").open("w") as file:
        for i in range(500):
            row = {"id": i, "question": f"question {i % 5}", "answer": "same " * 500}
            file.write(json.dumps(row) + "\n")
    run("import", "large.jsonl")

    exporting = subprocess.Popen(
        [FAQBOT, "export"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert exporting.stdout
    assert exporting.stderr
    exporting.stdout.readline()
    exporting.stdout.close()

    assert "Traceback" not in exporting.stderr.read()
    exporting.stderr.close()
    exporting.wait(timeout=60)


def test_an_export_is_utf_8_whatever_the_terminal_can_show(
    run: Run, data_dir: Path, faq: Path
) -> None:
    run("import", faq)

    done = subprocess.run(
        [FAQBOT, "export"],
        capture_output=True,
        check=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )

    answers = {json.loads(line)["answer"] for line in done.stdout.decode("utf-8").splitlines()}
    assert "Grüße [bold]🙂" in answers
