"""Listens to a stream of telemetry: archives it, watches its limits, tells of gaps."""

import contextlib
import json
import math
import select
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from homeward.errors import InputError
from homeward.ground.archive import Archive, dictionary_of, sent_of
from homeward.ground.dictionary import ABOUT_APID, ACKNOWLEDGE_APID, Dictionary
from homeward.ground.gaps import Overdue
from homeward.ground.limits import Monitor, flight_limits
from homeward.ground.packets import COUNTS, BadPacket, Packet, Splitter, unpack, unpack_values
from homeward.ground.timecode import Clock

GREETING = 30.0  # s within which a sender tells what is flying


class Listener:
    """What has been heard so far: the newest value of every parameter, levels, events, gaps."""

    def __init__(self, folder: Path | None = None, monitor: Monitor | None = None) -> None:
        self.folder = folder
        self.archive: Archive | None = None  # once it is known what is flying
        self.monitor = monitor if monitor is not None else Monitor(flight_limits(None))
        self.about: dict[str, Any] = {}
        self.dictionary = Dictionary(())
        self.clock = Clock(0)
        self.latest: dict[str, float | int] = {}
        self.time = float("-inf")
        self.packets = 0
        self.acknowledged: list[bytes] = []
        self._splitter = Splitter(None)
        self._gaps = Overdue()
        self._newest: dict[int, tuple[int, float]] = {}

    def feed(self, octets: bytes) -> None:
        """Take in what has arrived; raises InputError where the sender speaks another language."""
        for whole in self._splitter.feed(octets):
            if not self.about:
                self._greet(whole)
                continue
            try:
                packet = unpack(whole, self.clock)
            except BadPacket:
                continue
            if packet.apid == ABOUT_APID:
                self._ended(packet)
            elif packet.apid == ACKNOWLEDGE_APID:
                self.acknowledged.append(packet.data)
            elif packet.apid in self.dictionary.by_apid:
                self._packet(whole, packet)

    def close(self) -> None:
        """End of the reception."""
        for text in self._gaps.due(float("inf")):
            self.monitor.note(self.time, "gap", text)
        if self.archive is not None:
            self.archive.close()

    @property
    def skipped(self) -> int:
        """Octets that belonged to no packet."""
        return self._splitter.skipped

    def _greet(self, whole: bytes) -> None:
        try:
            told = json.loads(unpack(whole, self.clock).data)
        except (BadPacket, ValueError):
            raise InputError("what answers there does not send telemetry of Homeward") from None
        if not isinstance(told, dict):
            raise InputError("what answers there does not send telemetry of Homeward")
        self.dictionary = dictionary_of(told)
        from homeward.earth.time import Epoch

        self.clock = Clock.of(Epoch.from_iso(told["epoch_utc"]))
        self.about = told
        self._splitter.know(self.dictionary, (ABOUT_APID, ACKNOWLEDGE_APID))
        if self.folder is not None:
            self.archive = Archive(self.folder)
            self.archive.about(told)

    def _ended(self, packet: Packet) -> None:
        with contextlib.suppress(ValueError):
            sent = sent_of(json.loads(packet.data))
            self.about |= {"sent": sent} if sent else {}
            if self.archive is not None:
                self.archive.about(self.about)

    def _packet(self, whole: bytes, packet: Packet) -> None:
        if self.archive is not None:
            self.archive.take(whole, time.time())
        self.packets += 1
        group = self.dictionary.by_apid[packet.apid]
        try:
            values = unpack_values(group, packet.data)
        except BadPacket:
            return
        count, when = self._newest.get(packet.apid, (-1, float("nan")))
        ahead = (packet.sequence - count) % COUNTS
        if not 0 < ahead < COUNTS // 2:
            self._gaps.came(group.name, packet.sequence)
            return  # late or twice: it is in the archive, and news it is not
        if ahead > 1 and count >= 0:
            self._gaps.leapt(group.name, count, packet.sequence, when, packet.time)
        for text in self._gaps.due(packet.time):
            self.monitor.note(packet.time, "gap", text)
        self._newest[packet.apid] = packet.sequence, packet.time
        self.time = max(self.time, packet.time)
        row = {n: v for n, v in zip(group.names, values, strict=True) if not math.isnan(v)}
        self.latest |= row
        self.monitor.step(packet.time, row)
        self.told(group.name, packet.time, row)

    def told(self, group: str, when: float, row: dict[str, float | int]) -> None:
        """A row of a group that is news: for whoever listens in."""


@contextlib.contextmanager
def connection(host: str, port: int, patience: float = 5.0) -> Iterator[socket.socket]:
    """A connection to a sender; raises InputError where nobody answers."""
    try:
        link = socket.create_connection((host, port), timeout=patience)
    except (OSError, OverflowError) as error:
        told = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{host}:{port}: nobody sends telemetry there ({told})") from None
    with link:
        yield link


def listen(
    listener: Listener, host: str, port: int, progress: Callable[[Listener], None] | None = None
) -> None:
    """Take in the whole stream of a sender, to its end."""
    with connection(host, port) as link:
        link.setblocking(False)
        began = time.monotonic()
        while True:
            ready, _, _ = select.select([link], [], [], 0.5)
            if ready:
                try:
                    octets = link.recv(65536)
                except ConnectionError:
                    break
                if not octets:
                    break
                listener.feed(octets)
            elif listener.archive is not None:
                listener.archive.flush()
            if not listener.about and time.monotonic() - began > GREETING:
                raise InputError(f"{host}:{port}: what answers there does not send telemetry of Homeward")
            if progress is not None:
                progress(listener)


def write_received(folder: Path) -> dict[str, Any]:
    """Read an archive, write its tables as CSV beside it, and tell what it holds."""
    from homeward.ground.archive import read_archive

    received = read_archive(folder)
    for name, table in received.tables.items():
        names = list(table)
        lines = [",".join(names)]
        for row in zip(*table.values(), strict=True):
            lines.append(",".join(repr(float(v)) if isinstance(v, float) else str(int(v)) for v in row))
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    gaps = [
        {"group": g.group, "missing": g.missing, "after_s": g.after, "before_s": g.before}
        for g in received.gaps
    ]
    return {
        "name": received.about["name"], "epoch_utc": received.about["epoch_utc"],
        "packets": received.packets, "duplicates": received.duplicates, "skipped_octets": received.skipped,
        "rows": {name: len(next(iter(t.values()))) for name, t in received.tables.items()}, "gaps": gaps,
        "missing": sum(g.missing for g in received.gaps),
    }  # fmt: skip
