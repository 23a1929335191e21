"""Flights flown from the console: watched as they fly, commands go up and act."""

import contextlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from console_folders import SWITCHES, chromium

from homeward.cli.app import main

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright drives the browser")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(chromium() is None, reason="no Chromium is installed")]
PICTURES = Path(__file__).parents[2] / "build" / "console"
READY, FLIGHT = 240_000, 300_000  # ms that getting ready, and a leg of the flight, may take on two cores


@contextlib.contextmanager
def console(*given):
    """A console with these arguments: its address, and a browser's page."""
    command = [sys.executable, "-m", "homeward", "console", *given, "--port", "0"]
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
    PICTURES.mkdir(parents=True, exist_ok=True)
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, "the console did not start"
        with playwright.sync_playwright() as p:
            browser = p.chromium.launch(executable_path=chromium(), args=SWITCHES)
            yield found.group().rstrip("/"), browser.new_page(viewport={"width": 1600, "height": 900})
            browser.close()
    finally:
        process.terminate()
        process.wait(20)


def test_a_rendezvous_is_watched_held_and_let_go_from_the_console():
    with console("--live", "shenzhou-21", "--pace", "1000") as (address, page):
        page.goto(f"{address}/flight/1")
        page.wait_for_function("window.hw && hw.desk.ticks > 3", timeout=READY)
        assert "Live" in page.locator("#mode").inner_text()
        # Before the last legs there is no approach to order, and the ship says so.
        send(page, "hold")
        answer(page, "refused")
        page.wait_for_function(
            "hw.desk.told.legs.some((l) => l.name === 'transfer to 400 m')", timeout=FLIGHT
        )
        page.locator("[data-pace='10']").click()
        page.wait_for_function("hw.desk.orders.pace === 10")
        send(page, "hold")
        answer(page, "accepted")
        page.locator("[data-pace='100']").click()
        answer(page, "acts")
        # Where it would go on after a minute, it stands for ten.
        page.wait_for_function("hw.desk.told.legs.at(-1).name === '400 m hold'", timeout=FLIGHT)
        stands = page.evaluate("hw.desk.t")
        page.wait_for_function(f"hw.desk.t > {stands} + 600", timeout=FLIGHT)
        assert page.locator("#leg").inner_text() == "400 m hold"
        page.screenshot(path=PICTURES / "live_held.png")
        # Looking back does not stop the flight.
        page.keyboard.press("Home")
        page.wait_for_function("hw.desk.t < 100")
        page.locator("#golive").click()
        page.wait_for_function(f"hw.desk.t > {stands} + 600")
        send(page, "go")
        page.wait_for_function("hw.desk.told.legs.at(-1).name === '200 m hold'", timeout=FLIGHT)
        page.locator("[data-pace='1000']").click()
        page.wait_for_function("!hw.desk.told.live", timeout=FLIGHT)
        assert (
            "contact" in page.locator("#log").inner_text()
            or "end of the flight" in page.locator("#log").inner_text()
        )
        assert float(page.locator("#telemetry tr", has_text="Distance").locator(".number").inner_text()) < 1.0
        page.screenshot(path=PICTURES / "live_docked.png")


def test_a_return_is_sent_to_another_site_before_the_burn_and_lands_there(tmp_path):
    archive = ("--archive", str(tmp_path))
    with console("--live", "shenzhou-15", "--pace", "1000", *archive) as (address, page):
        page.goto(f"{address}/flight/1")
        page.wait_for_function("window.hw && hw.desk.ticks > 3", timeout=READY)
        # Out of any lift's reach: the ship says so, and flies on as it was.
        site(page, "46.6", "100.1")
        answer(page, "refused")
        assert "off the entry" in page.locator("#answers").inner_text()
        site(page, "41.4", "102.1")
        answer(page, "accepted")
        answer(page, "acts")
        page.wait_for_function("hw.desk.told.at")
        # The form of a burn begins with the one that is planned now.
        page.locator("[data-word=burn]").click()
        assert 35e3 < float(page.locator("#f-start").input_value()) < 45e3
        page.locator("#confirm-no").click()
        page.wait_for_function("hw.desk.told.legs.some((l) => l.name === 'entry')", timeout=FLIGHT)
        page.locator("[data-pace='100']").click()
        # The forecast of the landing is about the site that was ordered.
        page.wait_for_function("hw.desk.told.landing.length > 1", timeout=FLIGHT)
        page.wait_for_timeout(3000)
        page.screenshot(path=PICTURES / "live_return.png")
        page.locator("[data-pace='1000']").click()
        page.wait_for_function("!hw.desk.told.live", timeout=FLIGHT)
        told = page.evaluate(
            "({lat: hw.desk.told.data.c.latitude_deg.at(-1), lon: hw.desk.told.data.c.longitude_deg.at(-1)})"
        )
        assert abs(told["lat"] - 41.4) < 0.03 and abs(told["lon"] - 102.1) < 0.03
        foretold = page.evaluate("hw.desk.told.landing.at(-1)")
        assert abs(foretold["lat"] - told["lat"]) < 0.01 and abs(foretold["lon"] - told["lon"]) < 0.01
        page.screenshot(path=PICTURES / "live_landed.png")
    kept = (tmp_path / "1" / "forecasts.jsonl").read_text().splitlines()
    assert json.loads(kept[-1])["latitude_deg"] == pytest.approx(foretold["lat"])


def site(page, latitude, longitude):
    page.locator("[data-word=site]").click()
    page.locator("#f-lat").fill(latitude)
    page.locator("#f-lon").fill(longitude)
    page.locator("#confirm-yes").click()


def send(page, word):
    page.locator(f"[data-word={word}]").click()
    page.locator("#confirm-yes").click()


def answer(page, outcome):
    page.locator(f"#answers b[data-outcome={outcome}]").last.wait_for(timeout=READY)


def test_a_run_of_a_campaign_is_flown_again_from_the_console(tmp_path):
    folder = str(tmp_path / "campaign")
    fly = ["campaign", "shenzhou-15", "--what", "return", "--runs", "4", "--seed", "1", "--out", folder]
    assert main(fly) == 0
    with console(folder) as (address, page):
        page.goto(f"{address}/campaign/1")
        page.wait_for_function("window.hw && hw.told")
        page.locator("#table button").first.click()
        page.locator("#confirm-yes").click()
        page.wait_for_url("**/flight/*", timeout=READY)
        page.wait_for_function("window.hw && hw.desk && hw.desk.ticks > 0")
        assert "flown again" in page.locator("#name").inner_text()
        assert page.locator("#banner").inner_text() == ""  # which would say that the bits differ
        page.screenshot(path=PICTURES / "flown_again.png")
