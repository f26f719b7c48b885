"""The aiohttp server: routes, who may call them, start and stop."""

from __future__ import annotations

import logging
from importlib import resources
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from playground.control.routes import refusal, routes
from playground.errors import ControlError, SlackError
from playground.hub import Hub
from playground.web_api import response_url
from playground.web_api.endpoint import WebApi

_log = logging.getLogger("playground")

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
MAX_BODY = 64 * 1024 * 1024
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Where the app calls; everything else is for people on this machine.
APP_PATHS = ("/api/", "/socket-mode/", "/upload/", "/actions/", "/commands/")
STATIC_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}


def make_app(hub: Hub, allowed_hosts: frozenset[str] = LOOPBACK) -> web.Application:
    """The web application of one playground."""
    app = web.Application(middlewares=[_guard(allowed_hosts)], client_max_size=MAX_BODY)
    api = WebApi(hub)

    async def respond(request: web.Request) -> web.Response:
        return await response_url.handle(hub, request)

    app.router.add_route("*", "/api/{method}", api.handle)
    app.router.add_get("/socket-mode/", hub.sockets.handle)
    app.router.add_post("/upload/v1/{file}/{secret}", api.upload)
    app.router.add_post("/actions/{team}/{ticket}/{secret}", respond)
    app.router.add_post("/commands/{team}/{ticket}/{secret}", respond)
    app.router.add_routes(routes(hub))
    app.router.add_get("/", _static)
    app.router.add_get("/static/{name}", _static)
    app.router.add_get("/favicon.ico", _no_icon)

    async def close(_: web.Application) -> None:
        await hub.close()

    app.on_shutdown.append(close)
    return app


def _hostname(netloc: str) -> str:
    return urlsplit(f"//{netloc}").hostname or ""


def _guard(allowed_hosts: frozenset[str]) -> Middleware:
    """Keeps web pages of other sites out, also those that rebind their name to this machine."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            return _forbidden("Requests from other sites' pages are not answered.")
        # The app may know the playground by another name, and has to show its token there.
        for_people = not request.path.startswith(APP_PATHS)
        if for_people and _hostname(request.host) not in allowed_hosts:
            return _forbidden("This host name is not one of the playground's.")
        try:
            return await handler(request)
        except (ControlError, SlackError) as error:
            return refusal(error)
        except web.HTTPException as error:
            return web.json_response({"error": error.reason}, status=error.status)
        except Exception as error:
            # A fault of the playground itself: one line for the person, the rest on demand.
            _log.error("%s %s failed: %r", request.method, request.path, error)
            _log.debug("traceback", exc_info=True)
            body = {"ok": False, "error": "internal_error", "detail": repr(error)}
            return web.json_response(body, status=500)

    return guard


def _forbidden(message: str) -> web.Response:
    return web.json_response({"error": message}, status=403)


async def _static(request: web.Request) -> web.Response:
    name = request.match_info.get("name", "index.html")
    suffix = name[name.rfind(".") :]
    file = resources.files("playground") / "static" / name
    if suffix not in STATIC_TYPES or "/" in name or not file.is_file():
        raise ControlError("There is no such page.", 404)
    return web.Response(
        text=file.read_text(encoding="utf-8"),
        content_type=STATIC_TYPES[suffix],
        charset="utf-8",
        headers={
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-cache",
        },
    )


async def _no_icon(_: web.Request) -> web.Response:
    return web.Response(status=204)


async def start(
    hub: Hub, host: str, port: int, allowed_hosts: frozenset[str] = LOOPBACK
) -> web.AppRunner:
    """Starts serving; `hub.base_url` tells the address. Raises `OSError` if it cannot bind."""
    runner = web.AppRunner(
        make_app(hub, allowed_hosts | {host}), access_log=None, shutdown_timeout=1.0
    )
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
    except OSError:
        await runner.cleanup()
        raise
    bound = runner.addresses[0][1]
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host
    hub.base_url = f"http://[{shown}]:{bound}" if ":" in shown else f"http://{shown}:{bound}"
    return runner
