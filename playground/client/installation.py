"""How the app is installed in a workspace, and how it is reached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from playground.client.connection import Connection


class Installation(Connection):
    """The app's subscriptions and scopes, and the workspace's patience with it."""

    def subscribe(self, *subscriptions: str) -> None:
        """Subscribes the app to exactly these events."""
        self.tell("settings", subscriptions=list(subscriptions))

    def set_scopes(self, scopes: Iterable[str] | None) -> None:
        """Restricts the app's scopes; None for the usual ones."""
        self.change_settings(scopes=None if scopes is None else list(scopes))

    def set_patience(
        self,
        *,
        ack_timeout: float | None = None,
        retry_delays: Sequence[float] | None = None,
        trigger_seconds: float | None = None,
    ) -> None:
        """How long to wait for acknowledgements, before each retry, and how long triggers live."""
        self.tell(
            "settings",
            ack_timeout=ack_timeout,
            retry_delays=None if retry_delays is None else list(retry_delays),
            trigger_seconds=trigger_seconds,
        )

    def deliver_by_http(self, url: str, *, verify: bool = True) -> None:
        """Delivers to a request URL instead of websockets, after the url_verification handshake."""
        self.tell("settings", delivery="http", url=url, verify=verify)

    def deliver_by_socket(self) -> None:
        """Delivers by Socket Mode, as at the start."""
        self.tell("settings", delivery="socket")
