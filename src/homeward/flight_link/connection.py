"""Space packets over a TCP connection, each waited for until a deadline and no longer."""

import socket
import time

from homeward.errors import InputError
from homeward.flight_link.messages import ANSWER, HELLO, READY
from homeward.io.cuc_time import Clock
from homeward.io.space_packet import HEADER, BadPacket, Packet, pack, unpack

SCHEME = "tcp://"
# How the packets of a process begin: version 0, telemetry, a time code follows, APID.
TOLD = {0x0800 | apid for apid in (HELLO, READY, ANSWER)}
CONNECTING = 5.0  # s by the clock on the wall, until somebody listens


class Gone(Exception):  # noqa: N818
    """The other end is no longer there; one sentence says why."""


class Silent(Exception):  # noqa: N818
    """No sound packet came before the deadline; one sentence says why."""


def is_address(text: object) -> bool:
    """Whether this names a process and no folder."""
    return isinstance(text, str) and text.lower().startswith(SCHEME)


def address_of(text: str) -> tuple[str, int]:
    """Host and port of ``tcp://HOST:PORT``; raises InputError."""
    host, colon, port = text[len(SCHEME) :].rstrip("/").rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise InputError(
            f"--flight-software {text[:100]}: expected tcp://HOST:PORT, such as {SCHEME}localhost:4711"
        )
    return host, int(port)


class Connection:
    """A connection to a flight software; ``clock`` turns times of flight into those of the packets."""

    def __init__(self, made: socket.socket, clock: Clock):
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1) if made.family != socket.AF_UNIX else None
        self._socket, self._clock = made, clock
        self._rest = bytearray()
        self._sent: dict[int, int] = {}

    @classmethod
    def to(cls, text: str, clock: Clock) -> "Connection":
        """Connect to ``tcp://HOST:PORT``; raises InputError where nobody listens there."""
        host, port = address_of(text)
        end = time.monotonic() + CONNECTING
        while True:
            try:
                return cls(socket.create_connection((host, port), timeout=CONNECTING), clock)
            except socket.gaierror:
                raise InputError(f"--flight-software {text}: there is no host of this name") from None
            except OSError as error:
                if time.monotonic() > end:
                    why = error.strerror or str(error)
                    raise InputError(f"--flight-software {text}: no process answers there ({why})") from None
                time.sleep(0.1)

    def send(self, apid: int, at: float, data: bytes, deadline: float) -> None:
        """Send a command packet at a time of flight [s]; raises Gone or Silent."""
        count = self._sent.get(apid, -1) + 1
        self._sent[apid] = count
        packet = pack(Packet(apid, count, at, data, command=True), self._clock)
        try:
            self._socket.settimeout(max(deadline - time.monotonic(), 1e-3))
            self._socket.sendall(packet)
        except TimeoutError:
            raise Gone("takes no packets any more") from None
        except OSError as error:
            raise Gone(f"is gone ({error.strerror or error})") from None

    def receive(self, deadline: float) -> Packet:
        """The next packet; raises Gone, or Silent where none is whole by the deadline or it is none.

        What is no packet cannot be passed over with certainty: all that has arrived is dropped with it.
        """
        head = self._octets(HEADER, deadline)
        if int.from_bytes(head[:2], "big") not in TOLD:
            self._rest.clear()
            raise Silent("sends what is no packet of a flight software")
        octets = self._octets(HEADER + 1 + int.from_bytes(head[4:6], "big"), deadline)
        try:
            packet = unpack(bytes(octets), self._clock)
        except BadPacket as error:
            self._rest.clear()
            raise Silent(f"sends what is no packet ({error})") from None
        del self._rest[: len(octets)]
        return packet

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def _octets(self, count: int, deadline: float) -> bytearray:
        while len(self._rest) < count:
            left = deadline - time.monotonic()
            if left <= 0.0:
                raise Silent("does not answer in time")
            try:
                self._socket.settimeout(left)
                told = self._socket.recv(65536)
            except TimeoutError:
                raise Silent("does not answer in time") from None
            except OSError as error:
                raise Gone(f"is gone ({error.strerror or error})") from None
            if not told:
                raise Gone("has closed the connection")
            self._rest += told
        return self._rest[:count]
