"""The console in a browser, with no network but this machine: open, play, scrub, keyboard, phone, dark.

Screenshots stand in ``build/console``, for people to look at.
"""

import os
import re
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from console_folders import SWITCHES, chromium, saved_pair, saved_return
from ground_flight import record
from test_report import made

from homeward.ground.commands.authentication import Opener
from homeward.ground.commands.keys import make_key, read_key
from homeward.ground.commands.onboard_executive import Executive, Situation
from homeward.ground.commands.uplink import flight_word
from homeward.ground.flight_server import Stream, serve
from homeward.scenario.schema.ground import Link

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright drives the browser")
pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium is installed")

PICTURES = Path(__file__).parents[3] / "build" / "console"


# Three keys with an answer to the first between them; what the third asks for.
LATE_ANSWER = """new Promise((done) => {
  const desk = hw.desk, tick = desk.tick;
  let last; desk.tick = (m) => { last = m; };
  const key = (k) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: k, bubbles: true }));
  key("End");
  const wait = () => {
    if (!last) { setTimeout(wait, 20); return; }
    key("ArrowLeft"); tick.call(desk, last); key("ArrowLeft"); desk.tick = tick; done(desk.asked.t);
  };
  wait();
})"""


def sender(key):
    """Streams the made-up return, slowly enough to be live all the while; its port."""
    ready, opened = [], threading.Event()
    told = record()
    ship = Executive(Opener(key, flight_word(told.about()), told.clock), Situation)
    stream = Stream(told, Link(through_blackout=True), 10.0, ship, start=20000.0)

    def tell(port):
        ready.append(port)
        opened.set()

    threading.Thread(target=serve, args=(stream, "127.0.0.1", 0, tell), daemon=True).start()
    assert opened.wait(20.0)
    return ready[0]


@pytest.fixture(scope="module")
def console(tmp_path_factory):
    """A console of a return, a rendezvous and a campaign that asks to log in: the link that it prints."""
    place = tmp_path_factory.mktemp("flights")
    made(place / "campaign")
    make_key(place / "key")
    folders = [str(saved_return(place / "return")), str(saved_pair(place / "pair")), str(place / "campaign")]
    heard = [
        "--listen",
        f"127.0.0.1:{sender(read_key(place / 'key'))}",
        "--key",
        str(place / "key"),
        "--flight",
        flight_word(record().about()),
    ]
    command = [sys.executable, "-m", "homeward", "console", *folders, *heard, "--port", "0", "--login"]
    # NiceGUI would take itself for a part of this test.
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
    assert process.stdout is not None
    found = re.search(r"http://\S+", process.stdout.readline())
    assert found, "the console did not start"
    yield found.group()
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module")
def address(console):
    return console.partition("/login")[0]


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as p:
        made = p.chromium.launch(executable_path=chromium(), args=SWITCHES)
        yield made
        made.close()


@pytest.fixture(scope="module")
def entered(browser, console, address):
    """What a browser keeps once the printed link has logged it in."""
    page = browser.new_page()
    page.goto(console)
    page.wait_for_url(f"{address}/")
    kept = page.context.storage_state()
    page.close()
    return kept


def opener(browser, address, kept, wrong, pages):
    """Opens a page and hands it over once the desk ticks; ``wrong`` lists requests and scripts that fail."""

    def open_page(path, **how):
        viewport = how.pop("viewport", {"width": 1280, "height": 720})
        page = browser.new_page(viewport=viewport, storage_state=kept, **how)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("requestfailed", lambda request: wrong.append(request.url))
        page.on(
            "request",
            lambda r: None if r.url.startswith((address, "data:", "blob:")) else wrong.append(r.url),
        )
        page.goto(address + path)
        page.wait_for_function("window.hw && (hw.told || hw.desk.ticks > 0)")
        pages.append(page)
        return page

    return open_page


@pytest.fixture
def opened(browser, address, entered):
    wrong, pages = [], []
    yield opener(browser, address, entered, wrong, pages)
    for page in pages:
        page.close()
    assert wrong == []


@pytest.fixture(scope="module")
def desk(browser, address, entered):
    """The page of the return, which several tests use: to open one takes seconds."""
    wrong, pages = [], []
    yield opener(browser, address, entered, wrong, pages)("/flight/1")
    pages[0].close()
    assert wrong == []


def picture(page, name, wait=300):
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.wait_for_timeout(wait)
    page.screenshot(path=PICTURES / f"{name}.png")


def time_of(page):
    return page.evaluate("hw.desk.t")


def shown(page, label):
    row = page.locator("#telemetry tr", has_text=label).first
    return row.locator(".number").inner_text()


def test_a_return_opens_plays_scrubs_and_tells_its_limits(desk):
    page = desk
    start = time_of(page)
    page.keyboard.press("Space")
    page.wait_for_function(f"hw.desk.t > {start} + 5")
    assert page.locator("#play").inner_text() == "Pause"
    page.keyboard.press("Space")
    page.wait_for_function("document.getElementById('play').textContent === 'Play'")
    stands = time_of(page)
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"Math.abs(hw.desk.t - {stands} - 10) < 0.01")
    # A click into the timeline leads there, and every display follows.
    before = shown(page, "Altitude")
    box = page.locator("#track").bounding_box()
    page.mouse.click(box["x"] + 0.97 * box["width"], box["y"] + 20)
    page.wait_for_function(f"hw.desk.t > {stands} + 100")
    assert shown(page, "Altitude") != before
    assert page.locator("tr[data-level=green]").count() > 3
    assert page.evaluate("hw.desk.earth.drawn") > 1, "the Earth was not drawn"
    assert page.evaluate("hw.desk.view.corridor.points.length") > 100
    picture(page, "return")


def test_a_rendezvous_shows_the_docking_view_in_the_dark(opened):
    page = opened("/flight/2", color_scheme="dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.keyboard.press("End")
    page.wait_for_function("hw.desk.t >= hw.desk.told.t1 - 1e-3")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("hw.desk.t < hw.desk.told.t1 - 5")
    assert float(shown(page, "Distance")) < 50.0
    # Two rings' numbers have no room beside each other in so small a view.
    assert page.evaluate("hw.desk.view.cross.inner") is False
    # What has been flown takes no commands, and says so.
    assert page.locator("#order-buttons button").first.is_disabled()
    assert "ended" in page.locator("#orders-note").inner_text()
    picture(page, "rendezvous_dark")


#: Width and height of the window, pixel ratio, colours: fine displays and telephones among them.
WINDOWS = [
    (1280, 720, 2, "dark"), (390, 844, 3, "light"), (1280, 720, 1, "light"), (1280, 720, 3, "light"),
    (1024, 768, 1.5, "dark"), (390, 844, 2, "dark"), (390, 844, 1, "light"),
]  # fmt: skip
CANVASES = """[...document.querySelectorAll("canvas")].map((c) => ({ w: c.width, h: c.height,
    cw: c.clientWidth,
    ch: c.clientHeight, bw: c.parentElement.clientWidth, bh: c.parentElement.clientHeight }))"""
CLOCKS = """Object.fromEntries([...document.querySelectorAll("#clocks .field")].map(
    (f) => [f.children[0].textContent, f.children[1].textContent]))"""
FORMS = """import("/console/static/clocks.js").then(
    (m) => [m.elapsed(-0.4), m.elapsed(-61), m.signed(-0.4), m.signed(0)].join())"""
FLAT = """(places) => import("/console/static/views.js").then(
    (m) => places.map(([a, b, c, d]) => m.flat({ lat: a, lon: b }, c, d)))"""
NEIGHBOURS = [[90, 40, 89.9, 130], [90, 40, 89.9, 40], [-90, 0, -89.9, 90], [10, 179.99, 10, -179.99],
              [47, 69, 47.1, 69]]  # fmt: skip
SHOWN = "new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(shown)))"


def drawn(page):
    """Draw what is there once more, and wait until it is."""
    page.evaluate("void (window.hw && hw.desk && (hw.desk.view.paint(), hw.desk.earth.size()))")
    page.evaluate(SHOWN)  # not wait_for_function: the page of the login evaluates no text


def check_sizes(page, width, ratio):
    """No page is wider than the screen, and every canvas has its box's size, however often it is drawn."""
    drawn(page)
    first = page.evaluate(CANVASES)
    for _ in range(3):  # a canvas that feeds its size back into its box grows with every drawing
        drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CANVASES) == first
    for c in first:
        assert c["cw"] <= c["bw"] + 1 and c["ch"] <= c["bh"] + 1, c
        assert c["w"] <= ratio * c["cw"] + 2 and c["h"] <= ratio * c["ch"] + 2, c
        assert c["w"] * c["h"] > 0


def resized(page, session, width, height, ratio, colours):
    page.emulate_media(color_scheme=colours)
    metrics = {"width": width, "height": height, "deviceScaleFactor": ratio, "mobile": False}
    session.send("Emulation.setDeviceMetricsOverride", metrics)
    page.wait_for_function(f"window.innerWidth === {width} && window.devicePixelRatio === {ratio}")


@pytest.mark.parametrize("path", ["/flight/1", "/flight/2", "/campaign/1"])
def test_canvases_keep_their_size_on_every_screen_and_no_page_is_too_wide(opened, desk, path):
    """One page taken from screen to screen, as between two displays."""
    page = desk if path == "/flight/1" else opened(path)
    session = page.context.new_cdp_session(page)
    for width, height, ratio, colours in WINDOWS[:2]:
        resized(page, session, width, height, ratio, colours)
        check_sizes(page, width, ratio)
        if path.startswith("/flight"):
            assert page.locator("#play").bounding_box()["y"] < height, "the controls are not to be seen"
    session.send("Emulation.clearDeviceMetricsOverride")
    page.emulate_media(color_scheme="light")


@pytest.mark.slow
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("path", ["/", "/flight/1", "/flight/2", "/flight/3", "/campaign/1", "/login"])
def test_every_page_opens_on_every_screen(browser, address, entered, path, window):
    width, height, ratio, colours = window
    size = {"width": width, "height": height}
    page = browser.new_page(
        viewport=size, device_scale_factor=ratio, color_scheme=colours, storage_state=entered
    )
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(address + path)
    if path not in ("/", "/login"):
        page.wait_for_function("window.hw && (hw.told || hw.desk.ticks > 0)")
    check_sizes(page, width, ratio)
    picture(page, f"{path.strip('/').replace('/', '_') or 'list'}_{width}_{ratio}_{colours}")
    assert wrong == []
    page.close()


def test_the_clocks_count_and_a_black_out_is_seen(desk):
    page = desk
    marks = page.evaluate("hw.desk.told.marks")
    (burn, _), entry = marks["burns"][-1], marks["interface"][0]

    def seek(t):
        page.evaluate("(t) => emitEvent('console', { what: 'seek', t })", t)
        page.wait_for_function("(t) => Math.abs(hw.desk.t - t) < 0.01", arg=t)
        return page.evaluate(CLOCKS)

    told = seek(burn - 75.0)
    assert told["TIG"] == "\u221200:01:15" and told["Since epoch"] == f"{burn - 75.0:.1f} s"
    told = seek(entry + 61.5)
    assert told["EI"] == "+00:01:01"
    start, end, _ = marks["dark"][0]
    told = seek(start - 30.0)
    assert told["Black-out in"] == "00:00:30"
    altitude = shown(page, "Altitude")
    told = seek(0.5 * (start + end))
    assert told["Black-out"] != "00:00:00" and "last contact 00:0" in page.locator("#mode").inner_text()
    assert page.locator("#seen").inner_text() == "no contact" and shown(page, "Altitude") != altitude
    stands = shown(page, "Altitude")
    seek(0.5 * (start + end) + 20.0)
    assert shown(page, "Altitude") == stands
    assert seek(page.evaluate("hw.desk.told.t0"))["MET"] == "00:00:00"
    # Above the corridor's picture there is no marker, least of all the one from where one looked before.
    page.keyboard.press("End")
    page.wait_for_function("hw.desk.view.corridor.at !== null")
    seek(burn - 75.0)
    assert page.evaluate("hw.desk.view.corridor.at") is None
    # Keys in quick succession add up, whatever the last answer of the server was.
    page.keyboard.press("End")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function("Math.abs(hw.desk.t - (hw.desk.told.t1 - 30)) < 0.01")
    # So they do when a slow server's answer to an earlier key comes between two of them.
    assert page.evaluate(LATE_ANSWER) == pytest.approx(page.evaluate("hw.desk.told.t1") - 20.0, abs=0.01)
    top = "hw.desk.view.load.chart.getModel().getComponent('yAxis').axis.scale.getExtent()[1]"
    # The ship of this flight is in no scenario here: where none tells a limit, the axis ends above nought.
    most = max((row["high_red"] for row in page.evaluate("hw.desk.told.limits")
                if row["column"] == "load_factor_g"), default=0.0)  # fmt: skip
    assert page.evaluate("hw.desk.view.load.chart.getOption().yAxis[0].axisLabel.showMaxLabel") is False
    assert page.evaluate(top) > most and page.evaluate(top) == int(page.evaluate(top))
    assert page.evaluate(FORMS) == "00:00:00,\u221200:01:01,\u221200:00:01,+00:00:00"


def test_the_landing_view_has_no_seam_and_no_pole(desk):
    told = desk.evaluate(FLAT, NEIGHBOURS)
    expected = [(11.12, 0.0), (0.0, -11.12), (11.12, 0.0), (2.19, 0.0), (0.0, 11.12)]
    for (east, north), (x, y) in zip(told, expected, strict=True):
        assert abs(east - x) < 0.01 and abs(north - y) < 0.01


def test_a_parameter_is_plotted_by_a_click_hovered_and_zoomed(desk):
    page = desk
    assert not page.locator("#plot").is_visible()
    page.locator("#telemetry button", has_text="Altitude").first.click()
    page.locator("#telemetry button", has_text="Load").first.click()
    page.wait_for_function("hw.desk.plot.lines.length === 2 && hw.desk.plot.lines[0].points.length > 100")
    assert "Altitude" in page.locator("#plot-note").inner_text()
    box = page.locator("#plot-chart").bounding_box()
    middle = box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"]
    page.mouse.move(*middle)
    page.wait_for_function("document.querySelector('#plot-chart').innerText.includes('UTC')")
    page.mouse.wheel(0, -400)
    zoom = "(() => { const z = hw.desk.plot.chart.getOption().dataZoom[0]; return z.end - z.start; })()"
    page.wait_for_function(f"{zoom} < 99")
    page.locator("#plot-whole").click()
    page.wait_for_function(f"{zoom} > 99")
    page.locator("#plot-close").click()
    assert not page.locator("#plot").is_visible()
    # The charts that are always there: hovered, zoomed by the wheel, and led back by a double click.
    page.keyboard.press("End")
    chart = page.locator("[aria-label=Load] .chart")
    chart.scroll_into_view_if_needed()
    told = "[...document.querySelectorAll('.tip')].some((t) => !t.hidden && t.innerText.includes('UTC'))"
    # A page that still lays itself out on a busy machine moves its charts away from under the mouse.
    for attempt in range(60):
        box = chart.bounding_box()
        middle = box["x"] + 0.5 * box["width"] + attempt % 2, box["y"] + 0.5 * box["height"]
        page.mouse.move(*middle)
        page.wait_for_timeout(500)
        if page.evaluate(told):
            break
    assert page.evaluate(told)
    span = "(() => { const { min, max } = hw.desk.view.load.spec.x; return max - min; })()"
    whole = page.evaluate(span)
    page.mouse.wheel(0, -300)
    page.wait_for_function(f"{span} < {0.95 * whole}")
    page.mouse.dblclick(*middle)
    page.wait_for_function(f"Math.abs({span} - {whole}) < 1")


def test_a_campaign_tells_its_verdicts_and_a_run_that_cannot_be_flown_says_why(opened):
    page = opened("/campaign/1")
    assert page.locator("#runs").inner_text() == "300" and page.locator("#failed").inner_text() == "2"
    assert page.locator("[data-verdict='not met']").count() > 0
    assert page.locator("#plots .panel").count() >= 4
    picture(page, "campaign")
    page.locator("#run").fill("9")
    page.locator("#run").press("Enter")
    page.locator("#confirm-yes").click()
    # The scenario of this made-up store is no scenario: one sentence, and the page stays.
    page.wait_for_function("document.getElementById('again-note').textContent.includes('scenario_document')")
    assert "Traceback" not in page.locator("#again-note").inner_text()


def test_a_stream_is_shown_as_it_comes_and_a_command_is_asked_for_sealed_and_answered(opened):
    page = opened("/flight/3")
    assert "Live" in page.locator("#mode").inner_text()
    first = time_of(page)
    page.wait_for_function(f"hw.desk.t > {first} + 5")
    page.locator("[data-word=site]").click()
    page.locator("#f-lat").fill("41.4")
    page.locator("#f-lon").fill("102.1")
    picture(page, "command")
    # Not yet all told: the form keeps what it has, and nothing is sent.
    page.locator("#confirm-yes").click()
    assert page.locator("#confirm").is_visible()
    page.locator("#f-alt").fill("1000")
    page.keyboard.press("Enter")
    answer = page.locator("#answers b[data-outcome=refused]")
    answer.wait_for(timeout=20_000)
    assert "landing site 41.4000, 102.1000, 1000 m" in answer.inner_text()
    page.locator("[data-word=winds]").click()
    page.locator("#f-rows").fill("altitude_m, north, east\n1000, 1, 2\n500, 1, 2")
    page.locator("#confirm-yes").click()
    page.locator("#answers b[data-outcome='no command']").wait_for(timeout=20_000)
    assert "do not increase" in page.locator("#answers").inner_text()


def test_the_list_leads_to_flights_and_campaigns(browser, address, entered):
    page = browser.new_page(storage_state=entered)
    page.goto(address + "/")
    assert page.locator(".card").count() == 4
    page.keyboard.press("Tab")
    focused = "document.activeElement.matches(':focus-visible')"
    assert page.evaluate(focused)
    page.locator(".card").nth(1).click()
    page.wait_for_function("window.hw && hw.desk.ticks > 0")
    page.close()


def test_the_printed_link_logs_in_once_and_without_a_session_nothing_is_shown(
    browser, console, address, entered
):
    (cookie,) = entered["cookies"]
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict" and cookie["expires"] > 0
    assert cookie["value"] not in console
    page = browser.new_page()
    page.goto(console)  # another browser: the code has been used
    page.get_by_role("alert").wait_for()
    assert "used already" in page.locator("[role=alert]").inner_text() and "#" not in page.url
    assert page.goto(f"{address}/flight/1").status == 401
    page.locator("#secret").fill("no such token")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    page.close()
    # Not even the socket that a page of the console would open answers.
    port = int(address.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 5.0) as link:
        link.sendall(
            f"GET /_nicegui_ws/socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        assert b" 403 " in link.recv(1000).partition(b"\r\n")[0]


def test_strange_requests_are_answered_by_a_refusal(address):
    for path, head, status in (
        ("/", {"Host": "example.org"}, 403), ("/", {"Origin": "http://example.org"}, 403),
        ("/", {"Host": "["}, 403), ("//evil/?token=", {}, 401), ("/%0d%0aX:%20y", {}, 401),
        ("/_nicegui/3/none.js", {}, 401),
    ):  # fmt: skip
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(address + path, headers=head))
        assert refused.value.code == status, path
        assert refused.value.headers["cache-control"] == "no-store"
        assert refused.value.headers["location"] is None
