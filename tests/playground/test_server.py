"""Whom the server answers, and the page it shows."""

from __future__ import annotations

import re

import httpx
import pytest

from playground.client import Playground


def test_a_foreign_host_name_is_refused(http: httpx.Client, subtests: pytest.Subtests) -> None:
    for path in ("/", "/control/workspace", "/control/stream"):
        with subtests.test(path):
            assert http.get(path, headers={"Host": "evil.example"}).status_code == 403
    assert http.get("/control/workspace", headers={"Host": "localhost:1"}).status_code == 200


def test_a_foreign_origin_is_refused(
    slack: Playground, http: httpx.Client, subtests: pytest.Subtests
) -> None:
    user = {"name": "x"}
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
        with subtests.test(origin):
            headers = {"Origin": origin}
            assert http.post("/control/users", json=user, headers=headers).status_code == 403
            assert http.post("/api/auth.test", headers=headers).status_code == 403
    own = {"Origin": slack.url}
    assert http.post("/control/users", json=user, headers=own).status_code == 200


def test_the_page_is_served_with_a_strict_policy(http: httpx.Client) -> None:
    page = http.get("/")
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    wanted = set(re.findall(r'"/static/([\w.]+)"', page.text))
    assert {"page.js", "page.css"} <= wanted
    served: dict[str, str] = {}
    while wanted - served.keys():
        name = (wanted - served.keys()).pop()
        response = http.get(f"/static/{name}")
        assert response.status_code == 200, name
        served[name] = response.text
        wanted |= set(re.findall(r'from "\./([\w.]+)"', response.text))
    assert "blocks.js" in served
    assert "http://" not in page.text
    assert "https://" not in page.text
    for hidden in ("../server.py", "%2e%2e/server.py", "missing.js"):
        assert http.get(f"/static/{hidden}").status_code == 404
