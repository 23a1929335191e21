"""What stands before the console's pages: host and origin, the session, and the headers of every answer.

Another page in the same browser may not use the console: what comes for another host's name or from another
page's origin is refused, so that no web page can send commands to a console on this machine. Where a login is
asked for, every request and every websocket needs an open session.
"""

import ipaddress
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from homeward.console.login import LIFETIME, Login, page

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

COOKIE = "homeward_session"
MOST_FORM = 4096  # octets of a login form
PAGES = re.compile(r"/(?:(?:flight|campaign)/[A-Za-z0-9]{1,20})?")  # where a login may lead to
ASSETS = ("/_nicegui/", "/console/static/")  # the program's own files: nothing of a flight
#: NiceGUI starts its pages by inline scripts and runs what the server sends.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
LOGIN_POLICY = (
    "default-src 'none'; script-src 'nonce-%s'; style-src 'nonce-%s'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    # Not "no-referrer": with it a form would be posted with the origin "null".
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
}


def is_local(host: str) -> bool:
    """Whether an address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """An ASGI application around the console's; ``login`` None asks for none.

    ``local`` says that the console listens on an address of this machine, and answers to no other name.
    """

    def __init__(self, app: Any, local: bool, login: Login | None, port: int = 0) -> None:
        self._app, self._local, self._login = app, local, login
        self._cookie = f"{COOKIE}_{port}"  # browsers share cookies between the ports of a host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, refuse, or ask to log in."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        head = _head(scope)
        send = _marked(scope, send)
        refused = "two headers of one name" if head is None else self._refused(scope, head)
        if head is None or refused:
            await _answer(scope, send, 400 if head is None else 403, f"{refused}\n")
        elif self._login is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] in ("/login", "/logout"):
            await self._form(scope, head, receive, send)
        elif not any(self._login.holds(s) for s in self._sessions(head)):
            await self._ask(scope, send, scope["path"])
        elif scope["type"] == "websocket":
            await self._app(scope, self._while_open(head, receive, send), send)
        else:
            await self._app(scope, receive, send)

    def _refused(self, scope: Scope, head: dict[str, str]) -> str:
        """Why a request is not for us; nothing where it is."""
        host = head.get("host", "")
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            name = ""
        if not name or re.search(r"[^A-Za-z0-9.:\[\]_-]", host):
            return "the request names no host"
        if self._local and not is_local(name):
            return "this console is not reached under that name"
        origin = head.get("origin")
        if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
            return "requests of another page are not answered"
        foreign = head.get("sec-fetch-site", "none") in ("cross-site", "same-site")
        if foreign and head.get("sec-fetch-mode") != "navigate":
            return "requests of another page are not answered"
        return ""

    def _sessions(self, head: dict[str, str]) -> list[str]:
        pairs = (part.strip().partition("=") for part in head.get("cookie", "").split(";"))
        return [value for name, _, value in pairs if name == self._cookie][:4]

    async def _form(self, scope: Scope, head: dict[str, str], receive: Receive, send: Send) -> None:
        """Log in or out by POST."""
        assert self._login is not None
        if scope["method"] != "POST":
            await self._ask(scope, send, "/", 200 if scope["path"] == "/login" else 405)
            return
        if scope["path"] == "/logout":
            for session in self._sessions(head):
                self._login.leave(session)
            await self._go(scope, send, "/", "", 0)
            return
        address = str((scope.get("client") or ("unknown",))[0])
        body = await _body(receive)
        if body is None:
            await _answer(scope, send, 413, "the form is too long\n")
            return
        form = parse_qs(body.decode("latin-1"), max_num_fields=8) if body.count(b"&") < 8 else {}
        after = form.get("next", ["/"])[0]
        wait = self._login.attempts.wait(address)
        if wait > 0.0:
            text = f"Too many attempts: try again in {wait:.0f} s."
            await self._ask(scope, send, after, 429, text, {b"retry-after": b"%d" % max(round(wait), 1)})
            return
        session = self._login.enter(form.get("secret", [""])[0], address)
        if session is None:
            text = "That is not the token, or the link has been used already: enter the token."
            await self._ask(scope, send, after, 401, text)
            return
        await self._go(scope, send, after if PAGES.fullmatch(after) else "/", session, int(LIFETIME))

    async def _go(self, scope: Scope, send: Send, path: str, session: str, seconds: int) -> None:
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        cookie = (
            f"{self._cookie}={session}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}".encode()
        )
        await _answer(scope, send, 303, "", {b"location": path.encode(), b"set-cookie": cookie})

    async def _ask(
        self, scope: Scope, send: Send, after: str, status: int = 401, alert: str = "",
        more: dict[bytes, bytes] | None = None,
    ) -> None:  # fmt: skip
        nonce = secrets.token_urlsafe(12)
        text = page(after if PAGES.fullmatch(after) else "/", alert, nonce)
        policy = {b"content-security-policy": (LOGIN_POLICY % (nonce, nonce)).encode()}
        await _answer(scope, send, status, text, policy | (more or {}), b"text/html; charset=utf-8")

    def _while_open(self, head: dict[str, str], receive: Receive, send: Send) -> Receive:
        """Receive for a websocket until its session ends: browsers send something every half minute."""
        assert self._login is not None
        login, sessions = self._login, self._sessions(head)

        async def received() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and not any(login.holds(s) for s in sessions):
                await send({"type": "websocket.close", "code": 1008})
                return {"type": "websocket.disconnect", "code": 1008}
            return message

        return received


def _head(scope: Scope) -> dict[str, str] | None:
    """The headers by name; None where one that we judge by comes twice."""
    head: dict[str, str] = {}
    for key, value in scope["headers"]:
        name, text = key.decode("latin-1").lower(), value.decode("latin-1")
        if name == "cookie" and name in head:
            text = f"{head[name]}; {text}"
        elif name in head and name in ("host", "origin"):
            return None
        head[name] = text
    return head


def _marked(scope: Scope, send: Send) -> Send:
    """Send with the headers of security on every answer; nothing of a flight is kept by a cache."""
    path = scope["path"]

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            head = {k.lower(): v for k, v in message.get("headers", []) if k.lower() != b"set-cookie"}
            cookies = [(k, v) for k, v in message.get("headers", []) if k.lower() == b"set-cookie"]
            head |= HEADERS
            head.setdefault(b"content-security-policy", POLICY.encode())
            if not path.startswith(ASSETS) or message["status"] not in (200, 206, 304):
                head[b"cache-control"] = b"no-store"
            elif path.startswith("/console/static/"):
                head[b"cache-control"] = b"private, no-cache"  # asked anew each time: Homeward may be updated
            else:
                head[b"cache-control"] = head.get(b"cache-control", b"no-cache").replace(
                    b"public", b"private"
                )
            message = message | {"headers": [*head.items(), *cookies]}
        await send(message)

    return sent


async def _body(receive: Receive) -> bytes | None:
    """The body of a form; None where it is longer than a form of ours."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MOST_FORM:
            return None
        if not message.get("more_body"):
            return body


async def _answer(
    scope: Scope, send: Send, status: int, text: str, more: dict[bytes, bytes] | None = None,
    kind: bytes = b"text/plain; charset=utf-8",
) -> None:  # fmt: skip
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    octets = text.encode()
    head = {b"content-type": kind, b"content-length": b"%d" % len(octets)} | (more or {})
    await send({"type": "http.response.start", "status": status, "headers": list(head.items())})
    await send({"type": "http.response.body", "body": octets})
