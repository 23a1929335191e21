"""Initial states that a user may hand to the command line: elements and orbit messages, good and bad.

Everything goes through `homeward check`, which reads the orbit and flies nothing.
"""

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from test_cli import Capture, refused

from homeward.cli.app import main
from homeward.earth.time import Epoch
from homeward.errors import Infeasible, InputError
from homeward.io.oem import read_oem
from homeward.io.tle import parse_tle, teme_state
from homeward.scenario import load
from homeward.scenario.build.initial_state import _from_segment, initial_state
from homeward.scenario.files.shipped import shipped_file

DATA = Path(__file__).parents[2] / "published" / "data"
FIRST = "1 48274U 21035A   23250.60323094  .00028729  00000+0  32278-3 0  9997"
SECOND = "2 48274  41.4752  14.6926 0010484 320.3089  39.6983 15.61907922134716"
TLE = f"CSS (TIANHE)\n{FIRST}\n{SECOND}\n"
OEM = (DATA / "iss_2022-01-17.oem.txt").read_text()
PUBLISHED = DATA / "iss_2022-01-17.oem.txt"
BETWEEN_ROWS = 50.0  # m: an hour from either row, of air and of what degree 21 leaves out
OPM = (DATA / "orekit_OPMExample1.txt").read_text()


def set_to(kind: str, path: Path) -> tuple[str, ...]:
    return ("check", "shenzhou-15", "--set", f"return.initial.{kind}={path}")


def numbers(scale: float) -> Callable[[str], str]:
    """Every number of the ephemeris lines times a factor."""

    def change(text: str) -> str:
        lines = text.split("\n")
        for k, line in enumerate(lines):
            fields = line.split()
            if len(fields) == 7 and fields[0].startswith("20"):
                lines[k] = " ".join([fields[0], *(str(float(x) * scale) for x in fields[1:])])
        return "\n".join(lines)

    return change


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        ("tle_file", f"{FIRST[:-1]}8\n{SECOND}\n", "line 1: checksum: expected 7"),
        ("tle_file", f"{SECOND}\n{FIRST}\n", "line 1: line 2 of the elements stands where line 1"),
        ("tle_file", f"CSS\n{SECOND}\n{FIRST}\n", "line 2: lines 1 and 2 of the elements are swapped"),
        ("tle_file", f"{FIRST}\n{SECOND[:40]}\n", "line 2: expected 69 columns"),
        ("tle_file", f"{FIRST}\n", "cut short"),
        ("tle_file", "", "empty"),
        ("oem_file", "", "empty"),
        ("oem_file", OEM[: len(OEM) // 2], "cut short"),
        ("oem_file", OEM.replace("EME2000", "MARS"), "REF_FRAME"),
        ("oem_file", re.sub(r"(CENTER_NAME\s*=\s*)\w+", r"\1MOON", OEM), "CENTER_NAME: expected EARTH"),
        ("oem_file", numbers(1e3)(OEM), "position: expected 6350 to 1000000 km"),
        ("oem_file", numbers(0.0)(OEM), "position: expected 6350 to 1000000 km"),
        ("oem_file", OPM, "CCSDS_OEM_VERS"),
        ("opm_file", OEM, "CCSDS_OPM_VERS"),
        ("opm_file", OPM[: len(OPM) // 2], "line 13: X"),
        ("opm_file", re.sub(r"(CENTER_NAME\s*=\s*)\w+", r"\1MARS", OPM), "CENTER_NAME: expected EARTH"),
        ("opm_file", re.sub(r"(\n[XYZ]\s*=\s*)\S+", r"\g<1>1e200", OPM), "position: expected"),
        ("opm_file", re.sub(r"(\n[XYZ]_DOT\s*=\s*)\S+", r"\g<1>1e6", OPM), "velocity: expected at most"),
    ],
)
def test_a_bad_file_is_refused_by_its_name(
    kind: str, text: str, told: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "orbit.txt"
    path.write_text(text, encoding="utf-8")
    sentence = refused(capsys, *set_to(kind, path))
    assert str(path) in sentence and told in sentence


@pytest.mark.parametrize("kind", ["tle_file", "oem_file", "opm_file"])
@pytest.mark.parametrize("content", [b"\x00\xff\xfe\x80" * 50, TLE.encode("utf-16")])
def test_a_file_of_bytes_is_refused(kind: str, content: bytes, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "orbit.bin"
    path.write_bytes(content)
    assert str(path) in refused(capsys, *set_to(kind, path))


@pytest.mark.parametrize(
    "text",
    [
        TLE.replace("\n", "\r\n"),
        "\ufeff" + TLE,
        TLE.replace("CSS (TIANHE)", "天和"),
        "".join(f"  {line}\n" for line in TLE.splitlines()),
        f"# from the archive\n\n{TLE}\n",
        f"0 {TLE}{TLE}",
    ],
)
def test_elements_as_people_keep_them_are_read(text: str, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "orbit.tle"
    path.write_bytes(text.encode("utf-8"))
    assert main(set_to("tle_file", path)) == 0
    assert "It is valid." in capsys.readouterr().out


def test_elements_in_a_scenario_are_refused_by_the_name_of_its_file(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "mine.toml"
    # The file keeps the name of the scenario it was copied from: the sentence must not.
    text = shipped_file("shenzhou-15").read_text(encoding="utf-8")
    path.write_text(text.replace(FIRST, FIRST[:-1] + "8"), encoding="utf-8")
    for word in ("check", "return", "opportunities"):
        sentence = refused(capsys, word, str(path))
        assert sentence.startswith(f"homeward: {path}: return.initial.tle: line 2: checksum")
    assert "shenzhou-15 (--set): return.initial.tle: line 2" in refused(
        capsys, "check", "shenzhou-15", "--set", f'return.initial.tle=["{FIRST}", "{SECOND[:50]}"]'
    )


def test_the_segment_that_covers_the_start_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "two.oem"
    head, rest = OEM.split("META_START", 1)
    later = rest.replace("2022-01-18T", "2022-01-28T").replace("2022-01-17T", "2022-01-27T")
    path.write_text(f"{head}META_START{rest}META_START{later}")
    start = {"return.initial.oem_file": str(path), "return.initial.epoch_utc": "2022-01-27T13:00:00"}
    assert initial_state(load("shenzhou-15", start)).epoch.since(Epoch.from_iso("2022-01-27T13:00:00")) == 0.0
    start["return.initial.epoch_utc"] = "2022-01-21T13:00:00"
    with pytest.raises(InputError, match="outside the ephemeris, which runs from 2022-01-17T12:00:00Z"):
        initial_state(load("shenzhou-15", start))


def test_elements_that_drag_has_brought_down_say_so():
    def summed(line):
        return line[:68] + str(sum(int(c) if c.isdigit() else c == "-" for c in line[:68]) % 10)

    first = "1 48274U 21035A   26261.29773936  .00016929  00000+0  50000-1 0  999"
    second = "2 48274  41.4677 116.6699 0002625 287.9042  72.1510 15.60068670307703"
    elements = parse_tle([summed(first), second])
    teme_state(elements, elements.epoch.plus(86400.0))
    for days in (5.0, 40.0):  # soon after, and when the theory has nothing left to tell
        with pytest.raises(Infeasible, match=r"satellite 48274 re-enters by .*drag brings it down"):
            teme_state(elements, elements.epoch.plus(days * 86400.0))


def oem_of(rows: str, *metadata: str) -> str:
    return (
        "CCSDS_OEM_VERS = 2.0\nCREATION_DATE = 2022-01-17T00:00:00\nORIGINATOR = T\nMETA_START\n"
        "OBJECT_NAME = A\nOBJECT_ID = 1\nCENTER_NAME = EARTH\nREF_FRAME = GCRF\nTIME_SYSTEM = UTC\n"
        + "".join(f"{line}\n" for line in metadata)
        + f"META_STOP\n{rows}"
    )


ROWS = "".join(f"2022-01-17T{h:02d}:00:00 7000 0 {h} 0 7.5 0\n" for h in range(12, 16))


@pytest.mark.parametrize(
    ("metadata", "read"),
    [
        (("START_TIME = 2022-01-17T12:00:00", "STOP_TIME = 2022-01-17T15:00:00"), True),
        (("START_TIME = 2022-01-17T12:00:00", "STOP_TIME = 2022-01-17T15:01:00"), False),
        (("START_TIME = 2022-01-17T12:00:00", "USEABLE_STOP_TIME = 2022-01-17T15:00:00",
          "STOP_TIME = 2022-01-17T15:00:51"), True),
        (("START_TIME = 2022-01-17T11:50:00", "USEABLE_START_TIME = 2022-01-17T12:00:00",
          "STOP_TIME = 2022-01-17T15:00:00"), True),
        (("START_TIME = 2022-01-17T12:00:00", "USEABLE_STOP_TIME = 2022-01-17T15:30:00",
          "STOP_TIME = 2022-01-17T16:00:00"), False),
        (("START_TIME = 2022-01-17T15:00:00", "STOP_TIME = 2022-01-17T12:00:00"), False),
    ],
)  # fmt: skip
def test_lines_have_to_reach_what_is_useable(tmp_path: Path, metadata: tuple[str, ...], read: bool) -> None:
    path = tmp_path / "a.oem"
    path.write_text(oem_of(ROWS, *metadata))
    if read:
        assert len(read_oem(path).segments[0].t) == 4
    else:
        with pytest.raises(InputError, match=r"cut short|before START_TIME"):
            read_oem(path)


def test_several_objects_in_an_ephemeris_are_asked_for(tmp_path: Path) -> None:
    span = "START_TIME = 2022-01-17T12:00:00", "STOP_TIME = 2022-01-17T15:00:00"
    one = oem_of(ROWS, *span)
    two = one + one[one.index("META_START") :].replace("OBJECT_ID = 1", "OBJECT_ID = 2").replace(
        " 7000 ", " 8000 "
    )
    path = tmp_path / "two.oem"
    path.write_text(two)
    start = {"return.initial.oem_file": str(path)}
    with pytest.raises(InputError, match=r'several objects .*object = "1"'):
        initial_state(load("shenzhou-15", start))
    chosen = initial_state(load("shenzhou-15", {**start, "return.initial.object": "2"}))
    assert chosen.r_I[0] == pytest.approx(8e6)


def test_the_clock_of_an_ephemeris_starts_when_it_is_asked_to() -> None:
    """Between two rows the state is flown there: the middle row of three left out comes back."""
    message = read_oem(PUBLISHED)
    segment = message.segments[0]
    r, v = segment.in_gcrf()
    thin = dataclasses.replace(segment, t=segment.t[:3:2], r=segment.r[:3:2], v=segment.v[:3:2])
    start = segment.epoch.plus(float(segment.t[1]))
    made = _from_segment(thin, start, "here")
    assert made.epoch == start
    assert np.linalg.norm(made.r_I - r[1]) < BETWEEN_ROWS and np.linalg.norm(made.v_I - v[1]) < 0.05
    for k, row in ((0.0, 0), (7200.0, 2)):  # on a row, the row itself
        np.testing.assert_array_equal(_from_segment(thin, segment.epoch.plus(k), "here").r_I, r[row])
    # A burn between the rows: flown on from the first alone.
    burnt = dataclasses.replace(thin, v=thin.v + np.array([[0.0] * 3, [0.0, 0.02, 0.0]]) * 50.0)
    assert np.linalg.norm(_from_segment(burnt, start, "here").r_I - r[1]) < 3.0 * BETWEEN_ROWS
