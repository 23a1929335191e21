"""Who may look at the console: login, sessions, attempts, origins, websockets, and the headers of answers."""

import asyncio
import logging
from urllib.parse import urlencode

import pytest

from homeward.console.guard import Guard, is_local
from homeward.console.login import BURST, BURST_ALL, LIFETIME, REFILL, Login, network_of
from homeward.console.server import on_one_line

HOST = ("host", "ship:8090")


class Time:
    """A clock that a test moves [s]."""

    now = 1000.0

    def __call__(self):
        return self.now


async def app(scope, receive, send):
    """Answers everything, as public and for ever; a websocket says back what it hears until it is closed."""
    if scope["type"] == "http":
        head = [(b"cache-control", b"public, max-age=31536000, immutable"), (b"set-cookie", b"other=1")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": b"shown"})
        return
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] != "websocket.disconnect":
        await send({"type": "websocket.send", "text": message["text"]})


def call(
    guard,
    path="/",
    head=(HOST,),
    method="GET",
    kind="http",
    body=b"",
    heard=(),
    client="10.0.0.7",
    scheme="http",
):
    """What is sent in answer to a request, or on a websocket that hears these messages."""
    sent = []
    coming = iter(
        [{"type": "http.request", "body": body}]
        if kind == "http"
        else [*heard, {"type": "websocket.disconnect", "code": 1000}]
    )

    async def send(message):
        sent.append(message)

    async def receive():
        message = next(coming)
        return message() if callable(message) else message

    scope = {"type": kind, "path": path, "method": method, "query_string": b"", "client": (client, 1),
             "scheme": scheme, "headers": [(k.encode(), v.encode("latin-1")) for k, v in head]}  # fmt: skip
    asyncio.run(guard(scope, receive, send))
    return sent


def head_of(sent):
    return {k.decode(): v.decode() for k, v in sent[0]["headers"]}


def enter(guard, secret, after="/", **more):
    return call(
        guard, "/login", method="POST", body=urlencode({"secret": secret, "next": after}).encode(), **more
    )


def cookie_of(sent):
    return head_of(sent)["set-cookie"].split(";")[0]


@pytest.fixture
def far():
    """A guard that asks to log in, its login, and the clock of both."""
    clock = Time()
    login = Login(clock)
    return Guard(app, False, login, 8090), login, clock


def test_on_this_machine_only_its_own_names_are_answered():
    here = Guard(app, True, None)
    assert call(here, head=[("host", "localhost:8090")])[0]["status"] == 200
    assert call(here, head=[("host", "[::1]:8090")])[0]["status"] == 200
    for host in (
        "evil.example",
        "127.0.0.1.evil.example",
        "[",
        "[::1",
        "",
        "a b",
        "127.0.0.1\r\n",
        "@127.0.0.1",
    ):
        assert call(here, head=[("host", host)])[0]["status"] == 403, host
    assert call(here, head=[])[0]["status"] == 403
    assert call(here, head=[("host", "localhost"), ("host", "localhost")])[0]["status"] == 400
    assert is_local("::1") and not is_local("0.0.0.0") and not is_local("ship")


ORIGINS = {
    "http://localhost:8090": True, "https://localhost:8090": True,
    "http://localhost:8090.evil.example": False, "http://evil.example": False,
    "http://evil.localhost:8090": False, "http://localhost:80900": False,
    "http://localhost:809": False, "http://localhost": False, "null": False, "": False,
    "http://evil.example/http://localhost:8090": False, "http://localhost:8090@evil.example": False,
    "ftp://localhost:8090": False, "http://localhost:8090/": False, "http://localhost:8091": False,
}  # fmt: skip


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("origin", ORIGINS)
def test_the_origin_is_compared_exactly(kind, origin):
    sent = call(Guard(app, True, None), head=[("host", "localhost:8090"), ("origin", origin)], kind=kind)
    if kind == "http":
        assert sent[0]["status"] == (200 if ORIGINS[origin] else 403)
    else:
        assert sent[0]["type"] == ("websocket.accept" if ORIGINS[origin] else "websocket.close")


def test_a_request_that_the_browser_marks_as_another_pages_is_refused():
    here, local = Guard(app, True, None), ("host", "localhost:8090")
    for site, mode, status in (
        ("cross-site", "no-cors", 403), ("same-site", "cors", 403), ("cross-site", "navigate", 200),
        ("same-origin", "cors", 200), ("none", "navigate", 200),
    ):  # fmt: skip
        sent = call(here, head=[local, ("sec-fetch-site", site), ("sec-fetch-mode", mode)])
        assert sent[0]["status"] == status, (site, mode)


def test_nothing_is_shown_without_a_session_and_a_session_is_no_token(far):
    guard, login, _ = far
    for path in ("/", "/flight/1", "/console/flight/1", "/_nicegui/3/x.js", "/console/static/desk.js"):
        sent = call(guard, path)
        assert sent[0]["status"] == 401 and b"shown" not in sent[1]["body"]
        assert head_of(sent)["cache-control"] == "no-store"
    # Neither the token nor the code opens anything by GET, as a cookie or as a session of that name.
    for given in (login.token, login.code):
        assert call(guard, f"/?token={given}")[0]["status"] == 401
        assert call(guard, head=[HOST, ("cookie", f"homeward_session_8090={given}")])[0]["status"] == 401
    first, second = enter(guard, login.token), enter(guard, login.token)
    assert first[0]["status"] == 303 and cookie_of(first) != cookie_of(second)
    assert login.token not in str(first) and login.code not in str(first)
    for sent in (first, second):
        assert call(guard, head=[HOST, ("cookie", f"a=1; {cookie_of(sent)}")])[0]["status"] == 200


def test_the_cookie_is_kept_from_scripts_and_from_other_pages(far):
    guard, login, _ = far
    told = head_of(enter(guard, login.token))["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict", "Path=/", f"Max-Age={LIFETIME:.0f}"} <= set(told)
    assert "Secure" not in told  # over http it would never come back
    assert "Secure" in head_of(enter(guard, login.token, scheme="https"))["set-cookie"].split("; ")


def test_the_code_of_the_link_is_good_once_and_only_by_post(far):
    guard, login, _ = far
    assert call(guard, "/login")[0]["status"] == 200
    assert enter(guard, login.code)[0]["status"] == 303
    assert enter(guard, login.code)[0]["status"] == 401
    assert enter(guard, login.token)[0]["status"] == 303


def test_a_session_ends_by_itself_and_when_it_is_asked_to(far):
    guard, login, clock = far
    cookie = ("cookie", cookie_of(enter(guard, login.token)))
    clock.now += LIFETIME - 1.0
    assert call(guard, head=[HOST, cookie])[0]["status"] == 200
    clock.now += 1.0
    assert call(guard, head=[HOST, cookie])[0]["status"] == 401
    cookie = ("cookie", cookie_of(enter(guard, login.token)))
    out = call(guard, "/logout", head=[HOST, cookie], method="POST")
    assert out[0]["status"] == 303 and "Max-Age=0" in head_of(out)["set-cookie"]
    assert call(guard, head=[HOST, cookie])[0]["status"] == 401
    assert call(guard, "/logout")[0]["status"] == 405


@pytest.mark.parametrize("after", [
    "//evil", "https://evil", "/\\evil", "/flight/1\r\nX: 1", "/login", "/flight/../x", "flight/1",
    "/flight/1?a=1", "/<script>", '"><script>alert(1)</script>',
])  # fmt: skip
def test_a_login_leads_to_pages_of_the_console_only(far, after):
    guard, login, _ = far
    assert head_of(enter(guard, login.token, after))["location"] == "/"
    assert after.encode() not in enter(guard, "wrong", after)[1]["body"].replace(
        b'value="/login"', b""
    ).replace(b'action="/login"', b"")
    assert head_of(enter(guard, login.token, "/flight/12"))["location"] == "/flight/12"
    assert b'value="/flight/12"' in call(guard, "/flight/12")[1]["body"]


def test_attempts_are_few_and_come_back_slowly(far):
    guard, login, clock = far
    status = [enter(guard, "wrong")[0]["status"] for _ in range(50)]
    assert status == [401] * int(BURST) + [429] * (50 - int(BURST))
    # The token itself is not tried either, and another address is free to.
    limited = enter(guard, login.token)
    assert limited[0]["status"] == 429 and 0 < int(head_of(limited)["retry-after"]) <= 10
    assert enter(guard, login.token, client="10.0.0.8")[0]["status"] == 303
    clock.now += 1.0 / REFILL
    assert enter(guard, login.token)[0]["status"] == 303


def test_an_attacker_with_many_addresses_meets_the_limit_of_all(far):
    guard, _, _ = far
    status = [enter(guard, "wrong", client=f"10.1.{k // 250}.{k % 250}")[0]["status"] for k in range(1500)]
    assert status.count(401) == BURST_ALL
    assert len(guard._login.attempts._of) <= 1000
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:10.0.0.7") == "10.0.0.7"


def test_a_form_that_is_none_ends_in_a_refusal(far):
    guard, _, _ = far
    for body, status in ((b"", 401), (b"\xff\x00=&&&", 401), (b"a&" * 2000, 401), (b"x" * 5000, 413)):
        assert call(guard, "/login", method="POST", body=body, client=f"1.{status}.0.{len(body) % 200}")[0][
            "status"
        ] == status  # fmt: skip


def test_a_websocket_needs_a_session_and_ends_with_it(far):
    guard, login, clock = far
    assert [m["type"] for m in call(guard, kind="websocket")] == ["websocket.close"]
    cookie = ("cookie", cookie_of(enter(guard, login.token)))

    def late():
        clock.now += LIFETIME
        return {"type": "websocket.receive", "text": "abort"}

    heard = [
        {"type": "websocket.receive", "text": "ping"},
        late,
        {"type": "websocket.receive", "text": "more"},
    ]
    sent = call(guard, head=[HOST, cookie], kind="websocket", heard=heard)
    assert [m["type"] for m in sent] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert sent[1]["text"] == "ping"
    fresh = ("cookie", cookie_of(enter(guard, login.token)))
    foreign = [HOST, fresh, ("origin", "http://ship:8090.evil")]
    assert [m["type"] for m in call(guard, head=foreign, kind="websocket")] == ["websocket.close"]


def test_every_answer_has_the_headers_of_security_and_no_flight_is_cached(far):
    guard, login, _ = far
    cookie = ("cookie", cookie_of(enter(guard, login.token)))
    for path, head, cached in (
        ("/", [HOST], "no-store"), ("/flight/1", [HOST, cookie], "no-store"),
        ("/console/flight/1", [HOST, cookie], "no-store"), ("/_nicegui_ws/", [HOST, cookie], "no-store"),
        ("/_nicegui/3/x.js", [HOST, cookie], "private, max-age=31536000, immutable"),
        ("/_nicegui/3/x.js", [HOST], "no-store"),
        ("/console/static/desk.js", [HOST, cookie], "private, no-cache"), ("/", [("host", "[")], "no-store"),
    ):  # fmt: skip
        told = head_of(call(guard, path, head))
        assert told["cache-control"] == cached, path
        assert told["x-content-type-options"] == "nosniff" and told["referrer-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in told["content-security-policy"]
        assert told["x-frame-options"] == "DENY"
    assert "unsafe" not in head_of(call(guard))["content-security-policy"]


def test_an_address_that_nobody_serves_writes_no_line_of_its_own_into_the_log():
    told = logging.LogRecord(
        "nicegui", 30, "", 1, "%s not found", ("http://ship/\r\nMission control on\x1b[1m",), None
    )
    assert on_one_line(told)
    assert told.getMessage() == "http://ship/  Mission control on [1m not found"
