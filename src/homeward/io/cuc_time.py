"""The time of a packet: CCSDS unsegmented code (CUC, CCSDS 301.0-B-4, 3.2), level 1.

Seconds of TAI since 1 January 1958: four octets of whole seconds, three of their fraction (60 ns).
"""

import dataclasses

import numpy as np

from homeward.earth.time import DAY, Epoch
from homeward.errors import InputError

#: No extension; time code 001 (the standard's own epoch); 4 octets of seconds; 3 of their fraction.
PREAMBLE = 0b0_001_11_11
OCTETS = 8
FRACTION = 1 << 24
ZERO_JD = 2436204.5  # 1958-01-01T00:00 TAI


class TimeCodeError(InputError, ValueError):
    """A time that the code cannot hold, or octets that are no code of our kind."""


@dataclasses.dataclass(frozen=True)
class Clock:
    """Seconds since a scenario's epoch <-> the code. ``zero`` counts fractions from 1958 to the epoch.

    Both are elapsed SI seconds: a leap second between epoch and packet is counted as any other.
    """

    zero: int

    @staticmethod
    def of(epoch: Epoch) -> "Clock":
        """The clock of an epoch; valid from 1958 to 2094."""
        a, b = epoch.tai()
        return Clock(round((a - ZERO_JD) * DAY) * FRACTION + round(b * DAY * FRACTION))

    def encode(self, seconds: float) -> bytes:
        """The eight octets of a time since the epoch; raises TimeCodeError for one that no code can hold."""
        if not np.isfinite(seconds):
            raise TimeCodeError("time code: expected a finite time")
        ticks = self.zero + round(seconds * FRACTION)
        if not 0 <= ticks < 1 << 56:
            raise TimeCodeError(
                "telemetry: the time code of a packet (CCSDS 301.0-B-4) holds times from 1958 to 2094"
            )
        return bytes([PREAMBLE]) + ticks.to_bytes(7, "big")

    def decode(self, octets: bytes) -> float:
        """Seconds since the epoch; raises TimeCodeError where this is no code of our kind."""
        if len(octets) != OCTETS or octets[0] != PREAMBLE:
            raise TimeCodeError("time code: expected CUC of level 1 with 4 and 3 octets")
        return (int.from_bytes(octets[1:], "big") - self.zero) / FRACTION
