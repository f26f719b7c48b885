"""A job's process, as the one that supervises it handles it: started, told, heard, ended."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import IO

from index.jobs.protocol import JobEnding, JobOrder, JobProgress, decode, encode_order

# Where it is until it says so itself.
STARTING = JobProgress(0.0, "starting its process")
# Of the environment's variables the child gets all but these: it never speaks with Slack.
_NOT_INHERITED = ("SLACK_", "FAQBOT_BOT_SLACK_")
# Seconds for what it said last to be read when it has ended.
_LAST_WORDS_S = 1.0
_MOMENT_S = 0.02


class ChildProcess:
    """The process, and what it has said so far.

    Attributes:
        progress: How far it is, by what it said last.
        ending: How the job ended; None until it has said so.
    """

    def __init__(self, command: Sequence[str], log_file: IO[bytes]) -> None:
        """Start it.

        Args:
            log_file: Takes what it writes to standard error, and what else it prints.

        Raises:
            OSError: It cannot be started.
        """
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log_file,
            env={k: v for k, v in os.environ.items() if not k.startswith(_NOT_INHERITED)},
            # A session of its own: Ctrl-C reaches the parent alone, which then decides.
            start_new_session=True,
        )
        self._log_file = log_file
        self.progress = STARTING
        self.ending: JobEnding | None = None
        self._silent = threading.Event()
        self._reader = threading.Thread(target=self._read, name="job-output", daemon=True)
        self._reader.start()

    def order(self, order: JobOrder) -> None:
        """Say what to do. The pipe stays open: its end tells the child that its parent is gone."""
        assert self._process.stdin is not None
        with suppress(OSError):  # it has ended already; its status says how
            self._process.stdin.write(encode_order(order))
            self._process.stdin.flush()

    def wait(self, seconds: float) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        if self._silent.wait(seconds):
            time.sleep(_MOMENT_S)  # from its last word to its end
        status = self._process.poll()
        if status is not None:
            # What it started and left behind would keep the pipe open, and go on.
            self._kill_group()
            self._reader.join(_LAST_WORDS_S)
        return status

    def terminate(self) -> None:
        """Ask it to clean up and end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it, and what it started, at once."""
        self._kill_group()
        self._process.kill()

    def close(self) -> None:
        """Leave nothing behind, whatever happened."""
        if self._process.poll() is None:
            self.kill()
            self._process.wait()
            self._reader.join(_LAST_WORDS_S)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(OSError):
            self._process.stdin.close()
        if not self._reader.is_alive():
            self._process.stdout.close()

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                said = decode(line)
            except ValueError:
                # Not ours: a library's word, which belongs to the log.
                with suppress(ValueError, OSError):  # which may be closed, or full
                    self._log_file.write(line)
                    self._log_file.flush()
                continue
            if isinstance(said, JobEnding):
                self.ending = said
            else:
                self.progress = said
        self._silent.set()
