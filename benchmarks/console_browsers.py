"""The console with browsers that draw: ten pages of Chromium on one machine, each told ten times a second.

Told are how often each page took a message and drew its globe, and the cores that server and browser took.
Without a graphics card the browser draws its globes by the processor, and that is what is measured then;
``--flat`` leaves them out. ``python -m benchmarks.console_browsers DIR DIR [PAGES] [SECONDS] [--flat]``.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.measure import Skip, need

SWITCHES = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
COUNTS = "[performance.now(), hw.desk.ticks, hw.desk.earth.drawn || 0]"
CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")


def seconds_of(pid: int) -> float:
    """Processor time [s] of a process and its children."""
    ticks = os.sysconf("SC_CLK_TCK")
    total, waiting = 0.0, [pid]
    while waiting:
        one = waiting.pop()
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rsplit(") ", 1)[1].split()
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += [int(x) for x in (task / "children").read_text().split()]
        except OSError:
            continue
        total += (int(fields[11]) + int(fields[12])) / ticks
    return total


def main() -> None:
    """Open the pages, let them play, and tell."""
    need("nicegui", "playwright")
    from playwright.sync_api import sync_playwright

    chromium = next((c for c in CHROMIUM if Path(c).exists()), None)
    if chromium is None:
        raise Skip("no Chromium is installed")
    folders = [a for a in sys.argv[1:] if not a.isdigit() and a != "--flat"]
    switches = [*SWITCHES, *(["--disable-3d-apis"] if "--flat" in sys.argv else [])]
    given = [int(a) for a in sys.argv[1:] if a.isdigit()]
    pages, seconds = (given + [10, 20][len(given) :])[:2]
    command = [sys.executable, "-m", "homeward", "console", *folders, "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        found = re.search(r"http://\S+", server.stdout.readline())
        assert found, "the console did not start"
        address = found.group().rstrip("/")
        with sync_playwright() as p:
            browser = p.chromium.launch(executable_path=chromium, args=switches)
            opened = []
            for k in range(pages):
                page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
                page.goto(f"{address}/flight/{1 + k % len(folders)}")
                page.wait_for_function("window.hw && hw.desk && hw.desk.ticks > 0", timeout=120_000)
                page.keyboard.press("Space")
                opened.append(page)
            before = np.array([page.evaluate(COUNTS) for page in opened])
            mine, all_of_it = seconds_of(server.pid), seconds_of(os.getpid())
            began = time.monotonic()
            time.sleep(seconds)
            after = np.array([page.evaluate(COUNTS) for page in opened])
            passed = time.monotonic() - began
            server_share = (seconds_of(server.pid) - mine) / passed
            browser_share = (seconds_of(os.getpid()) - all_of_it) / passed - server_share
            rates = (after[:, 1:] - before[:, 1:]) / (after[:, :1] - before[:, :1]) * 1e3
            browser.close()
        print(
            f"{pages} pages of {len(folders)} flights, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
        )
        for k, what in enumerate(("messages taken", "globes drawn")):
            low, middle, high = np.quantile(rates[:, k], [0.0, 0.5, 1.0])
            print(f"{what} a second: {low:.2f} to {high:.2f}, median {middle:.2f}")
        print(f"server {server_share:.2f} of a core, browser {browser_share:.2f}")
    finally:
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    main()
