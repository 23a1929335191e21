"""Two-line elements through our reader against the SGP4 verification states.

| case | verifies | gravitation | geodesy | atmosphere | winds | vehicle | notes |
|---|---|---|---|---|---|---|---|
| SGP4-VER | reader, epoch, units | SGP4 (WGS72) | - | SGP4 | - | B* | three made-up sets have bad checksums |
"""

from pathlib import Path

import numpy as np
import pytest

from homeward.errors import InputError
from homeward.io.tle import parse_tle, teme_state

DATA = Path(__file__).parent / "data"
POSITION = 1e-3  # m: the file has 1e-5 m, its time of flight is rounded to 1e-8 min (0.5 mm)
BAD_CHECKSUM = {"33333", "33334", "33335"}


def elements():
    lines = [x.rstrip("\n") for x in (DATA / "sgp4_SGP4-VER.TLE.txt").open() if x[:2] in ("1 ", "2 ")]
    return [(a[:69], b[:69]) for a, b in zip(lines[::2], lines[1::2], strict=True)]


def states():
    """Rows of minutes, position [km], velocity [km/s], by catalogue number."""
    table, rows = {}, []
    for line in (DATA / "sgp4_tcppver.out.txt").open():
        fields = line.split()
        if fields[-1] == "xx":
            rows = table[int(fields[0])] = []
        else:
            rows.append([float(x) for x in fields[:7]])
    return table


def test_verification_states(validation):
    theirs, worst, points, sets = states(), 0.0, 0, 0
    for lines in elements():
        if lines[0][2:7] in BAD_CHECKSUM:
            continue
        tle = parse_tle(lines)
        sets += 1
        for minutes, *state in theirs[int(tle.catalogue)]:
            at = tle.epoch.plus(60.0 * minutes)
            r, v = teme_state(tle, at)
            worst = max(worst, float(np.abs(r - np.asarray(state[:3]) * 1e3).max()))
            assert np.abs(v - np.asarray(state[3:]) * 1e3).max() < 1e-5  # m/s, ten of the file's last digits
            points += 1
    validation.record(
        source="AIAA 2006-6753 (SGP4-VER)", case=f"{sets} satellites, {points} states",
        quantity="position in TEME", theirs="tcppver.out", ours="TLE reader and sgp4",
        difference=worst, limit=POSITION, unit="m",
    )  # fmt: skip
    assert sets == 30 and points > 500
    assert worst < POSITION


@pytest.mark.parametrize("lines", [x for x in elements() if x[0][2:7] in BAD_CHECKSUM])
def test_a_bad_checksum_is_refused(lines):
    with pytest.raises(InputError, match="checksum"):
        parse_tle(lines)
