"""``python -m playground``, as a process of its own."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from playground.client import Playground


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server process and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "playground", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline().strip()
        assert line.startswith("playground listening on http://127.0.0.1:")
        yield process, line.removeprefix("playground listening on ")
    finally:
        process.kill()
        process.wait(10)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def test_it_starts_with_people_and_channels() -> None:
    with started("--port", "0") as (_, url):
        slack = Playground(url)
        assert slack.bot_user_id in slack.channel("helpdesk").members
        assert slack.bot_user_id not in slack.channel("random").members
        assert slack.person("ann").name == "ann"
        slack.disconnect()


def test_a_port_in_use_is_one_clear_line() -> None:
    with started("--port", "0") as (_, url):
        port = url.rpartition(":")[2]
        second = subprocess.run(
            [sys.executable, "-m", "playground", "--port", port],
            capture_output=True,
            text=True,
            check=False,
        )
    assert second.returncode == 2
    assert second.stderr == (
        f"playground: port {port} is in use; choose another with --port (0: any free one)\n"
    )
    assert second.stdout == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly(number: signal.Signals) -> None:
    with started("--port", "0") as (process, _):
        process.send_signal(number)
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_it_ends_when_its_standard_input_is_closed() -> None:
    with started("--port", "0", "--exit-with-parent") as (process, _):
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 0


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs a process descriptor")
def test_it_ends_with_its_parent() -> None:
    code = (
        "import subprocess, sys, os, time;"
        "p = subprocess.Popen([sys.executable, '-m', 'playground', '--port', '0',"
        " '--exit-with-parent'], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE);"
        "p.stdout.readline(); print(p.pid, flush=True); os._exit(9)"
    )
    parent = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    pid = int(parent.stdout)
    # The orphan is nobody's child here: watch it through a file descriptor.
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended, _, _ = select.select([descriptor], [], [], 10)
    os.close(descriptor)
    assert ended


def chat(*arguments: str) -> subprocess.CompletedProcess[str]:
    """``python -m playground.chat``, ended at once."""
    return subprocess.run(
        [sys.executable, "-m", "playground.chat", *arguments],
        input="quit\n",
        capture_output=True,
        text=True,
        check=False,
    )


def test_somebody_else_can_chat() -> None:
    with started("--port", "0") as (_, url):
        assert chat("--url", url).stdout.startswith("You are ann. Ask the bot")
        assert chat("--url", url, "--as", "bob").stdout.startswith("You are bob. Ask the bot")
        unknown = chat("--url", url, "--as", "dora")
    assert unknown.returncode == 1
    assert unknown.stderr == "faqbot chat: there is no user 'dora'; there is ann, bob, cleo\n"


def test_help_has_an_example() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "playground", "--help"], capture_output=True, text=True, check=True
    )
    assert "python -m playground --port 8080" in shown.stdout
