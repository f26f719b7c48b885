"""The connection to a playground's control API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from playground.client.errors import PlaygroundError

Json = dict[str, Any]

# Longer than any wait the server grants, so that the server's answer comes first.
HTTP_TIMEOUT = 90.0


class Connection:
    """The control API of a running playground, and what it says of itself."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(
            base_url=f"{self.url}/control/", trust_env=False, timeout=HTTP_TIMEOUT
        )
        about = self.ask("workspace")
        self.api_url = f"{self.url}/api/"
        self.bot_token: str = about["bot_token"]
        self.app_token: str = about["app_token"]
        self.signing_secret: str = about["signing_secret"]
        self.bot_user_id: str = about["bot_user_id"]
        self.bot_id: str = about["bot_id"]
        self.app_id: str = about["app_id"]
        self.team_id: str = about["team_id"]

    def disconnect(self) -> None:
        """Closes this client; the server goes on."""
        self._http.close()

    def ask(self, verb: str, **query: Any) -> Json:
        """Asks the control API."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._answer(lambda: self._http.get(verb, params=given))

    def tell(self, verb: str, **values: Any) -> Json:
        """Tells the control API to do something."""
        given = {name: value for name, value in values.items() if value is not None}
        return self._answer(lambda: self._http.post(verb, json=given))

    def change_settings(self, **values: Any) -> None:
        """Changes settings of the workspace; None is a value too."""
        self._answer(lambda: self._http.post("settings", json=values))

    def _answer(self, send: Callable[[], httpx.Response]) -> Json:
        try:
            response = send()
        except httpx.HTTPError as error:
            raise PlaygroundError(
                f"the playground at {self.url} does not answer: {error}"
            ) from None
        try:
            body: Json = response.json()
        except ValueError:
            raise PlaygroundError(f"the playground answered HTTP {response.status_code}") from None
        if response.status_code >= 400:
            raise PlaygroundError(str(body.get("error", body)))
        return body
