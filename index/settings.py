"""Settings of the ground floor, and how every room reads its table of `faqbot.toml`.

A key is looked up in the environment (`FAQBOT_<TABLE>_<KEY>`), then in a secret file, then in
the room's table of the configuration file; then its default holds.
"""

import os
import tomllib
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from index.errors import SettingsError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

CONFIG_VARIABLE = "FAQBOT_CONFIG"
SECRETS_VARIABLE = "FAQBOT_SECRETS_DIR"
DEFAULT_CONFIG = "faqbot.toml"
TABLES = ("index", "train", "bot")

_table: ContextVar[dict[str, Any]] = ContextVar("table")


def _split_commas(value: object) -> object:
    """Let a list come from the environment as `a,b,c`."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _split_assignments(value: object) -> object:
    """Let a table come from the environment as `a=1,b=2`."""
    if isinstance(value, str):
        parts = [part.partition("=") for part in value.split(",") if part.strip()]
        if not all(equals for _, equals, _ in parts):
            raise ValueError(f"{value!r} must be written NAME=VALUE,NAME=VALUE")
        return {name.strip(): number.strip() for name, _, number in parts}
    return value


CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_commas)]
"""A list that the environment writes with commas."""

T = TypeVar("T")
CommaTable = Annotated[dict[str, T], NoDecode, BeforeValidator(_split_assignments)]
"""A table that the environment writes as `NAME=VALUE,NAME=VALUE`."""


class RoomSettings(BaseSettings):
    """Base of a room's settings: a table of `faqbot.toml`, each key also from the environment."""

    table: ClassVar[str]
    # Keys of earlier versions, and what to do instead.
    removed: ClassVar[dict[str, str]] = {}

    # Ignoring empty variables: container set-ups pass on what nobody set as "".
    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, env_ignore_empty=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        sources: list[PydanticBaseSettingsSource] = [init_settings, env_settings]
        if secrets_dir := os.environ.get(SECRETS_VARIABLE):
            if not Path(secrets_dir).is_dir():
                raise SettingsError(f"${SECRETS_VARIABLE}: {secrets_dir} is not a folder")
            sources.append(SecretsSettingsSource(settings_cls, secrets_dir=secrets_dir))
        sources.append(InitSettingsSource(settings_cls, init_kwargs=_table.get({})))
        return tuple(sources)

    @classmethod
    def load(cls, config: Path | None = None) -> Self:
        """Read this room's settings.

        Args:
            config: The configuration file. Without it `FAQBOT_CONFIG`, else `faqbot.toml` in the
                working directory where there is one, is used.

        Raises:
            SettingsError: The file cannot be read, or a key is unknown, misplaced or invalid.
        """
        path = _config_path(config)
        values = _read_table(path, cls.table) if path else {}
        for key, instead in cls.removed.items():
            if key in values or os.environ.get(cls.variable(key)):
                where = f"{path}: [{cls.table}] {key}" if key in values else cls.variable(key)
                raise SettingsError(f"{where} is no longer a setting; {instead}")
        for key, field in cls.model_fields.items():
            if key in values and field.annotation in (SecretStr, SecretStr | None):
                raise SettingsError(
                    f"{path}: [{cls.table}] {key} is a secret: set it in the environment "
                    f"({cls.variable(key)}) or as a file in ${SECRETS_VARIABLE}, never in the file"
                )
        token = _table.set(values)
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError(cls._explain(error, path)) from None
        finally:
            _table.reset(token)

    def revealed(self) -> dict[str, Any]:
        """All values as JSON has them, secrets in clear; the class can be built from them again.

        For handing them to a process of our own, through a pipe; never for a log or a file.
        """
        values = self.model_dump(mode="json")
        for key in values:
            if isinstance(value := getattr(self, key), SecretStr):
                values[key] = value.get_secret_value()
        return values

    @classmethod
    def variable(cls, key: str) -> str:
        """The environment variable that sets `key`."""
        return f"{cls.model_config.get('env_prefix', '')}{key}".upper()

    @classmethod
    def _explain(cls, error: ValidationError, path: Path | None) -> str:
        first = error.errors()[0]
        name = key = str(first["loc"][0]) if first["loc"] else ""
        where = f"{path}: " if path else ""
        if first["type"] == "extra_forbidden":
            known = ", ".join(sorted(cls.model_fields))
            return f"{where}[{cls.table}] has no key {key!r}; known keys: {known}"
        key = ".".join(map(str, first["loc"]))
        return f"{where}[{cls.table}] {key} ({cls.variable(name)}): {reason_of(first)}"


def reason_of(error: "ErrorDetails") -> str:
    """Why a value was refused, in words of ours or pydantic's, without the kind of error."""
    said = error.get("ctx", {}).get("error")
    return str(said) if isinstance(said, (ValueError, AssertionError)) else error["msg"]


def _config_path(config: Path | None) -> Path | None:
    if config is None and (named := os.environ.get(CONFIG_VARIABLE)):
        config = Path(named)
    if config is None:
        default = Path(DEFAULT_CONFIG)
        return default if default.is_file() else None
    if not config.is_file():
        raise SettingsError(f"configuration file {config} does not exist; create it or unset it")
    return config


def _read_table(path: Path, table: str) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: not a readable TOML file: {error}") from None
    for name, value in document.items():
        if name not in TABLES or not isinstance(value, dict):
            raise SettingsError(f"{path}: unknown entry {name!r}; it has the tables {TABLES}")
    return dict(document.get(table, {}))


class IndexSettings(RoomSettings):
    """Where the store, the model versions and the search index live."""

    table: ClassVar[str] = "index"
    model_config = SettingsConfigDict(
        env_prefix="FAQBOT_INDEX_", extra="forbid", frozen=True, populate_by_name=True
    )

    data_dir: Path = Field(
        default=Path("faqbot-data"),
        description="Folder of the SQLite store, the model versions and the embedded index.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="SQLAlchemy URL, such as postgresql://user:password@host/faqbot. "
        "Default: SQLite in data_dir.",
    )
    base_model: str = Field(
        default="all-MiniLM-L6-v2",
        description="Base encoder: a local folder, or a model name looked up in the hub cache "
        "and then in the installed weights package.",
    )
    model_key: SecretStr | None = Field(
        default=None,
        description="Secret that signs model versions; with it, only versions that it signed are "
        "loaded.",
    )
    device: str = Field(default="auto", description='"auto", "cpu", "cuda", "mps", ...')
    engine: Literal["edge", "server"] = Field(
        default="edge", description='Search engine: "edge" (embedded) or "server" (Qdrant).'
    )
    qdrant_url: str | None = Field(default=None, description="URL of the Qdrant server.")
    qdrant_api_key: SecretStr | None = Field(default=None, description="Its API key.")
    qdrant_ca_file: Path | None = Field(
        default=None, description="CA bundle for a Qdrant server with a private certificate."
    )
    qdrant_timeout: float = Field(default=10.0, gt=0, description="Seconds for one request.")

    @field_validator("model_key")
    @classmethod
    def _signs_something(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().strip():
            raise ValueError(
                "is empty; set it to the output of `openssl rand -hex 32`, or do not set it"
            )
        return value

    @property
    def store_url(self) -> str:
        """The SQLAlchemy URL of the store, with the driver this project installs."""
        if self.database_url is None:
            return f"sqlite:///{self.data_dir / 'faqbot.db'}"
        url = self.database_url.get_secret_value()
        for scheme in ("postgresql://", "postgres://"):
            if url.startswith(scheme):
                return "postgresql+psycopg://" + url.removeprefix(scheme)
        return url

    @property
    def models_dir(self) -> Path:
        return self.data_dir / "models"

    @property
    def collections_dir(self) -> Path:
        return self.data_dir / "collections"

    @property
    def jobs_dir(self) -> Path:
        """Folder of the jobs' logs and reports, one folder each, named by the job's id."""
        return self.data_dir / "jobs"
