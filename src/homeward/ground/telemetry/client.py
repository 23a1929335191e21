"""Listens to a stream of telemetry: archives it, watches its limits, tells of gaps."""

import contextlib
import math
import select
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from homeward.errors import InputError
from homeward.ground.telemetry.archive import Archive
from homeward.ground.telemetry.arrival_order import Arrival, ArrivalOrder, News
from homeward.ground.telemetry.dictionary import ABOUT_APID, ACKNOWLEDGE_APID, BEACON_APID, Dictionary
from homeward.ground.telemetry.flight_description import LONGEST_ABOUT, dictionary_of, read_about
from homeward.ground.telemetry.gaps import Overdue
from homeward.ground.telemetry.limits import Monitor, flight_limits
from homeward.ground.telemetry.packets import Splitter, unpack_values
from homeward.io.cuc_time import Clock
from homeward.io.space_packet import BadPacket, Packet, unpack

GREETING = 30.0  # s within which a sender tells what is flying
SILENCE = 60.0  # s without a packet: a sender says every few seconds that it is there
LONGEST_SEALED = 512  # octets of an acknowledgement or a beacon
WAITING = 2000  # of them kept at most until somebody takes them
STRANGER = "what answers there does not send telemetry of Homeward"


class Listener:
    """What has been heard so far: the newest value of every parameter, levels, events, gaps.

    ``acknowledged`` and ``beacons`` are packets of the ship's end of the uplink, as they came: whoever has
    the key can tell whether they are the ship's. A disk that does not take the archive ends the archive and
    not the reception: ``archive_error`` says why.
    """

    def __init__(self, folder: Path | None = None, monitor: Monitor | None = None) -> None:
        self.folder = folder
        self.archive: Archive | None = None  # once it is known what is flying
        self.archive_error = ""
        self.monitor = monitor if monitor is not None else Monitor(flight_limits(None))
        self.about: dict[str, Any] = {}
        self.dictionary = Dictionary(())
        self.clock = Clock(0)
        self.latest: dict[str, float | int] = {}
        self.time = float("-inf")
        self.packets = 0
        self.acknowledged: list[bytes] = []
        self.beacons: list[bytes] = []
        self.heard_at = time.monotonic()  # when the last whole packet came
        self._splitter = Splitter(None, {ABOUT_APID: LONGEST_ABOUT})
        self._gaps = Overdue()
        self._order = ArrivalOrder()

    def feed(self, octets: bytes) -> None:
        """Take in what has arrived; raises InputError where the sender speaks another language."""
        for whole in self._splitter.feed(octets):
            self.heard_at = time.monotonic()
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
                self.acknowledged = [*self.acknowledged[1 - WAITING :], whole]
            elif packet.apid == BEACON_APID:
                self.beacons = [*self.beacons[1 - WAITING :], whole]
            elif packet.apid in self.dictionary.by_apid:
                self._packet(whole, packet)

    def close(self) -> None:
        """End of the reception."""
        self._splitter.finish()
        self._take_news(*self._order.finish())
        for text in self._gaps.due(float("inf")):
            self.monitor.note(self.time, "gap", text)
        if self.archive is not None:
            self.archive.close()

    def silent(self, seconds: float = SILENCE) -> bool:
        """Whether no whole packet has come for so long."""
        return time.monotonic() - self.heard_at > seconds

    @property
    def skipped(self) -> int:
        """Octets that belonged to no packet."""
        return self._splitter.skipped

    @property
    def misdated(self) -> int:
        """Packets whose time fitted those of no others."""
        return self._order.misdated

    def _greet(self, whole: bytes) -> None:
        try:
            data = unpack(whole, self.clock).data
        except BadPacket:
            raise InputError(STRANGER) from None
        about = read_about(data)
        self.dictionary = dictionary_of(about)
        from homeward.earth.time import Epoch

        self.clock = Clock.of(Epoch.from_iso(about["epoch_utc"]))
        self.about = about
        self._order = ArrivalOrder(about.get("first"))
        sealed = dict.fromkeys((ACKNOWLEDGE_APID, BEACON_APID), LONGEST_SEALED)
        self._splitter.know(self.dictionary, {ABOUT_APID: LONGEST_ABOUT} | sealed)
        if self.folder is not None:
            self.archive = Archive(self.folder)
            self._keep(lambda archive: archive.about(about))

    def _ended(self, packet: Packet) -> None:
        """The sender is still there, and at its end it tells how much it has sent."""
        with contextlib.suppress(InputError):
            about = read_about(packet.data)
            same = all(about[key] == self.about[key] for key in ("name", "epoch_utc", "dictionary"))
            if same and "sent" in about:
                self.about = self.about | {"sent": about["sent"]}
                self._keep(lambda archive: archive.about(self.about))

    def _keep(self, write: Callable[[Archive], Any]) -> None:
        """Write to the archive; a disk that does not take it ends the archive, not the reception."""
        if self.archive is None or self.archive_error:
            return
        try:
            write(self.archive)
        except OSError as error:
            self.archive_error = error.strerror or "no reason given"
            self.monitor.note(
                self.time, "archive", f"the archive cannot be written any more ({self.archive_error})"
            )

    def _packet(self, whole: bytes, packet: Packet) -> None:
        self._keep(lambda archive: archive.take(whole, time.time()))
        self.packets += 1
        group = self.dictionary.by_apid[packet.apid]
        arrival = Arrival(group.name, packet.sequence, packet.time, unpack_values(group, packet.data))
        self._take_news(*self._order.take(arrival))

    def _take_news(self, news: list[News], late: list[Arrival]) -> None:
        for arrival in late:
            self._gaps.came(arrival.group, arrival.sequence)
        for item in news:
            came = item.arrival
            if item.missing:
                first = item.count - item.missing
                self._gaps.leapt(came.group, first, item.missing, item.after, came.time)
            for text in self._gaps.due(came.time):
                self.monitor.note(came.time, "gap", text)
            self.time = came.time if math.isinf(self.time) else max(self.time, came.time)
            names = next(g.names for g in self.dictionary.groups if g.name == came.group)
            row = {n: v for n, v in zip(names, came.values, strict=True) if not math.isnan(v)}
            self.latest |= row
            self.monitor.step(came.time, row)
            self.told(came.group, came.time, row)

    def told(self, group: str, when: float, row: dict[str, float | int]) -> None:
        """A row of a group that is news: for whoever listens in."""


@contextlib.contextmanager
def connection(host: str, port: int, patience: float = 5.0) -> Iterator[socket.socket]:
    """A connection to a sender; raises InputError where nobody answers."""
    try:
        link = socket.create_connection((host, port), timeout=patience)
    except (OSError, OverflowError, UnicodeError) as error:
        told = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{host}:{port}: nobody sends telemetry there ({told})") from None
    with link:
        yield link


def listen(
    listener: Listener, host: str, port: int, progress: Callable[[Listener], None] | None = None,
    silence: float = SILENCE,
) -> str:  # fmt: skip
    """Take in the whole stream of a sender, to its end; returns why it broke off, empty where it did not.

    Raises InputError where no telemetry comes. It breaks off where no packet comes for ``silence`` [s], where
    the sender hangs up before it has told its end, and where the archive cannot be written any more.
    """
    with connection(host, port) as link:
        link.setblocking(False)
        began = listener.heard_at = time.monotonic()
        while True:
            ready, _, _ = select.select([link], [], [], 0.2)
            if ready:
                try:
                    octets = link.recv(65536)
                except OSError:
                    octets = b""
                if not octets:
                    break
                listener.feed(octets)
            if not listener.about and time.monotonic() - began > GREETING:
                raise InputError(f"{host}:{port}: {STRANGER}")
            if progress is not None:
                progress(listener)
            if listener.archive_error:
                return f"the archive cannot be written ({listener.archive_error})"
            if listener.silent(silence):
                return f"the sender was silent for {silence:.0f} s"
    if not listener.about:
        raise InputError(f"{host}:{port}: {STRANGER}")
    return "" if "sent" in listener.about else "the sender hung up before its end"


def write_received(folder: Path) -> dict[str, Any]:
    """Read an archive, write its tables as CSV beside it, and tell what it holds."""
    from homeward.ground.telemetry.archive import read_archive

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
        "misdated": received.misdated,
        "rows": {name: len(next(iter(t.values()))) for name, t in received.tables.items()}, "gaps": gaps,
        "missing": sum(g.missing for g in received.gaps),
    }  # fmt: skip
