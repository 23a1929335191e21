"""The server: pages and data of the flights and campaigns that the console was started with."""

import errno
import json
import logging
import math
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from homeward.console.campaign import Campaign
from homeward.console.desk import series, standing
from homeward.console.flight import Flight
from homeward.console.guard import Guard, is_local
from homeward.console.login import Login
from homeward.console.viewer import Viewer
from homeward.errors import InputError, one_line

STATIC = Path(__file__).parent / "static"
TICK = 0.1  # s between two looks at a flight
HISTORY = 300  # messages, of half a minute, that are kept for a browser whose connection broke


def check_port(host: str, port: int) -> int:
    """The port that will be used (0 takes any that is free); raises InputError where it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
            return int(trial.getsockname()[1])
    except OSError as error:
        taken = (
            "is taken; name another with --port"
            if error.errno == errno.EADDRINUSE
            else f"cannot be used ({error.strerror or error})"
        )
        raise InputError(f"--port {port}: the port of {host} {taken}") from None


def on_one_line(record: logging.LogRecord) -> bool:
    """Keep a message of NiceGUI's log to one line: it repeats addresses that anybody may have asked for."""
    record.msg, record.args = one_line(record.getMessage(), 200), ()
    return True


class Console:
    """The flights by their keys; ``serve`` shows them until it is stopped."""

    def __init__(self) -> None:
        self.flights: dict[str, Flight] = {}
        self.campaigns: dict[str, Campaign] = {}
        self.login: Login | None = None
        self._place = tempfile.TemporaryDirectory(prefix="homeward-console-")

    def add(self, flight: Flight, key: str | None = None) -> str:
        """Show a flight; returns the key in its address."""
        key = key or str(len(self.flights) + 1)
        self.flights[key] = flight
        return key

    def add_campaign(self, campaign: Campaign) -> str:
        """Show a campaign; returns the key in its address."""
        key = str(len(self.campaigns) + 1)
        self.campaigns[key] = campaign
        return key

    async def again(self, key: str, run: Any) -> tuple[str, str]:
        """Fly a run of a campaign again; the key of the flight, and whether its bits are those stored."""
        if isinstance(run, bool) or not isinstance(run, int):
            raise InputError("expected the number of a run")
        flight, same = await self.campaigns[key].again(run, Path(self._place.name))
        return self.add(flight), same

    def serve(self, host: str, port: int, login: Login | None, ready: Callable[[], None]) -> None:
        """Serve until the process is interrupted; ``login`` None asks nobody to log in."""
        from nicegui import app, ui
        from nicegui.elements import echart, scene  # noqa: F401  (their packages' assets are put on the page)

        self.login = login
        logging.getLogger("nicegui").addFilter(on_one_line)
        self.routes()
        app.add_static_files("/console/static", STATIC)
        self._guarded(app, is_local(host), login, port)
        app.on_startup(ready)
        app.on_shutdown(self.stop)
        try:
            ui.run(
                host=host, port=port, title="Homeward", favicon=STATIC / "homeward.svg", dark=None,
                reload=False, show=False, tailwind=False, show_welcome_message=False,
                message_history_length=HISTORY, binding_refresh_interval=None,
                reconnect_timeout=30.0, timeout_graceful_shutdown=1,
            )  # fmt: skip
        finally:
            self.stop()

    def stop(self) -> None:
        """End what the console has started: flights flown live, runs that are flown again."""
        for flight in self.flights.values():
            if flight.feed is not None:
                flight.feed.stop()
        for campaign in self.campaigns.values():
            campaign.stop()
        self._place.cleanup()

    @staticmethod
    def _guarded(app: Any, local: bool, login: Login | None, port: int) -> None:
        """Put the guard outside all middleware: NiceGUI adds its own, which would set headers on refusals."""
        inner = app.build_middleware_stack
        app.build_middleware_stack = lambda: Guard(inner(), local, login, port)

    def routes(self) -> None:
        """Pages and data."""
        from fastapi import HTTPException
        from fastapi.responses import Response
        from nicegui import app, ui

        from homeward.console.pages import campaign_page, flight_page, index_page

        @app.get("/console/flight/{key}")
        def _data(key: str) -> Response:
            if key not in self.flights:
                raise HTTPException(404, "no such flight")
            told = json.dumps(standing(self.flights[key]), allow_nan=False)
            return Response(told, media_type="application/json")

        @app.get("/console/flight/{key}/column/{name}")
        def _column(key: str, name: str) -> Response:
            if key not in self.flights or name not in self.flights[key].rows.place:
                raise HTTPException(404, "no such column")
            told = json.dumps(series(self.flights[key], name), allow_nan=False)
            return Response(told, media_type="application/json")

        @app.get("/console/campaign/{key}")
        def _campaign_data(key: str) -> Response:
            if key not in self.campaigns:
                raise HTTPException(404, "no such campaign")
            return Response(
                json.dumps(_finite(self.campaigns[key].told()), allow_nan=False),
                media_type="application/json",
            )

        @ui.page("/campaign/{key}")
        def _campaign(key: str) -> None:
            if key not in self.campaigns:
                raise HTTPException(404, "no such campaign")
            campaign_page(self, key)

        @ui.page("/flight/{key}")
        def _flight(key: str) -> None:
            if key not in self.flights:
                raise HTTPException(404, "no such flight")
            flight_page(self, key)

        @ui.page("/")
        def _index() -> None:
            index_page(self)

    def viewer(self, key: str) -> Viewer:
        """A viewer of a flight."""
        return Viewer(self.flights[key])

    def command(self, key: str, words: Any) -> None:
        """Send a command to a flight that takes one."""
        feed = self.flights[key].feed
        if feed is not None and isinstance(words, str):
            feed.command(words)

    def pace(self, key: str, pace: Any) -> None:
        """Let a live flight fly so many times real time."""
        feed = self.flights[key].feed
        if feed is not None and isinstance(pace, int | float):
            feed.set_pace(float(pace))


def _finite(value: Any) -> Any:
    """The same with None for every number that JSON has not."""
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
