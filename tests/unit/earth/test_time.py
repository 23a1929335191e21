"""Instants: leap seconds, formats, clocks, and what is refused."""

import numpy as np
import pytest

from homeward.earth.time import Epoch
from homeward.errors import InputError

CLOCK = 1e-9  # s: two doubles hold 1e-11 s


@pytest.mark.parametrize(
    "text", ["2023-09-07T14:28:39.138Z", "2023-09-07 14:28:39.138", "2023-250T14:28:39.138Z",
             "2023-09-07T22:28:39.138+08:00", "2023-09-07T22:28:39.138 +0800",
             "2023-09-07t09:58:39.138-04:30",
             "2023-250T14:28:39.138z", "2023-09-08T00:28:39.138+10"],
)  # fmt: skip
def test_one_instant_in_several_spellings(text):
    assert Epoch.from_iso(text).to_iso() == "2023-09-07T14:28:39.138Z"


def test_the_leap_second_of_2016_counts():
    before, after = Epoch.from_iso("2016-12-31T23:59:59Z"), Epoch.from_iso("2017-01-01T00:00:00Z")
    assert after - before == pytest.approx(2.0, abs=CLOCK)
    inside = before.plus(1.25)
    assert inside.to_iso(2) == "2016-12-31T23:59:60.25Z"
    assert Epoch.from_iso("2016-12-31T23:59:60.25Z") - before == pytest.approx(1.25, abs=CLOCK)
    assert before.tai_minus_utc() == 36.0 and after.tai_minus_utc() == 37.0


def test_plus_and_difference_undo_each_other_over_years():
    epoch = Epoch.from_iso("2015-01-01T12:00:00Z")
    for seconds in (-1e8, -0.001, 0.0, 0.5, 86400.0, 3.1e8):
        limit = 1e-6 if abs(seconds) > 1e6 else CLOCK
        assert epoch.plus(seconds) - epoch == pytest.approx(seconds, abs=limit)


def test_clocks():
    utc = Epoch.from_iso("2023-01-01T00:00:00Z")
    for scale, ahead in (("TAI", 37.0), ("TT", 69.184), ("GPS", 18.0)):
        assert utc - Epoch.from_iso("2023-01-01T00:00:00", scale) == pytest.approx(ahead, abs=CLOCK)
    # TDB stays within 2 ms of TT.
    tt, tdb = (Epoch.from_iso("2023-04-01T00:00:00", s) for s in ("TT", "TDB"))
    assert 0.0 < abs(tdb - tt) < 2e-3


def test_terrestrial_time_and_ut1():
    epoch = Epoch.from_iso("2007-04-05T12:00:00Z")
    tt1, tt2 = epoch.tt()
    assert (tt1 - 2454195.5) + tt2 == pytest.approx(0.500754444444444, abs=1e-14)  # SOFA cookbook
    ut1, ut2 = epoch.ut1(-0.072073685)
    assert (ut1 - 2454195.5) + ut2 == pytest.approx(0.499999165813831, abs=1e-14)  # SOFA cookbook


@pytest.mark.parametrize(
    "text", ["", "now", "2023-13-01T00:00:00Z", "2023-02-30T00:00:00Z", "2023-366T00:00:00Z",
             "2023-000T00:00:00", "2023-01-01T25:00:00Z", "2023-01-01T00:60:00Z", "2023-01-01T00:00:60Z",
             "2023-01-01", "1959-12-31T00:00:00Z", "2023-01-01T00:00:00+99:00", "NaN",
             "2016-12-31T23:59:61Z", "2016-12-31T23:59:60+08:00", "2094-01-01T00:00:00Z",
             "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2023-01-01T00:00:00+8"],
)  # fmt: skip
def test_no_date(text):
    with pytest.raises(InputError, match="time"):
        Epoch.from_iso(text)


def test_an_offset_moves_the_minute_and_never_the_leap_second():
    """Offsets count in civil time: 8 h before 07:59:59 is 23:59:59, the leap second that follows or not."""
    for second in ("59", "60", "60.5"):
        local, utc = f"2017-01-01T07:59:{second}+08:00", f"2016-12-31T23:59:{second}Z"
        assert Epoch.from_iso(local) == Epoch.from_iso(utc)
    assert Epoch.from_iso("2017-01-01T08:00:00+08:00").to_iso(0) == "2017-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "epoch", ["2016-12-31T23:59:50.25Z", "2016-12-31T23:59:60.25Z", "2023-06-03T22:45:00Z"]
)
def test_stamps_are_the_instants_one_by_one(epoch):
    start, seconds = Epoch.from_iso(epoch), np.array([-3600.0, -0.25, 0.0, 0.75, 10.5, 86400.0, 2e6])
    assert start.stamps(seconds) == [start.plus(s).to_iso(6).removesuffix("Z") for s in seconds]
    assert start.stamps(seconds, 0) == [start.plus(s).to_iso(0).removesuffix("Z") for s in seconds]
    assert start.stamps(np.zeros(0)) == []
