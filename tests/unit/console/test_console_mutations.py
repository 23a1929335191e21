"""Changes that open the console to others: each has to turn a test red."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

GUARD, LOGIN = "homeward.console.guard", "homeward.console.login"
HERE = Path(__file__).parent
HELPERS = Path(__file__).parents[2] / "helpers"
MUTATIONS = {
    "websockets pass unguarded": (
        GUARD, 'if scope["type"] not in ("http", "websocket")', 'if scope["type"] != "http"'
    ),
    "websockets need no session": (
        GUARD, "elif not any(self._login.holds(s) for s in self._sessions(head)):",
        'elif scope["type"] == "http" and not any(self._login.holds(s) for s in self._sessions(head)):',
    ),
    "a websocket outlives its session": (
        GUARD, "await self._app(scope, self._while_open(head, receive, send), send)",
        "await self._app(scope, receive, send)",
    ),
    "the cookie lacks HttpOnly": (GUARD, "; HttpOnly", ""),
    "the cookie lacks SameSite": (GUARD, "; SameSite=Strict", ""),
    "the cookie lacks Secure over https": (GUARD, '"; Secure" if', '"" if'),
    "the origin is compared as a substring": (
        GUARD, 'origin not in (f"http://{host}", f"https://{host}")', "host not in origin"
    ),
    "the origin is compared by its beginning": (
        GUARD, 'origin not in (f"http://{host}", f"https://{host}")',
        'not origin.startswith((f"http://{host}", f"https://{host}"))',
    ),
    "the origin is compared by its end": (
        GUARD, 'origin not in (f"http://{host}", f"https://{host}")', "not origin.endswith(host)"
    ),
    "the origin is not compared": (GUARD, "if origin is not None and", "if False and"),
    "any host is answered": (GUARD, "if self._local and not is_local(name)", "if False"),
    "no frame-ancestors": (GUARD, "frame-ancestors 'none'", "frame-ancestors *"),
    "no nosniff": (GUARD, 'b"x-content-type-options": b"nosniff",', ""),
    "refusals are cached": (GUARD, 'message["status"] not in (200, 206, 304)', "False"),
    "flights are cached": (GUARD, 'head[b"cache-control"] = b"no-store"', "pass"),
    "a login leads anywhere": (GUARD, 'after if PAGES.fullmatch(after) else "/", session', "after, session"),
    "attempts are not limited": (GUARD, "if wait > 0.0:", "if False:"),
    "failed attempts are not counted": (LOGIN, "self.attempts.failed(address)", "pass"),
    "addresses are not counted together": (LOGIN, "return max(own, shared, 0.0)", "return max(own, 0.0)"),
    "the session is the token": (LOGIN, "session = secrets.token_urlsafe(32)", "session = self.token"),
    "a session lasts for ever": (LOGIN, "end <= self._clock()", "False"),
    "the code is good for ever": (LOGIN, "and not self._code_used", ""),
    "logging out leaves the session": (LOGIN, "self._sessions.pop(_hash(session), None)", "pass"),
}  # fmt: skip


def run(mutation=None):
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    env["PYTHONPATH"] = os.pathsep.join([str(HELPERS), env.get("PYTHONPATH", "")])
    plugin = []
    if mutation is not None:
        env["HOMEWARD_MUTATION"] = json.dumps(dict(zip(("module", "old", "new"), mutation, strict=True)))
        plugin = ["-p", "console_mutation"]
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *plugin]
    done = subprocess.run(
        [*command, str(HERE / "test_console_guard.py")], env=env, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_the_tests_pass_as_the_code_is():
    status, told = run()
    assert status == 0, told


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_turns_a_test_red(name):
    status, told = run(MUTATIONS[name])
    assert status == 1 and "FAILED" in told, f"{name}: no test failed\n{told[-2000:]}"
