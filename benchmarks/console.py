"""The console under load: ten viewers of two flights, each to be told ten times a second.

The viewers speak the page's own protocol over its socket and draw nothing, so that the server
alone is measured: each plays at its own speed from its own place. Told are how often messages
came, how far apart, and how much of one core the server took.
``python -m benchmarks.console DIR DIR [VIEWERS] [SECONDS]``.
"""

import asyncio
import json
import re
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path

import numpy as np

from benchmarks.measure import Skip, need

TICK = 0.1  # s between two messages, by design


async def viewer(address: str, path: str, rate: int, start: float, seconds: float) -> list[float]:
    """Times at which one viewer was told something, after it had begun to play."""
    import socketio

    page = await asyncio.to_thread(lambda: urllib.request.urlopen(address + path).read().decode())
    told = re.search(r"'client_id': '([^']+)'", page)
    listener = re.search(r'"listener_id":"([^"]+)","type":"console"', page)
    assert told and listener, "the page is another one"
    client, times = told.group(1), []
    socket = socketio.AsyncClient()

    async def heard(message: dict[str, str]) -> None:
        if message["code"].startswith("hw.tick("):
            times.append(time.monotonic())

    socket.on("run_javascript", heard)
    words = f"?client_id={client}&next_message_id=0&implicit_handshake=true&document_id={uuid.uuid4()}"
    words += f"&tab_id={uuid.uuid4()}"
    await socket.connect(address + words, socketio_path="/_nicegui_ws/socket.io", transports=["websocket"])

    async def say(**what: object) -> None:
        event = {"id": 0, "client_id": client, "listener_id": listener.group(1), "args": [json.dumps(what)]}
        await socket.emit("event", event)

    flight = await asyncio.to_thread(
        lambda: json.loads(urllib.request.urlopen(f"{address}/console{path}").read())
    )
    await say(what="ready", rows=flight["rows"], events=len(flight["events"]))
    await say(what="rate", rate=rate)
    await say(what="seek", t=flight["t0"] + start * (flight["t1"] - flight["t0"]))
    await say(what="toggle")
    await asyncio.sleep(2.0)
    times.clear()
    await asyncio.sleep(seconds)
    await socket.disconnect()
    return times


async def crowd(address: str, viewers: int, seconds: float) -> list[list[float]]:
    """Every viewer at once, on the two flights in turn."""
    return await asyncio.gather(*(
        viewer(address, f"/flight/{1 + k % 2}", 1 + 2 * k, 0.01 * k, seconds) for k in range(viewers)
    ))  # fmt: skip


def processor_time(pid: int) -> float:
    """Seconds of processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100.0


def measure(folders: list[str], viewers: int = 10, seconds: float = 20.0) -> dict[str, float]:
    """Rate of each viewer, spread of the gaps between its messages, and the server's share of a core."""
    need("nicegui", "socketio")
    command = [sys.executable, "-m", "homeward", "console", *folders, "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        found = re.search(r"http://\S+", server.stdout.readline())
        if found is None:
            raise Skip("the console did not start")
        before, began = processor_time(server.pid), time.monotonic()
        times = asyncio.run(crowd(found.group().rstrip("/"), viewers, seconds))
        share = (processor_time(server.pid) - before) / (time.monotonic() - began)
    finally:
        server.terminate()
        server.wait(10)
    gaps = np.concatenate([np.diff(t) for t in times])
    return {
        "viewers": viewers, "seconds": seconds, "slowest_hz": min(len(t) for t in times) / seconds,
        "gap_p50_ms": 1e3 * float(np.median(gaps)), "gap_p99_ms": 1e3 * float(np.quantile(gaps, 0.99)),
        "gap_max_ms": 1e3 * float(gaps.max()), "server_cores": share,
    }  # fmt: skip


if __name__ == "__main__":
    given = sys.argv[1:]
    viewers, seconds = (
        (int(given[2]) if len(given) > 2 else 10),
        (float(given[3]) if len(given) > 3 else 20.0),
    )
    for name, value in measure(given[:2], viewers, seconds).items():
        print(f"{name:14} {value:.3g}")
