"""What the documentation says of settings, commands and files is true."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import typer
from pydantic import SecretStr

from bot.cli import app
from bot.settings import BotSettings
from index.evaluation.metrics import summarise
from index.ranking.features import FEATURES
from index.ranking.names import published
from index.ranking.ranker import SIGNALS
from index.settings import IndexSettings, RoomSettings
from playground.__main__ import parser as playground_parser
from playground.control.routes import routes as control_routes
from playground.hub import Hub
from train.settings import TrainSettings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "deploy" / "README.md",
    *sorted(DOCS.glob("*.md")),
]
# The picture of a real answer is made last.
PLACEHOLDERS = {"docs/images/answer.png"}

every_page = pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix()
)


def expected_rows(room: type[RoomSettings]) -> list[str]:
    rows = []
    for key, field in room.model_fields.items():
        if field.annotation in (SecretStr, SecretStr | None):
            default = "secret"
        else:
            default = "none" if field.default in (None, (), {}) else f"`{field.default}`"
        rows.append(f"| `{key}` | `{room.variable(key)}` | {default} | {field.description} |")
    return rows


@pytest.mark.parametrize(
    "room", [IndexSettings, BotSettings, TrainSettings], ids=lambda room: str(room.table)
)
def test_the_table_of_settings_is_complete_and_right(room: type[RoomSettings]) -> None:
    text = (DOCS / "configuration.md").read_text("utf-8")
    _, section = text.split(f"\n## [{room.table}]\n")
    rows = [line for line in section.split("\n## ")[0].splitlines() if line.startswith("| `")]
    assert rows == expected_rows(room)


def variables() -> set[str]:
    known = {"FAQBOT_CONFIG", "FAQBOT_SECRETS_DIR"}
    for room in (IndexSettings, BotSettings, TrainSettings):
        known |= {room.variable(key) for key in room.model_fields}
    return known


@every_page
def test_every_variable_it_names_is_a_setting(page: Path) -> None:
    named = set(re.findall(r"\b(?:FAQBOT|SLACK)_[A-Z_]*[A-Z]\b", page.read_text("utf-8")))
    # `FAQBOT_BOT_SLACK_...` stands for a group.
    assert {name for name in named if name != "FAQBOT_BOT_SLACK"} <= variables()


def code(page: Path) -> Iterator[str]:
    """Lines of a page's code blocks, and its inline code."""
    in_block = False
    for line in page.read_text("utf-8").replace("\\\n", " ").splitlines():
        if line.lstrip().startswith("```"):
            in_block = not in_block
        elif in_block:
            yield line.strip()
        else:
            yield from re.findall(r"`([^`]+)`", line)


def faqbot_calls(page: Path) -> Iterator[list[str]]:
    """The arguments of each call of faqbot that is code on a page."""
    for line in code(page):
        match = re.search(r"(?:^|[\s/])faqbot (?=[a-z-])(.*)", line)
        if match and not line.startswith(("#", "docker build")):
            yield shlex.split(re.split(r"\s[|>#]\s|\s&&\s| \(pid", match[1])[0], comments=True)


def container_calls(page: Path) -> Iterator[list[str]]:
    """The same for `docker compose run ... bot ARGUMENTS`."""
    for line in code(page):
        if match := re.search(r"compose .* run .*\bbot (.*)", line):
            yield shlex.split(match[1])


@every_page
def test_every_faqbot_command_exists_with_its_options(page: Path) -> None:
    group = typer.main.get_command(app)
    for words in [*faqbot_calls(page), *container_calls(page)]:
        command = group.commands.get(words[0])
        assert command is not None, words
        if hasattr(command, "commands") and len(words) > 1:
            command = command.commands.get(words[1])
            assert command is not None, words
        known = {name for parameter in command.params for name in parameter.opts}
        given = {word.split("=")[0] for word in words[1:] if re.match(r"--?[a-z]", word)}
        assert given <= known | {"--help"}, words


def test_commands_are_found_in_the_pages() -> None:
    found = {words[0] for page in PAGES for words in faqbot_calls(page)}
    assert found >= {"import", "ask", "serve", "doctor", "status", "export", "init", "demo", "chat"}


@every_page
def test_every_make_target_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"(?m)^([a-z]+):", makefile))
    for line in code(page):
        if match := re.match(r"(?:[A-Z_]+=\S+ )*make ([a-z]+)", line):
            assert match[1] in targets, line


@every_page
def test_every_playground_option_exists(page: Path) -> None:
    known = set(re.findall(r"--[a-z-]+", playground_parser().format_help()))
    for line in code(page):
        if match := re.match(r"python -m playground\b(?!\.)(.*)", line):
            assert {word for word in match[1].split() if word.startswith("--")} <= known


def test_every_control_path_of_the_playground_exists() -> None:
    page = (DOCS / "playground.md").read_text("utf-8")
    named = set(re.findall(r"\bcontrol ([a-z/]+) '", page))
    for row in re.findall(r"(?m)^\| (`[^|]+) \|", page):
        named |= {name.split("?")[0] for name in re.findall(r"`([a-z/?=]+)`", row)}
    assert len(named) > 20
    known = {route.path.removeprefix("/control/") for route in control_routes(Hub())}
    assert named <= known, named - known


@every_page
def test_every_link_and_picture_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if target.startswith(("https://", "#")):
            continue
        path = (page.parent / target.split("#")[0]).resolve()
        assert path.exists() or path.relative_to(ROOT).as_posix() in PLACEHOLDERS, target


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text("utf-8")
    for page in DOCS.glob("*.md"):
        assert page.name == "README.md" or f"]({page.name})" in index


def test_the_page_on_ranking_names_every_feature_signal_and_measure() -> None:
    page = (DOCS / "ranking.md").read_text("utf-8")
    tables = re.split(r"\n\|---\|---\|\n", page)[1:]
    named = [re.findall(r"`(\w+)`", " ".join(re.findall(r"(?m)^\|([^|]+)\|", t))) for t in tables]
    nothing = summarise(np.zeros(0, dtype=int), np.zeros(0), np.zeros(0, dtype=np.bool_))
    assert named[0] == list(map(published, FEATURES))
    assert sorted(named[1]) == sorted(map(published, SIGNALS))
    assert sorted(named[2]) == sorted(nothing.estimates())


def test_the_readme_counts_the_examples_right() -> None:
    lines = (ROOT / "examples" / "helpdesk.jsonl").read_text("utf-8").splitlines()
    assert f"{len(lines)} example answers" in (ROOT / "README.md").read_text("utf-8")


def test_the_licence_is_the_whole_of_the_apache_licence() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert text.split()[:4] == ["Apache", "License", "Version", "2.0,"]
    assert "END OF TERMS AND CONDITIONS" in text
    assert len(text) > 11_000
