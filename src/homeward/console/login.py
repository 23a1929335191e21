"""Login to a console that other machines reach: token, one-time code, sessions, and a limit on attempts.

Nothing secret travels in an address that a server sees: the printed link carries its one-time code behind
``#``, which browsers keep to themselves, and the login page posts it. Sessions are random, end after
``LIFETIME`` and are stored as hashes, so that a dump of the process gives none away.
"""

import dataclasses
import hashlib
import hmac
import ipaddress
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

LIFETIME = 12 * 3600.0  # s that a session lasts
MOST_SESSIONS = 200  # the oldest is ended by one more
BURST, REFILL = 5.0, 0.1  # failed attempts of one address: at once, and per second from then on
BURST_ALL, REFILL_ALL = 30.0, 0.5  # of all addresses together
MOST_ADDRESSES = 1000  # whose attempts are counted; an attacker with more meets the limit of all

Clock = Callable[[], float]


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


@dataclasses.dataclass
class _Bucket:
    """Attempts left, and when that was counted [s]."""

    left: float
    since: float

    def now(self, time: float, burst: float, refill: float) -> float:
        """Attempts left at a time [s]."""
        self.left = min(burst, self.left + (time - self.since) * refill)
        self.since = time
        return self.left


class Attempts:
    """How many failed attempts are left to an address, and to all together."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._of: OrderedDict[str, _Bucket] = OrderedDict()
        self._all = _Bucket(BURST_ALL, clock())

    def wait(self, address: str) -> float:
        """Seconds until the next attempt of an address is looked at; 0 where it may try now."""
        here, now = self._bucket(address), self._clock()
        own = (1.0 - here.now(now, BURST, REFILL)) / REFILL
        shared = (1.0 - self._all.now(now, BURST_ALL, REFILL_ALL)) / REFILL_ALL
        return max(own, shared, 0.0)

    def failed(self, address: str) -> None:
        """Count an attempt that failed."""
        self._bucket(address).left -= 1.0
        self._all.left -= 1.0

    def _bucket(self, address: str) -> _Bucket:
        name = network_of(address)
        bucket = self._of.get(name)
        if bucket is None:
            bucket = self._of[name] = _Bucket(BURST, self._clock())
            while len(self._of) > MOST_ADDRESSES:
                self._of.popitem(last=False)
        self._of.move_to_end(name)
        return bucket


def network_of(address: str) -> str:
    """What attempts are counted by: an IPv4 address, or the /64 network of an IPv6 one."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.IPv6Network((ip, 64), strict=False))
    return str(ip)


class Login:
    """The token and the one-time code of a console, and the sessions that they opened."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self.token, self.code = secrets.token_urlsafe(18), secrets.token_urlsafe(18)
        self._token, self._code = _hash(self.token), _hash(self.code)
        self._code_used = False
        self._sessions: OrderedDict[bytes, float] = OrderedDict()  # hash of the session: its end [s]
        self._clock = clock
        self.attempts = Attempts(clock)

    def enter(self, secret: str, address: str) -> str | None:
        """A new session for the token, or for the code while it is unused; else None, and counted."""
        given = _hash(secret)
        by_token = hmac.compare_digest(given, self._token)
        by_code = hmac.compare_digest(given, self._code) and not self._code_used
        if not (by_token or by_code):
            self.attempts.failed(address)
            return None
        self._code_used |= by_code
        session = secrets.token_urlsafe(32)
        self._sessions[_hash(session)] = self._clock() + LIFETIME
        while len(self._sessions) > MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return session

    def holds(self, session: str) -> bool:
        """Whether a session is open."""
        name = _hash(session)
        end = self._sessions.get(name)
        if end is not None and end <= self._clock():
            del self._sessions[name]
            return False
        return end is not None

    def leave(self, session: str) -> None:
        """End a session."""
        self._sessions.pop(_hash(session), None)


PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Homeward: log in</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style nonce="%(nonce)s">
:root{color-scheme:light dark}
body{font:15px system-ui,sans-serif;display:grid;place-items:center;min-height:90vh;margin:0}
form{display:grid;gap:10px;padding:16px;max-width:320px}
input,button{font:inherit;padding:8px 12px}</style></head>
<body><form method="post" action="/login" id="form"><b>Homeward mission control</b>
<label for="secret">Login token, as printed where the console was started</label>
<input id="secret" name="secret" type="password" autocomplete="current-password" autofocus required>
<input type="hidden" name="next" value="%(next)s"><button>Log in</button>%(alert)s</form>
<script nonce="%(nonce)s">const code = location.hash.slice(1);
if (code) { history.replaceState(null, "", location.pathname);
document.getElementById("secret").value = code; document.getElementById("form").submit(); }
</script></body></html>"""


def page(next_path: str, alert: str, nonce: str) -> str:
    """The login page; ``next_path`` and ``alert`` are our own words and need no escaping."""
    said = f'<p role="alert">{alert}</p>' if alert else ""
    return PAGE % {"next": next_path, "alert": said, "nonce": nonce}
