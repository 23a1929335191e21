"""Streams a flown flight over TCP as it would have come down, to any number of listeners.

There is one clock, the flight's. Each listener is served by a task of its own that walks along the one list
of deliveries: a slow listener falls behind alone, and nobody waits for it. First of all a listener gets a
packet that tells what is flying, and last one that tells how much was sent.
"""

import asyncio
import bisect
import contextlib
import errno
import itertools
import json
import time
from collections.abc import Callable

import numpy as np

from homeward.errors import InputError
from homeward.ground.commands.onboard_executive import Executive
from homeward.ground.telemetry.dictionary import ABOUT_APID
from homeward.ground.telemetry.flight_description import LONGEST_ABOUT
from homeward.ground.telemetry.link import Delivery, blackouts, deliver, sent_packets
from homeward.ground.telemetry.recording import Recording
from homeward.io.space_packet import Packet, pack
from homeward.scenario.schema.ground import Link

NAP = 0.02  # s at most between two looks at the clock
MOST = 256  # packets written at once
PATIENCE = 30.0  # s a listener may refuse to take anything
READ = 4096  # octets taken from one connection at a time: 200 kB/s, so that none holds up the others
BEACON = 0.5  # s between two beacons of a ship that takes commands
STILL_HERE = 10.0  # s of silence after which a sender says that it is there
MOST_LISTENERS = 256
REMAINS = 5.0  # s a sender stays after the end for others, if all who listened left before it


class Stream:
    """The deliveries of a flight and the clock they are played by; ``speed`` 0 is as fast as it goes."""

    def __init__(
        self, recording: Recording, link: Link, speed: float = 1.0, ship: Executive | None = None,
        start: float | None = None,
    ) -> None:  # fmt: skip
        sent = sent_packets(recording)
        if start is not None:
            sent = [item for item in sent if item[0] >= start]
        if not sent:
            raise InputError(f"{recording.name}: nothing is sent from {start:.0f} s on")
        self._dark = [] if link.through_blackout else blackouts(recording)
        self.deliveries = deliver(sent, link, self._dark)
        self.first, self.last = sent[0][0], sent[-1][0]
        self.recording, self.speed, self.ship = recording, speed, ship
        self.answers: list[bytes] = []
        self._arrivals = [d.time for d in self.deliveries]
        self._start = self.first if start is None else start
        self.counts = {g.name: len(recording.tables[g.name]["time_s"]) for g in recording.dictionary.groups}
        self._began: float | None = None
        self.about(ended=True, joins=self._start)  # a description too long is found before anybody listens

    def now(self) -> float:
        """The time of the flight [s since the epoch]."""
        if self._began is None:
            return self.first
        if self.speed == 0.0:
            return float("inf")
        return self.first + (time.monotonic() - self._began) * self.speed

    def begin(self) -> None:
        """Let the clock run, if it does not."""
        if self._began is None:
            self._began = time.monotonic()

    def over(self) -> bool:
        """Whether all that is to arrive has."""
        return self.now() > max(self.last, self.deliveries[-1].time if self.deliveries else self.last)

    def ship_time(self) -> float:
        """The time of the flight [s], which does not go past its end."""
        return min(self.now(), self.last)

    def dark(self) -> bool:
        """Whether the flight is in a black-out, in which nothing goes down or up."""
        now = self.ship_time()
        return any(a <= now <= b for a, b in self._dark)

    def about(self, ended: bool = False, joins: float | None = None) -> bytes:
        """The packet that tells what is flying.

        To a listener that joins at a time [s] it tells at which count each group begins for it, at the end
        how many packets of each group the flight has. Raises InputError for a description that is too long.
        """
        told = self.recording.about()
        if joins is not None:
            tables = self.recording.tables
            told["first"] = {
                name: int(np.searchsorted(np.asarray(tables[name]["time_s"], float), joins))
                for name in self.counts
            }
        if ended:
            told["sent"] = self.counts
        data = json.dumps(told, ensure_ascii=False).encode()
        packet = Packet(ABOUT_APID, int(ended), self.last if ended else self.first, data)
        octets = pack(packet, self.recording.clock)
        if len(octets) > LONGEST_ABOUT:
            raise InputError(f"{self.recording.name[:80]}: the names of its legs are too long to be streamed")
        return octets

    def join(self) -> tuple[int, float]:
        """Index of the first delivery to a new listener, and the time [s] from which on it hears all."""
        now = self.now()
        if self._began is None or now == float("inf"):
            return 0, self._start
        return bisect.bisect_right(self._arrivals, now), max(now, self._start)

    def due(self, index: int) -> list[Delivery]:
        """The deliveries from an index on that have arrived by now."""
        now, end = self.now(), min(index + MOST, len(self.deliveries))
        found = []
        while index < end and self.deliveries[index].time <= now:
            found.append(self.deliveries[index])
            index += 1
        return found


async def _listener(
    stream: Stream, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    """Serve one listener; whether it has had all."""
    whole = False
    index, joins = stream.join()
    stream.begin()
    told = len(stream.answers)
    listening = asyncio.create_task(_commands(stream, reader, number))
    spoke = beamed = -float("inf")
    try:
        writer.write(stream.about(joins=joins))
        while True:
            due = stream.due(index)
            index += len(due)
            answers = stream.answers[told:]
            told += len(answers)
            out = [*(d.octets for d in due), *answers]
            now = time.monotonic()
            if stream.ship is not None and (now - beamed >= BEACON or answers) and not stream.dark():
                out.append(stream.ship.beacon(stream.ship_time()))
                beamed = now
            if not out and now - spoke >= STILL_HERE:
                out.append(stream.about())
            if out:
                spoke = now
                writer.write(b"".join(out))
            await asyncio.wait_for(writer.drain(), PATIENCE)
            if index == len(stream.deliveries) and stream.over() and not due:
                break
            await asyncio.sleep(0.0 if due else NAP)
        writer.write(stream.about(ended=True))
        await asyncio.wait_for(writer.drain(), PATIENCE)
        whole = True
    except (ConnectionError, TimeoutError):
        pass  # this listener has gone; the others are not concerned
    finally:
        listening.cancel()
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            writer.close()
            await writer.wait_closed()
    return whole


async def _commands(stream: Stream, reader: asyncio.StreamReader, number: int) -> None:
    """Take what comes up one connection, a little at a time: whoever sends without end slows only himself."""
    try:
        while octets := await reader.read(READ):
            if stream.ship is not None and not stream.dark():
                stream.answers += stream.ship.uplink(octets, stream.ship_time(), number)
            await asyncio.sleep(NAP)
    except ConnectionError:
        pass
    finally:
        if stream.ship is not None:
            stream.ship.hang_up(number, stream.ship_time())


async def _serve(
    stream: Stream, host: str, port: int, ready: Callable[[int], None] | None, keep: bool, alone: float
) -> None:
    busy: set[asyncio.Task[None]] = set()
    served, content = asyncio.Event(), asyncio.Event()
    numbers = itertools.count(1)

    async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(busy) >= MOST_LISTENERS:
            writer.close()
            return
        busy.add(task)
        try:
            if await _listener(stream, next(numbers), reader, writer):
                content.set()
        finally:
            busy.discard(task)
            served.set()

    try:
        server = await asyncio.start_server(welcome, host, port)
    except OSError as error:
        taken = (
            "is taken; name another with --port"
            if error.errno == errno.EADDRINUSE
            else f"cannot be used ({error.strerror})"
        )
        raise InputError(f"--port {port}: the port of {host} {taken}") from None
    except OverflowError:
        raise InputError(f"--port {port}: expected a port from 0 to 65535") from None
    async with server:
        if ready is not None:
            ready(server.sockets[0].getsockname()[1])
        quiet = time.monotonic()
        while True:
            await asyncio.sleep(NAP)
            if busy:
                quiet = time.monotonic()
                continue
            idle = time.monotonic() - quiet
            if alone and idle > alone and (keep or not (served.is_set() and stream.over())):
                raise InputError(f"nobody has listened for {alone:.0f} s")
            # Whoever left before the end may come again, and others may be on their way.
            if not keep and served.is_set() and stream.over() and (content.is_set() or idle > REMAINS):
                break
        server.close()
        while busy:  # somebody who came in the last moment
            await asyncio.sleep(NAP)


def serve(
    stream: Stream, host: str = "127.0.0.1", port: int = 0, ready: Callable[[int], None] | None = None,
    keep: bool = False, alone: float = 0.0,
) -> None:  # fmt: skip
    """Stream until the flight has ended and its listeners have all of it; for ever if ``keep``.

    The clock starts with the first listener. ``ready`` is told the port when it is open (0 takes any that is
    free); ``alone`` [s] is for how long nobody may listen, 0 for as long as you like. Raises InputError for a
    port that is taken.
    """
    asyncio.run(_serve(stream, host, port, ready, keep, alone))
