"""Who may look: everybody on this machine, and from elsewhere whoever knows the token.

A page of somebody else's in the same browser may not: what comes for another host's name, or from another
page's origin, is turned away, so that no web page can send commands to a console on this machine.
"""

import hmac
import ipaddress
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
COOKIE = "homeward_token"
LOGIN = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Homeward</title>
<meta name="viewport" content="width=device-width"><style>:root{color-scheme:light dark}
body{font:15px system-ui,sans-serif;display:grid;place-items:center;min-height:90vh}
form{display:grid;gap:10px}
input,button{font:inherit;padding:8px 12px}</style>
<form method="get" action="/"><b>Homeward mission control</b>
<label for="t">Token, as the console printed it when it was started</label>
<input id="t" name="token" type="password" autofocus required><button>Log in</button>%s</form></html>"""


def is_local(host: str) -> bool:
    """Whether an address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """An ASGI middleware; ``token`` None asks for none, as on an address of this machine."""

    def __init__(self, app: Any, host: str, token: str | None) -> None:
        self._app, self._host, self._token = app, host, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, turn away, or ask for the token."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        head = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        if not self._ours(head):
            await _refuse(
                scope, send, 403, "this console is not reached under that name, nor from another page\n"
            )
        elif self._token is None or self._same(_cookie(head.get("cookie", ""))):
            await self._app(scope, receive, send)
        else:
            await self._ask(scope, send)

    def _ours(self, head: dict[str, str]) -> bool:
        """Asked for under a name of ours, and not by another page."""
        host = head.get("host", "")
        name = urlsplit(f"//{host}").hostname or ""
        if self._token is None and not is_local(name):
            return False
        origin = head.get("origin")
        return origin is None or urlsplit(origin).netloc == host

    def _same(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), (self._token or "").encode())

    async def _ask(self, scope: Scope, send: Send) -> None:
        """Take the token of the address line, and else show where to enter it."""
        given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
        if scope["type"] == "http" and given and self._same(given):
            cookie = f"{COOKIE}={self._token}; Path=/; HttpOnly; SameSite=Strict"
            head = [(b"location", scope["path"].encode()), (b"set-cookie", cookie.encode())]
            await send({"type": "http.response.start", "status": 303, "headers": head})
            await send({"type": "http.response.body", "body": b""})
            return
        wrong = "<p role=alert>That is not the token.</p>" if given else ""
        await _refuse(scope, send, 401, LOGIN % wrong, b"text/html; charset=utf-8")


async def _refuse(
    scope: Scope, send: Send, status: int, text: str, kind: bytes = b"text/plain; charset=utf-8"
) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    head = [(b"content-type", kind), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": text.encode()})


def _cookie(text: str) -> str:
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(text)
    except CookieError:
        return ""
    return jar[COOKIE].value if COOKIE in jar else ""
