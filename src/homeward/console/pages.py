"""The pages: the list of what there is to see, and the desk of a flight."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any

from homeward.errors import HomewardError

if TYPE_CHECKING:
    from homeward.console.server import Console


LOGOUT = '<form method="post" action="/logout"><button class="small">Log out</button></form>'


def head() -> None:
    """What every page has: the style sheet."""
    from nicegui import ui

    ui.add_head_html('<link rel="stylesheet" href="/console/static/console.css">')


def flight_page(console: Console, key: str) -> None:
    """The desk of one flight."""
    from nicegui import ui

    from homeward.console.server import STATIC, TICK

    head()
    ui.html((STATIC / "flight.html").read_text(encoding="utf-8"), sanitize=False).style("display: contents")
    viewer = console.viewer(key)
    client = ui.context.client

    def heard(event: Any) -> None:
        told = event.args if isinstance(event.args, dict) else {}
        match told.get("what"):
            case "ready":
                viewer.ready(
                    int(told.get("rows", 0)), int(told.get("events", 0)), int(told.get("landing", 0))
                )
            case "command":
                console.command(key, told.get("words"))
            case "pace":
                console.pace(key, told.get("pace"))
            case _:
                viewer.heard(told)
        send()

    def send() -> None:
        message = viewer.tick()
        if message is not None:
            told = json.dumps(message, allow_nan=False, separators=(",", ":"))
            client.outbox.enqueue_message("run_javascript", {"code": f"hw.tick({told})"}, client.id)

    ui.on("console", heard)
    ui.timer(TICK, send)
    _start(f'import("/console/static/desk.js").then((m) => m.start({json.dumps(key)}))')


def campaign_page(console: Console, key: str) -> None:
    """A campaign, and its runs to fly again."""
    from nicegui import ui

    from homeward.console.server import STATIC

    head()
    ui.html((STATIC / "campaign.html").read_text(encoding="utf-8"), sanitize=False).style("display: contents")
    client = ui.context.client

    async def heard(event: Any) -> None:
        told = event.args if isinstance(event.args, dict) else {}
        if told.get("what") != "replay":
            return
        run = told.get("run")
        say(f"Run {run} is being flown again ...")
        try:
            flight, _ = await console.again(key, run)
        except HomewardError as error:
            say(str(error))
            return
        client.run_javascript(f"hw.go({json.dumps(f'/flight/{flight}')})")

    def say(text: str) -> None:
        client.run_javascript(f"hw.said({json.dumps(text)})")

    ui.on("console", heard)
    _start(f'import("/console/static/campaign.js").then((m) => m.start({json.dumps(key)}))')


def _start(code: str) -> None:
    """Run a script once the page is there: earlier, NiceGUI's import map would not be known."""
    from nicegui import ui

    ui.timer(0.01, lambda: ui.run_javascript(code), once=True)


def index_page(console: Console) -> None:
    """All flights and campaigns that the console was started with."""
    from nicegui import ui

    head()
    cards = "".join(
        f'<a class="card" href="/flight/{key}"><b>{html.escape(f.name)}</b>{_what(f)}<br>'
        f'<span class="note">{html.escape(f.source)}</span></a>'
        for key, f in console.flights.items()
    )
    cards += "".join(
        f'<a class="card" href="/campaign/{key}"><b>{html.escape(c.name)}</b>Campaign of {_runs(c)} runs<br>'
        f'<span class="note">{html.escape(c.source)}</span></a>'
        for key, c in console.campaigns.items()
    )
    ui.html(
        '<div class="desk"><header class="bar"><h1>Homeward <small>mission control</small></h1>'
        '<span class="spacer"></span>'
        f'{LOGOUT if console.login else ""}<button class="small" id="theme" type="button"></button></header>'
        f'<main class="sheet"><div class="cards">{cards}</div></main></div>',
        sanitize=False,
    ).style("display: contents")
    _start(
        'import("/console/static/theme.js").then((m) => m.theme(document.getElementById("theme"), () => 0))'
    )


def _what(flight: Any) -> str:
    kind = "Rendezvous" if flight.kind == "rendezvous" else "Return"
    return f"{kind}, live" if flight.live else kind


def _runs(campaign: Any) -> str:
    return f"{campaign.wanted:,}"
