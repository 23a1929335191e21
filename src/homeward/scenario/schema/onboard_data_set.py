"""The onboard data set of a scenario: read when the scenario is loaded, resolved once for flight software.

What is built for the flight computer is built from ``as_believed(scenario)``, in which the true figures are
replaced by the onboard ones: the true ones are not at hand there.
"""

import copy
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from homeward.errors import InputError, one_line
from homeward.scenario.files.shipped import FOLDER
from homeward.scenario.files.toml import read_toml
from homeward.scenario.schema.base import table_of
from homeward.scenario.schema.errors import explain
from homeward.scenario.schema.flight import Believed
from homeward.scenario.schema.onboard import FAULTS, THRUSTER_FAULTS, DataSet, Onboard
from homeward.scenario.schema.truth import Truth

#: Keys of ``[flight.believed]`` that win over the data set, and where they stand there.
OVERRIDES = {
    "mass_kg": ("capsule", "mass_kg"), "lift_to_drag": ("capsule", "lift_to_drag"),
    "drag_scale": ("capsule", "drag_scale"), "bank_rate_limit_deg_s": ("capsule", "bank_rate_limit_deg_s"),
    "bank_acceleration_limit_deg_s2": ("capsule", "bank_acceleration_limit_deg_s2"),
    "density_scale": ("air", "density_scale"), "thrust_n": ("engine", "thrust_n"),
    "specific_impulse_s": ("engine", "specific_impulse_s"),
}  # fmt: skip


def settle_onboard(data: dict[str, Any], directory: Path, label: str) -> None:
    """Put the onboard data set into the tables of a scenario file, in place of the file that holds it.

    Without a data set of its own, the flight software believes what the tables say under ``truth``. Raises
    InputError, one sentence, where the data set cannot be read or is wrong.
    """
    flight = table_of(data.get("flight"))
    named = flight.get("data_set") if flight is not None else None
    if isinstance(named, str):
        if "onboard" in data:
            raise InputError(
                f"{label}: flight.data_set: expected the onboard data in a file or under [onboard], not both"
            )
        assert flight is not None
        read = read_data_set(_find(named, directory, label), named)
        data["onboard"] = read.model_dump(exclude={"sensors", "title"}, exclude_none=True)
        if read.sensors.model_fields_set:
            data["onboard"]["sensors"] = read.sensors.model_dump(exclude_unset=True)
        data["flight"] = {key: value for key, value in flight.items() if key != "data_set"}
    if "onboard" not in data:
        believed = as_authored(data.get("truth", {}), directory)
        if believed is not None:
            data["onboard"] = believed
    merge_sensors(data, onboard_wins=False)


def as_authored(truth: Any, directory: Path | None) -> dict[str, Any] | None:
    """Onboard data that say what ``[truth]`` says; None where those tables are wrong (reported elsewhere)."""
    try:
        true = Truth.model_validate(copy.deepcopy(truth), context={"directory": directory or Path()})
    except ValidationError:
        return None
    return data_of(true).model_dump(exclude_none=True)


def data_of(truth: Truth) -> Onboard:
    """An onboard data set with the figures of a true ship, but for what fails there."""
    sections = {name: getattr(truth, name) for name in Onboard.model_fields if name in Truth.model_fields}
    return without_faults(Onboard(**sections))


def without_faults(data: Onboard) -> Onboard:
    """The data set of a sound ship: thrusters and parachutes that fail are no part of it."""
    sound = {"dead": (), "leaking": ()}
    changed: dict[str, Any] = {}
    for name in ("capsule", "stack"):
        section = getattr(data, name)
        if any(getattr(section.thrusters, key) for key in THRUSTER_FAULTS):
            thrusters = section.thrusters.model_copy(update=sound)
            changed[name] = section.model_copy(update={"thrusters": thrusters})
    for name, keys in FAULTS.items():
        section = getattr(data, name)
        if any(getattr(section, key) for key in keys):
            changed[name] = section.model_copy(update=dict.fromkeys(keys, False))
    return data.model_copy(update=changed) if changed else data


def merge_sensors(data: dict[str, Any], onboard_wins: bool) -> None:
    """Move ``onboard.sensors`` of a file's tables to where navigation is told its figures."""
    onboard = table_of(data.get("onboard"))
    figures = table_of(onboard.get("sensors")) if onboard is not None else None
    if onboard is None or figures is None:
        return
    data["onboard"] = {key: value for key, value in onboard.items() if key != "sensors"}
    flight = dict(table_of(data.get("flight")) or {})
    navigation = dict(table_of(flight.get("navigation")) or {})
    given = table_of(navigation.get("sensors")) or {}
    navigation["sensors"] = {**given, **figures} if onboard_wins else {**figures, **given}
    data["flight"] = {**flight, "navigation": navigation}


def moved_sensors(data: dict[str, Any]) -> dict[str, str]:
    """Where ``merge_sensors`` moves the keys of ``[onboard.sensors]``, and the keys as they are written."""
    onboard = table_of(data.get("onboard"))
    figures = table_of(onboard.get("sensors")) if onboard is not None else None
    return {f"flight.navigation.sensors.{key}": f"onboard.sensors.{key}" for key in figures or {}}


def _find(name: str, directory: Path, label: str) -> Path:
    """The file of a data set: beside the scenario file, else one that ships with Homeward."""
    for path in (directory / name, FOLDER / name):
        try:
            if name and "\0" not in name and path.is_file():
                return path
        except OSError:
            pass  # A name too long for the file system is the name of no file.
    where = f"{directory}/{one_line(name, 200)}"
    raise InputError(
        f"{label}: flight.data_set: expected the file of an onboard data set, but there is none at {where}"
    )


def read_data_set(path: Path, name: str) -> DataSet:
    """The onboard data set in a TOML file; raises InputError, one sentence, with file and key."""

    label = one_line(name, 200)
    tables = read_toml(path, label)
    try:
        return DataSet.model_validate(tables, context={"directory": path.resolve().parent})
    except ValidationError as error:
        raise explain(error, DataSet, label) from None


def resolve(data: Onboard, believed: Believed) -> Onboard:
    """The data set with the keys of ``[flight.believed]`` that are given, and nothing failed."""
    changes: dict[str, dict[str, Any]] = {}
    for key, (section, name) in OVERRIDES.items():
        value = getattr(believed, key)
        if value is not None:
            changes.setdefault(section, {})[name] = value
    if believed.lift_to_drag is not None:
        # The centre of mass is then believed where it gives this ratio.
        changes["capsule"]["center_of_mass_offset_m"] = None
    sections = {name: getattr(data, name).model_copy(update=new) for name, new in changes.items()}
    return without_faults(data.model_copy(update=sections))
