"""Example messages of the CCSDS Blue Book, read.

| case | verifies | gravitation | geodesy | atmosphere | winds | vehicle | notes |
|---|---|---|---|---|---|---|---|
| OEM examples 1, 3, 5; OPM example 1 | readers | - | - | - | - | - | 1 and 3 are about Mars and abridged |
"""

from pathlib import Path

import numpy as np
import pytest

from homeward.earth.frames import to_gcrf
from homeward.errors import InputError
from homeward.io.oem import read_oem
from homeward.io.opm import read_opm
from homeward.io.tdm import read_tdm

DATA = Path(__file__).parent / "data"


def test_oem_with_three_segments_covariance_and_a_repeated_line():
    oem = read_oem(DATA / "orekit_OEMExample1.txt")
    assert (oem.version, oem.originator, len(oem.segments)) == ("3.0", "NASA/JPL", 3)
    first = oem.segments[0]
    assert (first.object_name, first.frame, len(first.t)) == ("MARS GLOBAL SURVEYOR", "J2000", 4)
    np.testing.assert_allclose(first.r[1], [2783419.0, -308143.0, -1877071.0])
    np.testing.assert_allclose(first.v[1], [5186.04, -2421.24, -1996.08])
    assert first.t[1] == pytest.approx(60.0, abs=1e-9)
    with pytest.raises(InputError, match="CENTER_NAME"):
        first.in_gcrf()


def test_an_abridged_oem_needs_to_be_asked_for():
    with pytest.raises(InputError, match=r"line 25: .*cut short"):
        read_oem(DATA / "orekit_OEMExample3.txt")
    assert len(read_oem(DATA / "orekit_OEMExample3.txt", complete=False).segments) == 3


def test_oem_in_gcrf_is_smooth_and_in_orbit():
    segment = read_oem(DATA / "orekit_OEMExample5.txt").segments[0]
    r, v = segment.in_gcrf()
    assert len(r) == 49 and segment.t[-1] == pytest.approx(86400.0, abs=1e-6)
    energy = 0.5 * np.sum(v * v, axis=1) - 3.986004415e14 / np.linalg.norm(r, axis=1)
    assert np.ptp(energy) / abs(energy.mean()) < 5e-3  # J2 and the file's elements, no more


def test_opm_earth_fixed(validation):
    opm = read_opm(DATA / "orekit_OPMExample1.txt")
    assert (opm.object_name, opm.frame, opm.mass, opm.drag_area, opm.drag_coefficient) == (
        "GODZILLA 5", "ITRF2000", 3000.0, 18.77, 2.5,
    )  # fmt: skip
    np.testing.assert_allclose(opm.r, [6503514.0, 1239647.0, -717490.0])
    np.testing.assert_allclose(opm.v, [-873.16, 8740.42, -4191.076])
    r_I, v_I = opm.in_gcrf()
    # The turn keeps the length; the velocity gains the Earth's rotation.
    assert np.linalg.norm(r_I) == pytest.approx(np.linalg.norm(opm.r), rel=1e-14)
    gained = np.linalg.norm(v_I) - np.linalg.norm(opm.v)
    assert 0.0 < gained < 500.0
    same, _ = to_gcrf("ITRF-97", [opm.epoch], opm.r[None], opm.v[None])
    np.testing.assert_array_equal(same[0], r_I)
    validation.record(
        source="CCSDS 502.0-B example messages (Orekit)", case="OEM 1, 3, 5; OPM 1", quantity="files read",
        theirs=4, ours=4, difference=0, limit=0, unit="files",
    )  # fmt: skip


def test_tracking_messages(validation):
    one = read_tdm(DATA / "orekit_TDMExample2.txt")
    two = read_tdm(DATA / "orekit_TDMExample4.txt")
    assert one.originator == two.originator == "NASA/JPL"
    (a,), (b,) = one.segments, two.segments
    assert a.participants() == ("DSS-25", "yyyy-nnnA") and b.meta["RANGE_UNITS"] == "RU"
    assert len(a.observations) == 7 and len(b.observations) == 20
    assert a.observations[0].value == 32023442781.733 and a.observations[-1].value == -218.7951
    assert a.observations[0].epoch.to_iso(0) == "2005-06-08T17:41:00Z"  # day 159
    ranges = [o.value for o in b.observations if o.keyword == "RANGE"]
    assert ranges[:2] == [39242998.5151986, 61172265.3115234] and len(ranges) == 5
    validation.record(
        source="CCSDS 503.0-B example messages (Orekit)", case="TDM 2, 4", quantity="files read",
        theirs=2, ours=2, difference=0, limit=0, unit="files",
    )  # fmt: skip
