"""`faqbot serve` as a process beside a playground, for the benchmarks that need one."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from index import processes
from index.jobs import registry
from index.jobs.supervisor import StopRequest, Supervisor
from index.model.base import BASE_VERSION
from index.model.manifest import SERVABLE
from index.model.versions import Provenance, write_version
from index.settings import IndexSettings
from index.store import Store
from index.store.types import Generation, Job, JobKind
from index.text import fold, one_line
from playground.client import Playground

EXAMPLES = Path(__file__).parent.parent / "examples" / "helpdesk.jsonl"
FAQBOT = [sys.executable, "-c", "from bot.cli import main; main()"]
STARTED_AT = time.monotonic()
START_TIMEOUT_S = 600.0
ANSWER_TIMEOUT_S = 120.0
JOB_LIMIT_S = 3600.0
# Questions asked in one channel of the playground, whose look-ups take longer as it fills.
IN_ONE_CHANNEL = 50


def say(text: str) -> None:
    """Tell of progress, on standard error."""
    print(f"{time.monotonic() - STARTED_AT:6.1f} s  {text}", file=sys.stderr, flush=True)


def without_proxies() -> None:
    """Keep requests on this machine out of any proxy."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            del os.environ[name]


def environment(slack: Playground, data_dir: Path, **more: str) -> dict[str, str]:
    """What `faqbot` is run with, nothing of this process's own settings among it."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FAQBOT_", "SLACK_"))
    }
    off = {f"FAQBOT_BOT_{kind}_SCHEDULE": "off" for kind in ("RETRAIN", "CHECK", "PURGE")}
    return (
        clean
        | off
        | {
            "HF_HUB_OFFLINE": "1",
            "FAQBOT_INDEX_DATA_DIR": str(data_dir),
            "FAQBOT_BOT_LOG_FORMAT": "json",
            "SLACK_API_URL": slack.api_url,
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
        }
        | more
    )


def faqbot(environment: dict[str, str], *arguments: str) -> None:
    """Run a command to its end; one that fails ends the benchmark."""
    done = subprocess.run([*FAQBOT, *arguments], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"faqbot {arguments[0]} failed: {done.stderr}")


def import_rows(
    environment: dict[str, str], data: Path, rows: int | None, scratch: Path
) -> list[str]:
    """Import an FAQ; returns its questions, without those that stand there twice."""
    with data.open(encoding="utf-8") as file:
        lines = list(islice(file, rows))
    part = scratch / data.name
    part.write_text("".join(lines), "utf-8")
    faqbot(environment, "import", str(part))
    questions = [json.loads(line)["question"] for line in lines]
    counted: dict[str, int] = {}
    for question in questions:
        counted[fold(question)] = counted.get(fold(question), 0) + 1
    return [question for question in questions if counted[fold(question)] == 1]


def wait_until_indexed(store: Store) -> Generation:
    """Wait until a bot that has started has the whole FAQ in its index; returns its generation."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        live = store.generations.live()
        if live is not None and live.indexed_revision >= store.pairs.revision():
            return live
        if time.monotonic() > deadline:
            raise SystemExit("the bot did not index the FAQ")
        time.sleep(0.05)


@dataclass
class Bot:
    """`faqbot serve` as a process."""

    slack: Playground
    environment: dict[str, str]
    log: Path
    options: tuple[str, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None
    kills: int = 0

    def start(self) -> None:
        """Start it, without waiting for it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*FAQBOT, "serve", *self.options], env=self.environment, stdout=log, stderr=log
            )

    def wait_until_connected(self) -> None:
        """Wait until it has a websocket open; a bot that ends before ends the benchmark."""
        assert self.process is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.slack.connections:
            if self.process.poll() is not None or time.monotonic() > deadline:
                lines = self.log.read_text(errors="replace").splitlines()[-5:]
                raise SystemExit("the bot did not start: " + "\n".join(lines))
            time.sleep(0.05)

    def kill(self) -> None:
        """`kill -9`, and wait until Slack has noticed."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.kills += 1
        deadline = time.monotonic() + 30
        while self.slack.connections and time.monotonic() < deadline:
            time.sleep(0.02)

    def stop(self) -> int:
        """Tell it to stop; returns its exit status."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(60)

    def events(self) -> list[dict[str, Any]]:
        """What it has logged."""
        found = []
        for line in self.log.read_text("utf-8", errors="replace").splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return [event for event in found if isinstance(event, dict)]


@contextmanager
def running(bot: Bot) -> Iterator[Bot]:
    """Run the bot, connected; what still runs at the end is killed."""
    bot.start()
    try:
        bot.wait_until_connected()
        yield bot
    finally:
        if bot.process is not None and bot.process.poll() is None:
            bot.process.kill()
            bot.process.wait()


@dataclass(frozen=True)
class Answered:
    """A question that was asked.

    Attributes:
        asked_at: Wall clock, seconds.
        seconds: From the question to its reply; None where none came.
        right: Whether its own wording was matched.
    """

    question: str
    channel: str
    ts: str
    asked_at: float
    seconds: float | None
    right: bool


@dataclass
class Asker:
    """A person who asks the stored questions one after another."""

    slack: Playground
    name: str
    questions: list[str]
    pause_s: float = 0.0
    answered: list[Answered] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def ask(self, number: int = 1) -> list[Answered]:
        """Ask a few and wait for their answers."""
        person = self.slack.create_user(f"{self.name}{len(self.answered)}")
        channel = None
        for i in range(number):
            if self._stop.is_set():
                break
            if channel is None or i % IN_ONE_CHANNEL == 0:
                channel = self.slack.create_channel(f"{self.name}-{len(self.answered)}")
            question = self.questions[len(self.answered) % len(self.questions)]
            started, asked_at = time.perf_counter(), time.time()
            ts = person.mention(channel, question)
            seconds, right = None, False
            try:
                (reply,) = self.slack.wait_for_replies(channel, ts, timeout=ANSWER_TIMEOUT_S)
                seconds = time.perf_counter() - started
                matched = (reply.metadata or {})["event_payload"]["matched_text"]
                right = fold(matched or "") == fold(one_line(question))
            except AssertionError:
                pass  # unanswered
            self.answered.append(Answered(question, channel.id, ts, asked_at, seconds, right))
            self._stop.wait(self.pause_s)
        return self.answered[-number:]

    def start(self) -> None:
        """Ask on and on, in a thread."""
        self._thread = threading.Thread(target=self.ask, args=(10**9,), name=self.name)
        self._thread.start()

    def stop(self) -> list[Answered]:
        """Ask no more; returns all that was asked."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        return self.answered


def run(
    store: Store,
    index: IndexSettings,
    kind: JobKind,
    arguments: dict[str, Any] | None = None,
    command: list[str] | None = None,
    on_progress: Callable[[float, str], None] = lambda share, detail: None,
) -> Job:
    """Run a job as `faqbot retrain` and the other commands do.

    Args:
        command: What to start in place of the kind's own process.
    """
    owner = processes.owner()
    job = store.jobs.begin(kind, owner, arguments=arguments, requested_by="benchmark")
    commands = registry.commands() | ({kind: command} if command else {})
    supervisor = Supervisor(
        store,
        index,
        None,
        limit_s=JOB_LIMIT_S,
        stop=StopRequest("the benchmark ended"),
        on_progress=on_progress,
        commands=commands,
    )
    return supervisor.run(job)


def write_turned(models_dir: Path, version: str, seed: int) -> None:
    """Write a model version with the base encoder and a head that turns its vectors at random.

    Among themselves they are as far apart as the base's, so it answers as well; but a query of
    this model finds nothing in another one's collection, nor the other way round.
    """
    import torch
    from quaterion_models import SimilarityModel
    from quaterion_models.heads import SkipConnectionHead

    from index.model.encoder import SentenceEncoder

    base = models_dir / BASE_VERSION / SERVABLE / "encoders" / "default"
    encoder = SentenceEncoder.load(str(base))
    size = encoder.embedding_size
    head = SkipConnectionHead(size)
    generator = torch.Generator().manual_seed(seed)
    rotation, _ = torch.linalg.qr(torch.randn(size, size, generator=generator))
    with torch.no_grad():
        # The head adds its input, so it is taken off; its gate is opened.
        head.fc_0.weight.copy_(rotation - torch.eye(size))
        head.fc_0.bias.zero_()
        head.gates_0.fill_(20.0)

    def save(folder: Path) -> None:
        folder.mkdir()
        SimilarityModel(encoders=encoder, head=head).save(str(folder))

    write_version(
        models_dir,
        version,
        save,
        Provenance(base_encoder="turned", dimension=size, parent=BASE_VERSION),
    )
