"""Settings of the Slack process."""

import re
from datetime import UTC
from typing import Annotated, ClassVar, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from bot.cron import OFF, Crontab, read_zone
from index.settings import CommaList, CommaTable, RoomSettings

WORKSPACE_ADMINS = "workspace-admins"
ADMIN_ID = re.compile(r"[UWS][A-Z0-9]+")
_CHANNEL_ID = re.compile(r"[CG][A-Z0-9]+")


# A share of answers that must be right. All of them is more than any number of questions proves.
Precision = Annotated[float, Field(ge=0.5, le=0.999)]


def _slack(name: str) -> AliasChoices:
    """A key that can also be set by the name that Slack's own tools use for it."""
    return AliasChoices(name, f"FAQBOT_BOT_{name.upper()}", name.upper())


def _require_channel_id(channel: str) -> None:
    if not _CHANNEL_ID.fullmatch(channel):
        raise ValueError(
            f"{channel!r} is not a channel id; in Slack open the channel's details, its "
            "id (C...) stands at the bottom of About"
        )


class BotSettings(RoomSettings):
    """How the bot reaches Slack and when it answers."""

    table: ClassVar[str] = "bot"
    removed: ClassVar[dict[str, str]] = {
        "answer_confidence": "set answer_precision, the share of automatic answers that must be "
        "right, such as 0.9"
    }
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
    admins: CommaList = Field(
        default=(),
        description="Who may use the admin commands of /faq: ids of users (U0123) and user groups "
        '(S0456), "workspace-admins".',
    )
    admin_channel: str | None = Field(
        default=None,
        description="Id of the channel where admins are told of scheduled retrains and of what "
        "was learnt from picks.",
    )
    answer_precision: Precision = Field(
        default=0.9, description="Share of the automatic answers that must be right."
    )
    channel_precision: CommaTable[Precision] = Field(
        default={}, description="The same for single channels: C0123 = 0.95."
    )
    answer_outsiders: bool = Field(
        default=False,
        description="Whether people of other organisations (Slack Connect) are answered from the "
        "entries whose audience names `outsiders`; otherwise from none.",
    )
    follow_ups: bool = Field(
        default=True,
        description="Whether a question in a thread of a channel needs no mention where its asker "
        "got a reply there before.",
    )
    picks_needed: int = Field(
        default=2,
        ge=0,
        description="People who must pick the same answer to a question before it becomes a "
        "further wording of it; 0: only admins decide.",
    )
    workers: int = Field(default=2, ge=1, le=64, description="Questions answered at one time.")
    retrain_schedule: str = Field(
        default="0 2 * * *",
        description="When the model is retrained: minute, hour, day, month, weekday as in cron; "
        '"off": never.',
    )
    check_schedule: str = Field(
        default="0 5 * * *", description="When the index is checked against the store."
    )
    purge_schedule: str = Field(
        default="30 5 * * *", description="When what is no longer needed is deleted."
    )
    timezone: str | None = Field(
        default=None,
        description="Time zone of the schedules, such as Europe/Berlin. Default: the machine's.",
    )
    keep_questions_days: int = Field(
        default=90, ge=1, description="Days after which the text of a question is deleted."
    )
    job_time_limit_hours: float = Field(
        default=6.0, gt=0, description="A job that takes longer is ended, as failed."
    )
    start_patience: float = Field(
        default=120.0,
        ge=0,
        description="Seconds that a start waits for a database or a Slack that does not answer.",
    )
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
            _require_channel_id(channel)
        return channels

    @field_validator("channel_precision")
    @classmethod
    def _are_of_channels(cls, precisions: dict[str, float]) -> dict[str, float]:
        for channel in precisions:
            _require_channel_id(channel)
        return precisions

    @field_validator("admin_channel")
    @classmethod
    def _is_channel_id(cls, channel: str | None) -> str | None:
        if channel is not None:
            _require_channel_id(channel)
        return channel

    @field_validator("admins")
    @classmethod
    def _are_admin_rules(cls, rules: tuple[str, ...]) -> tuple[str, ...]:
        for rule in rules:
            if rule != WORKSPACE_ADMINS and not ADMIN_ID.fullmatch(rule):
                raise ValueError(
                    f"{rule!r} names no admins; write the id of a user (U...) or of a user group "
                    f'(S...), or "{WORKSPACE_ADMINS}"'
                )
        return rules

    @field_validator("timezone")
    @classmethod
    def _is_a_time_zone(cls, name: str | None) -> str | None:
        if name is not None:
            read_zone(name)
        return name

    @field_validator("retrain_schedule", "check_schedule", "purge_schedule")
    @classmethod
    def _is_a_cron_line(cls, line: str) -> str:
        if line != OFF:
            Crontab(line, UTC)
        return line

    @property
    def stated_precisions(self) -> tuple[float, ...]:
        """The precisions that are asked of automatic answers, the usual one first."""
        return tuple(dict.fromkeys((self.answer_precision, *self.channel_precision.values())))

    def precision_in(self, channel: str | None) -> float:
        """The share of automatic answers that must be right in a channel."""
        return self.channel_precision.get(channel or "", self.answer_precision)

    @classmethod
    def variable(cls, key: str) -> str:
        """The environment variable of a key; for secrets the name that Slack's own tools use."""
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
