"""Settings: a table of the configuration file, the environment, secret files; clear refusals."""

import json
from pathlib import Path

import pytest

from bot.settings import BotSettings
from index.errors import SettingsError
from index.settings import CONFIG_VARIABLE, SECRETS_VARIABLE, IndexSettings

SECRET = "postgresql://faqbot:hunter2@db/faqbot"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (CONFIG_VARIABLE, SECRETS_VARIABLE):
        monkeypatch.delenv(name, raising=False)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def refusal(config: Path | None = None, room: type = IndexSettings) -> str:
    """The one line that says why the settings are refused."""
    with pytest.raises(SettingsError) as raised:
        room.load(config)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_without_anything_the_defaults_hold() -> None:
    settings = IndexSettings.load()

    assert settings.engine == "edge"
    assert settings.store_url == "sqlite:///faqbot-data/faqbot.db"
    assert settings.models_dir == Path("faqbot-data/models")


def test_each_room_reads_its_own_table(tmp_path: Path) -> None:
    config = write(
        tmp_path / "my.toml",
        '[index]\ndata_dir = "somewhere"\n[bot]\nanswer_precision = 0.8\n[train]\nany = 1\n',
    )

    assert IndexSettings.load(config).data_dir == Path("somewhere")
    assert BotSettings.load(config).answer_precision == 0.8


def test_the_file_is_found_by_name_or_by_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "faqbot.toml", '[index]\ndata_dir = "default"\n')
    other = write(tmp_path / "other.toml", '[index]\ndata_dir = "other"\n')

    assert IndexSettings.load().data_dir == Path("default")
    monkeypatch.setenv(CONFIG_VARIABLE, str(other))
    assert IndexSettings.load().data_dir == Path("other")
    third = write(tmp_path / "third.toml", '[index]\ndata_dir = "third"\n')
    assert IndexSettings.load(third).data_dir == Path("third")


def test_the_environment_goes_before_secret_files_and_those_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = write(tmp_path / "my.toml", '[index]\nqdrant_url = "http://file"\n')
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    assert IndexSettings.load(config).qdrant_url == "http://file"

    write(secrets / "faqbot_index_qdrant_url", "http://secret\n")
    monkeypatch.setenv(SECRETS_VARIABLE, str(secrets))
    assert IndexSettings.load(config).qdrant_url == "http://secret"

    monkeypatch.setenv("FAQBOT_INDEX_QDRANT_URL", "http://environment")
    assert IndexSettings.load(config).qdrant_url == "http://environment"


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAQBOT_INDEX_DATABASE_URL", "")
    monkeypatch.setenv("FAQBOT_INDEX_QDRANT_TIMEOUT", "")

    settings = IndexSettings.load()

    assert settings.store_url.startswith("sqlite:///")
    assert settings.qdrant_timeout == 10.0


@pytest.mark.parametrize(
    ("value", "expected"),
    [("C1,C2", ("C1", "C2")), (" C1 , ,C2,", ("C1", "C2")), ("C1", ("C1",)), ("", ())],
)
def test_a_list_comes_from_the_environment_with_commas(
    monkeypatch: pytest.MonkeyPatch, value: str, expected: tuple[str, ...]
) -> None:
    monkeypatch.setenv("FAQBOT_BOT_WATCHED_CHANNELS", value)

    assert BotSettings.load().watched_channels == expected


def test_a_list_comes_from_the_file_as_a_list(tmp_path: Path) -> None:
    config = write(tmp_path / "my.toml", '[bot]\nwatched_channels = ["C1", "C2"]\n')

    assert BotSettings.load(config).watched_channels == ("C1", "C2")


@pytest.mark.parametrize(
    ("room", "key", "variable"),
    [
        (IndexSettings, "database_url", "FAQBOT_INDEX_DATABASE_URL"),
        (IndexSettings, "qdrant_api_key", "FAQBOT_INDEX_QDRANT_API_KEY"),
        (IndexSettings, "model_key", "FAQBOT_INDEX_MODEL_KEY"),
        (BotSettings, "slack_bot_token", "SLACK_BOT_TOKEN"),
    ],
)
def test_a_secret_in_the_file_is_refused(
    tmp_path: Path, room: type, key: str, variable: str
) -> None:
    config = write(tmp_path / "my.toml", f'[{room.table}]\n{key} = "hunter2"\n')

    message = refusal(config, room)

    assert key in message
    assert variable in message
    assert "hunter2" not in message


def test_a_secret_is_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    write(secrets / "faqbot_index_database_url", f"{SECRET}\n")
    monkeypatch.setenv(SECRETS_VARIABLE, str(secrets))
    monkeypatch.setenv("FAQBOT_INDEX_QDRANT_API_KEY", "hunter2")
    monkeypatch.setenv("FAQBOT_INDEX_MODEL_KEY", "hunter2")

    settings = IndexSettings.load()

    assert settings.store_url == "postgresql+psycopg://faqbot:hunter2@db/faqbot"
    for shown in (repr(settings), str(settings), str(settings.model_dump()), f"{settings!r}"):
        assert "hunter2" not in shown


def test_an_empty_key_signs_nothing_and_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    write(secrets / "faqbot_index_model_key", "\n")
    monkeypatch.setenv(SECRETS_VARIABLE, str(secrets))

    with pytest.raises(SettingsError, match="openssl rand -hex 32") as raised:
        IndexSettings.load()

    assert "FAQBOT_INDEX_MODEL_KEY" in str(raised.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
        ("sqlite:////var/faq.db", "sqlite:////var/faq.db"),
    ],
)
def test_the_stores_url_names_the_driver_that_is_installed(
    monkeypatch: pytest.MonkeyPatch, url: str, expected: str
) -> None:
    monkeypatch.setenv("FAQBOT_INDEX_DATABASE_URL", url)

    assert IndexSettings.load().store_url == expected


def test_an_unknown_key_is_one_line_with_the_known_ones(tmp_path: Path) -> None:
    config = write(tmp_path / "my.toml", "[index]\ndatadir = 1\n")

    message = refusal(config)

    assert "'datadir'" in message
    assert "known keys: base_model, data_dir, database_url, device, engine" in message
    assert str(config) in message


@pytest.mark.parametrize("text", ["[indx]\n", 'data_dir = "x"\n', "index = 3\n"])
def test_an_unknown_table_is_one_line(tmp_path: Path, text: str) -> None:
    assert "unknown entry" in refusal(write(tmp_path / "my.toml", text))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('engine = "solr"', "'edge' or 'server'"),
        ("qdrant_timeout = 0", "greater than 0"),
        ("data_dir = 5", "data_dir"),
    ],
)
def test_a_wrong_value_is_one_line_with_its_variable(
    tmp_path: Path, line: str, reason: str
) -> None:
    message = refusal(write(tmp_path / "my.toml", f"[index]\n{line}\n"))

    assert reason in message
    assert f"FAQBOT_INDEX_{line.split(' ')[0].upper()}" in message


def test_a_wrong_variable_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAQBOT_INDEX_QDRANT_TIMEOUT", "soon")

    assert "FAQBOT_INDEX_QDRANT_TIMEOUT" in refusal()


@pytest.mark.parametrize("text", ["[index", "[index]\nx = \n"])
def test_a_file_that_is_no_toml_is_one_line(tmp_path: Path, text: str) -> None:
    assert "not a readable TOML file" in refusal(write(tmp_path / "my.toml", text))


def test_a_file_in_another_encoding_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_bytes('[index]\ndata_dir = "ü"\n'.encode("latin-1"))

    assert "not a readable TOML file" in refusal(tmp_path / "my.toml")


def test_a_missing_file_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "does not exist" in refusal(tmp_path / "none.toml")

    monkeypatch.setenv(CONFIG_VARIABLE, str(tmp_path / "named.toml"))
    assert "named.toml does not exist" in refusal()


def test_a_missing_secrets_folder_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRETS_VARIABLE, str(tmp_path / "none"))

    assert SECRETS_VARIABLE in refusal()


def test_settings_can_be_handed_to_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAQBOT_INDEX_DATABASE_URL", SECRET)
    monkeypatch.setenv("FAQBOT_INDEX_DATA_DIR", "here")
    settings = IndexSettings.load()

    revealed = json.loads(json.dumps(settings.revealed()))

    assert revealed["database_url"] == SECRET
    monkeypatch.setenv("FAQBOT_INDEX_DATA_DIR", "there")
    monkeypatch.setenv("FAQBOT_INDEX_QDRANT_URL", "http://elsewhere")
    assert IndexSettings(**revealed) == settings
    assert settings.jobs_dir == Path("here/jobs")


def test_each_channel_can_have_a_precision_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = write(
        tmp_path / "my.toml",
        "[bot]\nanswer_precision = 0.8\n[bot.channel_precision]\nC0LEGAL = 0.99\n",
    )
    settings = BotSettings.load(config)
    places = ("C0LEGAL", "C0OTHER", None)
    assert [settings.precision_in(place) for place in places] == [0.99, 0.8, 0.8]

    monkeypatch.setenv("FAQBOT_BOT_CHANNEL_PRECISION", "C0LEGAL=0.95, G0HR = 0.7")
    settings = BotSettings.load(config)
    assert settings.channel_precision == {"C0LEGAL": 0.95, "G0HR": 0.7}
    assert BotSettings(**settings.revealed()) == settings


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("C0LEGAL", "'C0LEGAL' must be written NAME=VALUE,NAME=VALUE"),
        ("#legal=0.9", "'#legal' is not a channel id"),
        ("C0LEGAL=2", "channel_precision.C0LEGAL (FAQBOT_BOT_CHANNEL_PRECISION): Input should be"),
        ("C0LEGAL=high", "Input should be a valid number"),
    ],
)
def test_a_precision_that_makes_no_sense_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str, reason: str
) -> None:
    monkeypatch.setenv("FAQBOT_BOT_CHANNEL_PRECISION", value)
    assert reason in refusal(room=BotSettings)


@pytest.mark.parametrize("precision", [0.4, 1])
def test_a_precision_is_a_share_that_can_be_proven(tmp_path: Path, precision: float) -> None:
    config = write(tmp_path / "my.toml", f"[bot]\nanswer_precision = {precision}\n")
    assert "answer_precision (FAQBOT_BOT_ANSWER_PRECISION): Input should be" in refusal(
        config, BotSettings
    )


def test_the_setting_of_earlier_versions_is_refused_with_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead = "is no longer a setting; set answer_precision, the share of automatic answers"
    config = write(tmp_path / "my.toml", "[bot]\nanswer_confidence = 0.7\n")
    assert f"my.toml: [bot] answer_confidence {instead}" in refusal(config, BotSettings)
    config.unlink()
    monkeypatch.setenv("FAQBOT_BOT_ANSWER_CONFIDENCE", "0.7")
    assert f"FAQBOT_BOT_ANSWER_CONFIDENCE {instead}" in refusal(room=BotSettings)
