"""Structured logs. Message texts and secrets are never logged: events carry ids and numbers."""

import logging
import sys
import traceback
from collections.abc import Iterator

import structlog

from bot.settings import BotSettings
from index.errors import FaqbotError

# Of a value no more is logged. A library's line may quote what it was given.
MAX_VALUE = 500
MAX_FRAMES = 40

# Logs replies that are no JSON, such as a proxy's error page that echoes the request, as errors.
# The others tell each try to connect in several lines; `bot/transports/socket.py` says what counts.
_SILENT = ("slack_sdk.web", "slack_socket", "websocket")
# Warns of what is done on purpose, and quotes requests that it has no listener for.
_ERRORS_ONLY = ("slack_bolt",)
# Libraries that log payloads, and with them texts or tokens, below the level of warnings.
_QUIET = ("slack_sdk", "urllib3", "httpx", "httpcore", "alembic", "apscheduler")


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
        structlog.dev.ConsoleRenderer() if people else structlog.processors.JSONRenderer()
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
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _shortened,
                # Before the renderers, of which one shows local variables, and with them texts and
                # tokens, and the other the exception's repr, which may hold a whole request.
                structlog.processors.ExceptionRenderer(_told),
                renderer,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    for name in _ERRORS_ONLY:
        logging.getLogger(name).setLevel(logging.ERROR)
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _shortened(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    for name, value in event.items():
        if isinstance(value, str) and len(value) > MAX_VALUE:
            event[name] = f"{value[:MAX_VALUE]}... ({len(value):,} characters)"
    return event


def _told(exc_info: structlog.typing.ExcInfo) -> str:
    """A traceback without the messages of errors that are not ours: they may quote a payload."""
    return "\n".join(_lines(exc_info[1], set()))


def _lines(error: BaseException, told: set[int]) -> Iterator[str]:
    told.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in told:
        yield from _lines(before, told)
        yield "which led to:"
    yield "Traceback (most recent call last):"
    for frame in traceback.StackSummary.extract(
        traceback.walk_tb(error.__traceback__), lookup_lines=False
    )[-MAX_FRAMES:]:
        yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
    name = type(error).__qualname__
    yield f"{name}: {str(error)[:MAX_VALUE]}" if isinstance(error, FaqbotError) else name
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            if id(inner) not in told:
                yield from _lines(inner, told)
