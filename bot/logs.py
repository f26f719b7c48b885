"""Structured logs. Message texts and secrets are never logged: events carry ids and numbers."""

import logging
import sys

import structlog

from bot.settings import BotSettings

# Logs replies that are no JSON, such as a proxy's error page that echoes the request, as errors.
_SILENT = ("slack_sdk.web",)
# Warns of what is done on purpose, and quotes requests that it has no listener for.
_ERRORS_ONLY = ("slack_bolt",)
# Libraries that log payloads, and with them texts or tokens, below the level of warnings.
_QUIET = ("slack_sdk", "websocket", "urllib3", "httpx", "httpcore", "alembic", "apscheduler")


def configure(settings: BotSettings) -> None:
    """Send every log record, ours and the libraries', to standard error as one line each."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    people = settings.log_format == "console" or (
        settings.log_format == "auto" and sys.stderr.isatty()
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        # Not the default traceback, which shows local variables, and with them texts and tokens.
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if people
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    for name in _ERRORS_ONLY:
        logging.getLogger(name).setLevel(logging.ERROR)
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)
