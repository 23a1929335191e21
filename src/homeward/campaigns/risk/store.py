"""The flights of a risk study on disk: a line each, so that a study that was broken off goes on."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from homeward.documents import DocumentError, parse_json
from homeward.errors import InputError, one_line
from homeward.output.files.result_folder import RISK, check_kind

FORMAT = 1
FILE = "risk_flights.jsonl"
SAME = ("format", "scenario", "document", "what", "seed")  # has to be so to go on


class FlightStore:
    """What was flown by its key; in memory alone without a folder.

    ``header`` says of what study: one of another scenario, half or seed is not gone on with. What ``samples``
    says stays as the study began.
    """

    def __init__(self, folder: Path | None, header: Mapping[str, Any], resume: bool = False) -> None:
        self.header = dict(header) | {"format": FORMAT}
        self.known: dict[str, Any] = {}
        self._file: IO[str] | None = None
        if folder is None:
            return
        check_kind(folder, RISK)
        path = folder / FILE
        label = one_line(str(path), 200)
        try:
            if resume:
                self._read(path, label)
            else:
                path.write_text(json.dumps(self.header) + "\n", encoding="utf-8")
            self._file = path.open("a", encoding="utf-8")
        except OSError as error:
            reason = error.strerror or "no reason given"
            if resume and isinstance(error, FileNotFoundError):
                reason = "there is no study to go on with"
            raise InputError(f"--out: {label}: {reason}") from None

    def _read(self, path: Path, label: str) -> None:
        raw = path.read_bytes()
        whole = raw[: raw.rfind(b"\n") + 1]  # a line that was broken off is flown again
        rows = whole.splitlines()
        try:
            header = parse_json(rows[0]) if rows else None
            if not isinstance(header, dict) or "format" not in header:
                raise InputError(f"--resume: {label}: expected the flights of a risk study")
            for key in SAME:
                if header.get(key) != self.header.get(key):
                    raise InputError(
                        f"--resume: {label}: this study was begun with another {key}; expected the same"
                    )
            self.header = header
            for row in rows[1:]:
                told = parse_json(row)
                if not isinstance(told, dict) or "key" not in told:
                    raise InputError(f"--resume: {label}: expected a flight in every line")
                self.known[str(told["key"])] = told
        except DocumentError as error:
            raise InputError(f"--resume: {label}: {error}") from None
        if len(whole) < len(raw):
            with path.open("r+b") as file:
                file.truncate(len(whole))

    def put(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep what was flown."""
        lines = []
        for key, told in rows.items():
            self.known[key] = {"key": key, **told}
            lines.append(json.dumps(self.known[key], allow_nan=False))
        if self._file is not None and lines:
            self._file.write("\n".join(lines) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


__all__ = ["FILE", "FlightStore"]
