"""Settings of the Slack process."""

import re
from typing import ClassVar, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from index.settings import CommaList, RoomSettings

_CHANNEL_ID = re.compile(r"[CG][A-Z0-9]+")


def _slack(name: str) -> AliasChoices:
    """A key that can also be set by the name that Slack's own tools use for it."""
    return AliasChoices(name, f"FAQBOT_BOT_{name.upper()}", name.upper())


class BotSettings(RoomSettings):
    """How the bot reaches Slack and when it answers."""

    table: ClassVar[str] = "bot"
    model_config = SettingsConfigDict(
        env_prefix="FAQBOT_BOT_", extra="forbid", frozen=True, populate_by_name=True
    )

    slack_bot_token: SecretStr | None = Field(
        default=None,
        validation_alias=_slack("slack_bot_token"),
        description="Bot user OAuth token, xoxb-...",
    )
    slack_app_token: SecretStr | None = Field(
        default=None,
        validation_alias=_slack("slack_app_token"),
        description="App-level token with connections:write, xapp-... (Socket Mode).",
    )
    slack_signing_secret: SecretStr | None = Field(
        default=None,
        validation_alias=_slack("slack_signing_secret"),
        description="Signing secret of the app (HTTP).",
    )
    slack_api_url: str = Field(
        default="https://slack.com/api/",
        validation_alias=_slack("slack_api_url"),
        pattern=r"^https?://[^/]",
        description="Base URL of the Slack Web API.",
    )
    mode: Literal["socket", "http"] = Field(
        default="socket", description='How events arrive: "socket" (Socket Mode) or "http".'
    )
    http_host: str = Field(default="127.0.0.1", description="Address the HTTP server listens on.")
    http_port: int = Field(default=3000, ge=0, le=65535, description="Its port.")
    watched_channels: CommaList = Field(
        default=(), description="Ids of channels where every question is answered, such as C0123."
    )
    answer_confidence: float = Field(
        default=0.6, ge=0, le=1, description="Confidence from which an answer is given."
    )
    workers: int = Field(default=2, ge=1, le=64, description="Questions answered at one time.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Lowest level that is logged."
    )
    log_format: Literal["auto", "json", "console"] = Field(
        default="auto", description='"auto" writes for people on a terminal, JSON elsewhere.'
    )

    @field_validator("watched_channels")
    @classmethod
    def _are_channel_ids(cls, channels: tuple[str, ...]) -> tuple[str, ...]:
        for channel in channels:
            if not _CHANNEL_ID.fullmatch(channel):
                raise ValueError(
                    f"{channel!r} is not a channel id; in Slack open the channel's details, its "
                    "id (C...) stands at the bottom of About"
                )
        return channels

    @classmethod
    def variable(cls, key: str) -> str:
        if key.startswith("slack_"):
            return key.upper()
        return super().variable(key)

    def secret(self, key: str) -> str:
        """The value of a secret without spaces around it; empty where it is not set."""
        value: SecretStr | None = getattr(self, key)
        return value.get_secret_value().strip() if value else ""

    @property
    def api_url(self) -> str:
        """The Web API's base URL, ending in a slash."""
        return self.slack_api_url.rstrip("/") + "/"
