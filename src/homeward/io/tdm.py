"""Tracking Data Messages (CCSDS 503.0-B-2) in keyword-value notation or XML, read and written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.io.ccsds import (
    Line,
    check_version,
    is_comment,
    read_lines,
    require,
    without_comments,
    write_lines,
)

VERSIONS = ("1.0", "2.0")
HEADER = ("CREATION_DATE", "ORIGINATOR")
META = (
    "TRACK_ID", "DATA_TYPES", "TIME_SYSTEM", "START_TIME", "STOP_TIME",
    *(f"PARTICIPANT_{k}" for k in range(1, 6)), "MODE", "PATH", "PATH_1", "PATH_2", "EPHEMERIS_NAME_1",
    "EPHEMERIS_NAME_2", "EPHEMERIS_NAME_3", "EPHEMERIS_NAME_4", "EPHEMERIS_NAME_5", "TRANSMIT_BAND",
    "RECEIVE_BAND", "TURNAROUND_NUMERATOR", "TURNAROUND_DENOMINATOR", "TIMETAG_REF", "INTEGRATION_INTERVAL",
    "INTEGRATION_REF", "FREQ_OFFSET", "RANGE_MODE", "RANGE_MODULUS", "RANGE_UNITS", "ANGLE_TYPE",
    "REFERENCE_FRAME", "INTERPOLATION", "INTERPOLATION_DEGREE", "DOPPLER_COUNT_BIAS", "DOPPLER_COUNT_SCALE",
    "DOPPLER_COUNT_ROLLOVER", *(f"TRANSMIT_DELAY_{k}" for k in range(1, 6)),
    *(f"RECEIVE_DELAY_{k}" for k in range(1, 6)), "DATA_QUALITY", "CORRECTION_ANGLE_1", "CORRECTION_ANGLE_2",
    "CORRECTION_DOPPLER", "CORRECTION_MAG", "CORRECTION_RANGE", "CORRECTION_RCS", "CORRECTION_RECEIVE",
    "CORRECTION_TRANSMIT", "CORRECTION_ABERRATION_YEARLY", "CORRECTION_ABERRATION_DIURNAL",
    "CORRECTIONS_APPLIED",
)  # fmt: skip
DATA = (
    "ANGLE_1", "ANGLE_2", "CARRIER_POWER", "CLOCK_BIAS", "CLOCK_DRIFT", "DOPPLER_COUNT",
    "DOPPLER_INSTANTANEOUS", "DOPPLER_INTEGRATED", "DOR", "MAG", "PC_N0", "PR_N0", "PRESSURE", "RANGE", "RCS",
    "RECEIVE_PHASE_CT", "RECEIVE_PHASE_CT_1", "RECEIVE_PHASE_CT_2", "RECEIVE_PHASE_CT_3",
    "RECEIVE_PHASE_CT_4", "RECEIVE_PHASE_CT_5", "RHUMIDITY", "STEC", "TEMPERATURE", "TRANSMIT_PHASE_CT_1",
    "TRANSMIT_PHASE_CT_2", "TRANSMIT_PHASE_CT_3", "TRANSMIT_PHASE_CT_4", "TRANSMIT_PHASE_CT_5", "TROPO_DRY",
    "TROPO_WET", "VLBI_DELAY", "RECEIVE_FREQ", *(f"RECEIVE_FREQ_{k}" for k in range(1, 6)),
    *(f"TRANSMIT_FREQ_{k}" for k in range(1, 6)), *(f"TRANSMIT_FREQ_RATE_{k}" for k in range(1, 6)),
)  # fmt: skip
#: Corrections of what an orbit is determined from, and the keyword whose values each is added to.
CORRECTIONS = {
    "CORRECTION_RANGE": "RANGE", "CORRECTION_DOPPLER": "DOPPLER_INSTANTANEOUS",
    "CORRECTION_ANGLE_1": "ANGLE_1", "CORRECTION_ANGLE_2": "ANGLE_2",
}  # fmt: skip
ABERRATION = ("CORRECTION_ABERRATION_YEARLY", "CORRECTION_ABERRATION_DIURNAL")
TRACKS = ("RANGE", "DOPPLER_INSTANTANEOUS", "ANGLE_1", "ANGLE_2")  # what an orbit is determined from


@dataclass(frozen=True)
class Observation:
    """One line of data: keyword, instant, value in the message's own unit."""

    keyword: str
    epoch: Epoch
    value: float


@dataclass(frozen=True)
class TdmSegment:
    """Metadata by keyword, and the observations in the order of the message."""

    meta: dict[str, str]
    observations: tuple[Observation, ...]
    line: int = 0

    def number(self, file: str, key: str) -> float:
        """A number of the metadata, 0 where it is not there; raises InputError for what is none."""
        text = self.meta.get(key)
        return 0.0 if text is None else Line(file, self.line, f"{key} = {text}").number_of(key, text)

    def corrections(self, file: str) -> dict[str, float]:
        """What is still to be added to the values of each keyword, in the unit of its values.

        CCSDS 503.0-B-2, table 3-3: CORRECTION_* have been added already where CORRECTIONS_APPLIED is YES, and
        are to be added where it is NO. Raises InputError where that is not said, and for the aberration of
        angles, which is not added here.
        """
        where, kinds = f"{file}: segment at line {self.line}", {o.keyword for o in self.observations}
        wanted = {CORRECTIONS[key]: self.number(file, key) for key in CORRECTIONS if key in self.meta}
        wanted = {keyword: value for keyword, value in wanted.items() if value and keyword in kinds}
        aberration = [key for key in ABERRATION if self.number(file, key) and kinds & {"ANGLE_1", "ANGLE_2"}]
        applied = self.meta.get("CORRECTIONS_APPLIED", "").upper()
        if applied not in ("", "YES", "NO"):
            raise InputError(f"{where}: CORRECTIONS_APPLIED: expected YES or NO, got {applied[:20]!r}")
        if not wanted and not aberration:
            return {}
        if not applied:
            names = [key for key in (*CORRECTIONS, *ABERRATION) if key in self.meta]
            raise InputError(f"{where}: CORRECTIONS_APPLIED is missing: {names[0]} needs it, YES or NO")
        if applied == "YES":
            return {}
        if aberration:
            raise InputError(
                f"{where}: {aberration[0]}: expected 0, or CORRECTIONS_APPLIED = YES: it is not applied here"
            )
        return wanted

    def participants(self) -> tuple[str, ...]:
        """The participants, first to last."""
        return tuple(self.meta[k] for k in (f"PARTICIPANT_{n}" for n in range(1, 6)) if k in self.meta)


@dataclass(frozen=True)
class Tdm:
    """A whole message."""

    file: str
    version: str
    originator: str
    segments: tuple[TdmSegment, ...] = field(default=())


def read_tdm(path: str | Path) -> Tdm:
    """Read a message; raises ``InputError`` with file and line for anything missing, misspelt or not finite.

    An unused metadata keyword is kept, and so is a unit: what a value means is for whoever uses it.
    """
    lines, name = read_lines(path, "tdm"), str(path)
    version = check_version(name, list(without_comments(lines)), "CCSDS_TDM_VERS", VERSIONS)
    i = lines.index(next(without_comments(lines))) + 1
    header: dict[str, str] = {}
    while i < len(lines) and lines[i].text != "META_START":
        if not is_comment(lines[i]):
            lines[i].store(header, (*HEADER, "MESSAGE_ID"))
        i += 1
    require(header, HEADER, name, "header")
    segments: list[TdmSegment] = []
    while i < len(lines):
        segment, i = _segment(lines, i)
        segments.append(segment)
    if not segments:
        raise InputError(f"{name}: no META_START: the message is cut short or holds no segment")
    return Tdm(name, version, header["ORIGINATOR"], tuple(segments))


def write_tdm(
    path: str | Path,
    segments: Sequence[TdmSegment],
    originator: str = "HOMEWARD",
    created: str | None = None,
    form: str = "kvn",
) -> None:
    """Write segments in UTC. ``created`` is the creation date; the first observation's if left out;
    ``form`` is ``kvn`` or ``xml``."""
    if not segments or not all(s.observations for s in segments):
        raise ValueError("write_tdm: expected segments with observations")
    first = segments[0].observations[0].epoch
    out = [
        "CCSDS_TDM_VERS = 2.0",
        f"CREATION_DATE = {created or first.to_iso(0).removesuffix('Z')}",
        f"ORIGINATOR = {originator}",
    ]
    for segment in segments:
        out += [
            "",
            "META_START",
            *(f"{k} = {v}" for k, v in segment.meta.items()),
            "META_STOP",
            "",
            "DATA_START",
        ]
        for o in segment.observations:
            out.append(f"{o.keyword} = {o.epoch.to_iso(6).removesuffix('Z')} {o.value:.12g}")
        out.append("DATA_STOP")
    write_lines(path, out, form)


def _segment(lines: list[Line], i: int) -> tuple[TdmSegment, int]:
    start, meta = lines[i], {}
    if start.text != "META_START":
        start.fail(f"expected META_START, got {start.text[:40]!r}")
    i += 1
    while i < len(lines) and lines[i].text != "META_STOP":
        if not is_comment(lines[i]):
            lines[i].store(meta, META)
        i += 1
    if i >= len(lines):
        start.fail("META_START without META_STOP: the message is cut short")
    for key in ("TIME_SYSTEM", "PARTICIPANT_1"):
        if not meta.get(key):
            lines[i].fail(f"{key} is missing in this segment")
    system = lines[i].time_system(meta["TIME_SYSTEM"])
    i += 1
    while i < len(lines) and is_comment(lines[i]):
        i += 1
    if i >= len(lines) or lines[i].text != "DATA_START":
        lines[min(i, len(lines) - 1)].fail("expected DATA_START after META_STOP")
    i += 1
    found: list[Observation] = []
    while i < len(lines) and lines[i].text != "DATA_STOP":
        line = lines[i]
        i += 1
        if is_comment(line):
            continue
        key, text = line.pair()
        if key not in DATA:
            line.fail(f"unknown keyword {key[:30]}")
        parts = text.split()
        if len(parts) != 2:
            line.fail(f"{key}: expected a date and a number, got {len(parts)} words")
        found.append(Observation(key, line.epoch(key, parts[0], system), line.number_of(key, parts[1])))
    if i >= len(lines):
        start.fail("DATA_START without DATA_STOP: the message is cut short")
    return TdmSegment(meta, tuple(found), start.number), i + 1
