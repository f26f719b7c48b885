"""The container files, as far as they can be checked without a container engine."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from pydantic import SecretStr

from bot.settings import BotSettings
from bot.transports.http import HEALTH_PATH
from index.processes import owner
from index.settings import CONFIG_VARIABLE, SECRETS_VARIABLE, IndexSettings
from index.store import Store
from index.store.tables import processes

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
ROOMS = (IndexSettings, BotSettings)
# Read by the tools, not by faqbot.
FOREIGN = {"TORCH_BACKEND"}
PINNED = re.compile(r"[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9.-]+)?")


def variables() -> set[str]:
    """Every environment variable that faqbot reads."""
    return {CONFIG_VARIABLE, SECRETS_VARIABLE} | {
        room.variable(key) for room in ROOMS for key in room.model_fields
    }


def secret_keys() -> set[str]:
    return {
        room.variable(key)
        for room in ROOMS
        for key, field in room.model_fields.items()
        if field.annotation in (SecretStr, SecretStr | None)
    }


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return document


@pytest.fixture(scope="module")
def dockerfile() -> list[list[str]]:
    """The Dockerfile's instructions, each split into words."""
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    text = re.sub(r"(?m)^\s*#.*\n", "", text).replace("\\\n", " ")
    return [line.split() for line in text.splitlines() if line.strip()]


def instructions(dockerfile: list[list[str]], name: str) -> list[list[str]]:
    return [words[1:] for words in dockerfile if words[0] == name]


def env_file_variables() -> dict[str, str]:
    lines = (DEPLOY / "env.example").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


class TestCompose:
    def test_every_file_it_names_exists_or_is_made_by_the_instructions(
        self, compose: dict[str, Any]
    ) -> None:
        readme = (DEPLOY / "README.md").read_text("utf-8")
        build = compose["services"]["bot"]["build"]
        assert (DEPLOY / build["context"]).resolve() == ROOT
        assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
        for secret in compose["secrets"].values():
            assert f"> deploy/{secret['file']}" in readme
        for file in compose["services"]["bot"]["env_file"]:
            assert (DEPLOY / file["path"]).exists() or file["required"] is False
            assert f"deploy/{file['path']}" in readme

    def test_every_faqbot_variable_is_a_setting(self, compose: dict[str, Any]) -> None:
        named = set(compose["services"]["bot"]["environment"]) | set(env_file_variables())
        used = re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text("utf-8"))
        assert named | set(used) <= variables() | FOREIGN

    def test_the_settings_it_makes_are_valid(
        self, compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        bot = compose["services"]["bot"]
        for name in variables():
            monkeypatch.delenv(name, raising=False)
        for name, value in (env_file_variables() | bot["environment"]).items():
            monkeypatch.setenv(name, value)
        secrets = tmp_path / "secrets"
        secrets.mkdir()
        for name in bot["secrets"]:
            (secrets / name).write_text(f"value of {name}\n")
        monkeypatch.setenv(SECRETS_VARIABLE, str(secrets))
        monkeypatch.chdir(tmp_path)

        index, settings = IndexSettings.load(), BotSettings.load()

        assert index.engine == "server"
        assert index.qdrant_url == "http://qdrant:6333"
        assert index.store_url == "value of faqbot_index_database_url"
        assert settings.mode == "socket"
        for key in ("slack_bot_token", "slack_app_token"):
            assert getattr(settings, key).get_secret_value() == f"value of {key}"

    def test_secrets_are_files_named_after_the_setting_they_hold(
        self, compose: dict[str, Any]
    ) -> None:
        for service in compose["services"].values():
            assert not set(service.get("environment", {})) & secret_keys()
            assert not [k for k in service.get("environment", {}) if k.endswith("PASSWORD")]
            assert set(service.get("secrets", ())) <= set(compose["secrets"])
        assert not set(env_file_variables()) & secret_keys()
        names = {name.upper() for name in compose["services"]["bot"]["secrets"]}
        assert names <= secret_keys()
        assert all(list(secret) == ["file"] for secret in compose["secrets"].values())
        ignored = (DEPLOY / ".gitignore").read_text("utf-8").split()
        assert {"secrets/", ".env"} <= set(ignored)

    def test_images_are_pinned(self, compose: dict[str, Any]) -> None:
        for service in compose["services"].values():
            assert PINNED.fullmatch(service["image"]), service["image"]

    def test_the_qdrant_server_fits_the_client(self, compose: dict[str, Any]) -> None:
        # The client warns where the two are more than one minor version apart.
        pins = (ROOT / "constraints.txt").read_text("utf-8")
        client = re.search(r"(?m)^qdrant-client==(\d+)\.(\d+)", pins)
        server = re.search(r":v(\d+)\.(\d+)", compose["services"]["qdrant"]["image"])
        assert client
        assert server
        assert client[1] == server[1]
        assert abs(int(client[2]) - int(server[2])) <= 1

    def test_the_bot_starts_when_its_databases_are_healthy(self, compose: dict[str, Any]) -> None:
        needed = compose["services"]["bot"]["depends_on"]
        assert needed.keys() == {"postgres", "qdrant"}
        for name, condition in needed.items():
            assert condition == {"condition": "service_healthy"}
            assert compose["services"][name]["healthcheck"]["test"]

    def test_the_databases_keep_their_data_and_cannot_be_reached_from_outside(
        self, compose: dict[str, Any]
    ) -> None:
        for name in ("postgres", "qdrant"):
            service = compose["services"][name]
            assert "ports" not in service
            assert [compose["networks"][net]["internal"] for net in service["networks"]] == [True]
            (volume,) = service["volumes"]
            assert volume.split(":")[0] in compose["volumes"]
        assert compose["services"]["bot"]["volumes"] == ["faqbot-data:/data"]

    def test_docker_compose_accepts_it(self, tmp_path: Path) -> None:
        if shutil.which("docker") is None:
            pytest.skip("docker is not installed")
        probe = subprocess.run(["docker", "compose", "version"], capture_output=True)
        if probe.returncode:
            pytest.skip("docker has no compose plugin")
        command = ["docker", "compose", "-f", str(DEPLOY / "compose.yaml"), "config", "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stderr


class TestDockerfile:
    def test_everything_it_copies_exists_and_is_let_into_the_build(
        self, dockerfile: list[list[str]]
    ) -> None:
        ignore = (ROOT / ".dockerignore").read_text("utf-8").split()
        for words in instructions(dockerfile, "COPY"):
            if words[0].startswith("--from"):
                continue
            for source in words[:-1]:
                assert (ROOT / source).exists(), source
                assert f"!{source}" in ignore, source

    def test_every_package_of_the_distribution_is_copied(self, dockerfile: list[list[str]]) -> None:
        copied = {words[0].rstrip("/") for words in instructions(dockerfile, "COPY")}
        assert set(pyproject()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= copied

    def test_no_image_is_unpinned(self, dockerfile: list[list[str]]) -> None:
        defaults = dict(words[0].split("=") for words in instructions(dockerfile, "ARG") if words)
        for words in instructions(dockerfile, "FROM"):
            image = re.sub(r"\$\{(\w+)\}", lambda match: defaults[match[1]], words[0])
            assert PINNED.fullmatch(image), image
        assert re.fullmatch(r"\d+\.\d+\.\d+", defaults["UV_VERSION"])

    def test_the_python_is_one_that_faqbot_supports(self, dockerfile: list[list[str]]) -> None:
        (image,) = (w[0] for w in instructions(dockerfile, "ARG") if w[0].startswith("PYTHON"))
        version = re.search(r"python:(\d+)\.(\d+)", image)
        assert version
        assert (int(version[1]), int(version[2])) >= (3, 11)

    def test_dependencies_are_pinned_and_installed_before_the_code_is_copied(
        self, dockerfile: list[list[str]]
    ) -> None:
        lines = [" ".join(words) for words in dockerfile]
        install = next(i for i, line in enumerate(lines) if "-r pyproject.toml" in line)
        code = next(i for i, line in enumerate(lines) if line.startswith("COPY bot/"))
        assert install < code
        assert "-c constraints.txt" in lines[install]

    def test_the_extras_it_installs_exist(self, dockerfile: list[list[str]]) -> None:
        known = pyproject()["project"]["optional-dependencies"].keys()
        text = "\n".join(" ".join(words) for words in dockerfile)
        named = re.findall(r"--extra (\S+)", text) + re.findall(r"\.\[([\w,]+)\]", text)
        assert named
        assert {extra for group in named for extra in group.split(",")} <= known

    def test_it_runs_as_a_user_without_rights(self, dockerfile: list[list[str]]) -> None:
        last_stage = dockerfile[max(i for i, w in enumerate(dockerfile) if w[0] == "FROM") :]
        ((user,),) = instructions(last_stage, "USER")
        assert user not in ("root", "0")
        names = [words[0] for words in last_stage]
        assert "USER" in names[: names.index("ENTRYPOINT")]

    def test_signals_reach_the_bot(self, dockerfile: list[list[str]]) -> None:
        for name, expected in (("ENTRYPOINT", '["faqbot"]'), ("CMD", '["serve"]')):
            assert " ".join(instructions(dockerfile, name)[-1]) == expected
        assert instructions(dockerfile, "STOPSIGNAL") == [["SIGTERM"]]

    def test_every_faqbot_variable_is_a_setting(self, dockerfile: list[list[str]]) -> None:
        values = environment(dockerfile)
        ours = {name for name in values if name.startswith(("FAQBOT_", "SLACK_"))}
        assert ours
        assert ours <= variables()

    def test_data_goes_to_the_volume(self, dockerfile: list[list[str]]) -> None:
        ((volume,),) = instructions(dockerfile, "VOLUME")
        assert environment(dockerfile)["FAQBOT_INDEX_DATA_DIR"] == volume

    def test_nothing_but_what_is_built_is_let_into_the_build(self) -> None:
        lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        rules = [line for line in lines if line and not line.startswith("#")]
        assert rules[0] == "*"
        assert not {"!.git", "!deploy/", "!faqbot-data/", "!deploy/secrets/"} & set(rules)


class TestHealthCheck:
    def run(self, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if k not in variables()}
        return subprocess.run(
            [sys.executable, str(DEPLOY / "healthcheck.py")],
            env=environment | settings,
            cwd=settings["FAQBOT_INDEX_DATA_DIR"],
            capture_output=True,
            text=True,
        )

    def test_a_store_that_answers_is_healthy(self, tmp_path: Path) -> None:
        Store.open(f"sqlite:///{tmp_path / 'faqbot.db'}").close()
        done = self.run(FAQBOT_INDEX_DATA_DIR=str(tmp_path))
        assert (done.returncode, done.stdout) == (0, "ok, 0 questions open\n")

    def test_a_store_that_is_not_there_is_not(self, tmp_path: Path) -> None:
        done = self.run(FAQBOT_INDEX_DATA_DIR=str(tmp_path))
        assert done.returncode == 1
        assert done.stderr.startswith("unhealthy: ")

    def say(self, folder: Path, *, is_well: bool, ago: timedelta) -> None:
        """What a bot of this machine, this process, said of itself a while ago."""
        store = Store.open(f"sqlite:///{folder / 'faqbot.db'}")
        store.processes.say(owner(), "socket", is_well=is_well, detail="token_revoked")
        since = datetime.now(UTC) - ago
        with store.database.write() as connection:
            connection.execute(sa.update(processes).values(since=since))
        store.close()

    def test_a_bot_that_slack_reaches_is_healthy(self, tmp_path: Path) -> None:
        self.say(tmp_path, is_well=True, ago=timedelta(hours=1))
        assert self.run(FAQBOT_INDEX_DATA_DIR=str(tmp_path)).returncode == 0

    def test_a_bot_that_slack_has_not_reached_for_a_while_is_not(self, tmp_path: Path) -> None:
        self.say(tmp_path, is_well=False, ago=timedelta(seconds=5))
        assert self.run(FAQBOT_INDEX_DATA_DIR=str(tmp_path)).returncode == 0
        self.say(tmp_path, is_well=False, ago=timedelta(minutes=5))
        done = self.run(FAQBOT_INDEX_DATA_DIR=str(tmp_path))
        assert (done.returncode, done.stderr) == (1, "unhealthy: token_revoked\n")

    def test_over_http_the_server_has_to_answer(self, tmp_path: Path) -> None:
        Store.open(f"sqlite:///{tmp_path / 'faqbot.db'}").close()
        done = self.run(
            FAQBOT_INDEX_DATA_DIR=str(tmp_path), FAQBOT_BOT_MODE="http", FAQBOT_BOT_HTTP_PORT="1"
        )
        assert done.returncode == 1
        assert "refused" in done.stderr

    def test_it_asks_where_the_bot_answers(self) -> None:
        assert f'HEALTH_PATH = "{HEALTH_PATH}"' in (DEPLOY / "healthcheck.py").read_text("utf-8")


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def environment(dockerfile: list[list[str]]) -> dict[str, str]:
    pairs = (
        word for words in instructions(dockerfile, "ENV") for word in shlex.split(" ".join(words))
    )
    return dict(pair.split("=", 1) for pair in pairs)
