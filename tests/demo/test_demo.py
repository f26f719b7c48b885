"""`faqbot demo` and `faqbot chat`, run as a newcomer runs them."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from bot.cli import demo as module
from bot.demo import playground
from bot.settings import BotSettings
from index.errors import FaqbotError
from index.settings import IndexSettings
from playground.client import Playground

FAQBOT = [sys.executable, "-c", "from bot.cli import main; main()"]
START_SECONDS = 120


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[str], str]]:
    folder = tmp_path_factory.mktemp("demo")
    process = subprocess.Popen(
        [*FAQBOT, "demo", "--port", "0", "--data-dir", str(folder / "data")],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if found := re.search(r"chat --url (\S+)", line):
            break
    else:
        pytest.fail(f"the demo did not start:\n{said}")
    yield process, found[1]
    process.kill()
    process.wait()


@pytest.mark.slow
def test_the_demo_answers_in_the_thread_is_chatted_with_and_stops_cleanly(
    demo: tuple[subprocess.Popen[str], str],
) -> None:
    process, url = demo
    slack = Playground(url)
    ann, channel = slack.person("ann"), slack.channel("helpdesk")
    ts = ann.post(channel, "the vpn keeps disconnecting every few minutes")
    (reply,) = slack.wait_for_replies(channel, ts, timeout=30)
    assert "Northwind Connect" in reply.text
    ann.click(channel, reply.ts, action_id="faq_solved")
    slack.wait_for_message(channel, reply.ts, lambda m: "Solved for 1 person" in m.all_text)

    chat = subprocess.run(
        [*FAQBOT, "chat", "--url", url],
        input="how do i reset my password?\n1\n/faq help\n/faq status\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert chat.returncode == 0, chat.stderr
    assert "help.northwind.example/password" in chat.stdout
    assert "[1] Solved" in chat.stdout
    assert "Solved for 1 person" in chat.stdout
    assert "`/faq retrain`" in chat.stdout
    assert "*pairs*: 130 active" in chat.stdout

    # Too short to be sure of: there is something to pick from.
    ts = ann.mention(channel, "printer")
    (reply,) = slack.wait_for_replies(channel, ts, timeout=30)
    block = next(block for block in reply.blocks if "accessory" in block)
    ann.click(channel, reply.ts, "faq_pick", block_id=block["block_id"])
    shown = slack.wait_for_message(channel, reply.ts, lambda m: "Picked by 1" in m.all_text)
    assert "faq_solved" in shown.action_ids
    ann.command(channel, "/faq", "suggestions")
    waiting = ann.wait_for_ephemeral(channel)[-1]
    ann.click(channel, waiting, "faq_suggestion_approve")
    slack.wait_until(lambda: any("Approved: it is" in m.all_text for m in ann.sees(channel)))

    chat = subprocess.run(
        [*FAQBOT, "chat", "--url", url],
        input="meeting room\n2\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "[1] This one" in chat.stdout
    assert "[2] This one" in chat.stdout
    assert "[3] None of these" in chat.stdout or "[4] None of these" in chat.stdout
    assert "Picked by 1 person" in chat.stdout

    chat = subprocess.run(
        [*FAQBOT, "chat", "--url", url, "--as", "bob"],
        input="/faq status\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "that is for my admins only" in chat.stdout

    slack.disconnect()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0
    refused = subprocess.run(
        [*FAQBOT, "chat", "--url", url], input="", capture_output=True, text=True, timeout=60
    )
    assert refused.returncode == 1
    assert refused.stderr.strip() == f"no playground runs at {url}; start one with `make demo`"


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = subprocess.run(
            [*FAQBOT, "demo", "--port", str(port), "--data-dir", str(tmp_path / "data")],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
        )
    assert result.returncode == 1
    assert str(port) in result.stderr
    assert "Traceback" not in result.stderr


def test_under_make_a_taken_port_names_what_make_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for level, advice in ((None, "--port"), ("1", f"make demo PORT={port + 10}")):
            if level is None:
                monkeypatch.delenv("MAKELEVEL", raising=False)
            else:
                monkeypatch.setenv("MAKELEVEL", level)
            with pytest.raises(FaqbotError, match=advice), playground(port):
                pass


def test_only_the_first_start_is_called_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "import_module", lambda name: None)
    monkeypatch.setattr("bot.demo.playground", lambda port: nullcontext("http://playground"))
    monkeypatch.setattr("bot.demo.connection", lambda url: {})
    monkeypatch.setattr(module, "bring_up_to_date", lambda index, store: None)
    monkeypatch.setattr("bot.logs.configure", lambda settings: None)
    monkeypatch.setattr("bot.service.serve", lambda index, bot, **more: None)
    said = []
    for _ in range(2):
        module.run(IndexSettings(), BotSettings(), None, port=0, faq=None, data_dir=tmp_path)
        said.append(capsys.readouterr().err)
    assert ["first time" in text for text in said] == [True, False]


def test_the_jobs_of_the_demo_read_the_configuration_file_that_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr(module, "import_module", lambda name: None)
    monkeypatch.setattr("bot.demo.playground", lambda port: nullcontext("http://playground"))
    monkeypatch.setattr("bot.demo.connection", lambda url: {})
    monkeypatch.setattr(module, "bring_up_to_date", lambda index, store: None)
    monkeypatch.setattr("bot.logs.configure", lambda settings: None)
    monkeypatch.setattr("bot.service.serve", lambda index, bot, **more: given.update(more))
    config = Path("my.toml")
    module.run(IndexSettings(), BotSettings(), config, port=0, faq=None, data_dir=tmp_path)
    assert given["config"] == config
