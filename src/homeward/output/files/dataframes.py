"""Telemetry as tables of other libraries: pandas and xarray, loaded only when asked for."""

from __future__ import annotations

import importlib
import json
from typing import Any

from homeward.errors import InputError

TIME = "time_s"


def library(name: str, method: str) -> Any:
    """An optional library; raises ``InputError`` with the words that install it."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise InputError(
            f'{method}: expected the package {name}; install it with: pip install "homeward[notebook]"'
        ) from None


def to_pandas(table: Any) -> Any:
    """A data frame of an Arrow table with Homeward's metadata, indexed by ``time_s``.

    ``attrs`` holds ``scenario`` and ``epoch_utc``, and by column ``units``, ``frames`` and ``descriptions``.
    """
    pandas = library("pandas", "to_pandas")
    frame = pandas.DataFrame({name: table.column(name).to_numpy() for name in table.column_names})
    if TIME in frame.columns:
        frame = frame.set_index(TIME)
    told = {field.name: _metadata(field.metadata) for field in table.schema}
    frame.attrs = _about(table) | {
        "units": {name: about.get("unit", "") for name, about in told.items()},
        "frames": {name: about.get("frame", "") for name, about in told.items()},
        "descriptions": {name: about.get("text", "") for name, about in told.items()},
    }
    return frame


def to_xarray(table: Any) -> Any:
    """A dataset of the same columns over the coordinate ``time_s``.

    Each variable has ``units``, ``frame`` and ``long_name`` as attributes, the dataset ``scenario`` and
    ``epoch_utc``.
    """
    xarray = library("xarray", "to_xarray")
    variables = {}
    for field in table.schema:
        about = _metadata(field.metadata)
        names = {"units": about.get("unit"), "frame": about.get("frame"), "long_name": about.get("text")}
        values = table.column(field.name).to_numpy()
        variables[field.name] = (TIME, values, {key: text for key, text in names.items() if text})
    coordinates = {TIME: variables.pop(TIME)} if TIME in variables else {}
    return xarray.Dataset(variables, coords=coordinates, attrs=_about(table))


def _about(table: Any) -> dict[str, Any]:
    """Scenario, epoch and legs of the whole table."""
    about: dict[str, Any] = _metadata(table.schema.metadata)
    found = {key: about[key] for key in ("scenario", "epoch_utc") if key in about}
    if "legs" in about:
        found["legs"] = json.loads(about["legs"])
    return found


def _metadata(raw: Any) -> dict[str, str]:
    return {key.decode(): value.decode() for key, value in (raw or {}).items() if b":" not in key}


__all__ = ["library", "to_pandas", "to_xarray"]
