"""Walks over the keys of a schema, and knows the units that key names carry."""

import dataclasses
import typing
from collections.abc import Iterator, Sequence

from pydantic import BaseModel
from pydantic.fields import FieldInfo

# Suffix of a key -> the unit in words. Longest suffix first where one ends in another.
UNITS: dict[str, str] = {
    "kg_m3": "kilograms per cubic metre",
    "kg_m2": "kilograms per square metre",
    "m3_s2": "cubic metres per second squared",
    "deg_s2": "degrees per second squared",
    "rad_s2": "radians per second squared",
    "deg_s": "degrees per second",
    "rad_s": "radians per second",
    "km_s": "kilometres per second",
    "km_h": "kilometres per hour",
    "m_s": "metres per second",
    "ft_s": "feet per second",
    "w_m2": "watts per square metre",
    "kw_m2": "kilowatts per square metre",
    "j_m2": "joules per square metre",
    "lb_ft2": "pounds per square foot",
    "g_cm3": "grams per cubic centimetre",
    "deg_h": "degrees per hour",
    "deg_sqrt_h": "degrees per root hour",
    "m_s_sqrt_s": "metres per second and root second",
    "m_sqrt_s": "metres per root second",
    "w_m_k": "watts per metre and kelvin",
    "j_kg_k": "joules per kilogram and kelvin",
    "j_kg": "joules per kilogram",
    "n_m": "newtons per metre",
    "m2": "square metres",
    "ft2": "square feet",
    "cm2": "square centimetres",
    "mm2": "square millimetres",
    "m3": "cubic metres",
    "ppm": "parts per million",
    "ug_g2": "millionths of standard gravity per square of it",
    "arcsec": "arc seconds",
    "ug": "millionths of standard gravity",
    "hz": "hertz",
    "rpm": "turns a minute",
    "kg": "kilograms",
    "lb": "pounds",
    "lbs": "pounds",
    "slug": "slugs",
    "t": "tonnes",
    "kn": "kilonewtons",
    "lbf": "pounds of force",
    "n": "newtons",
    "kpa": "kilopascals",
    "pa": "pascals",
    "psf": "pounds per square foot",
    "km": "kilometres",
    "nmi": "nautical miles",
    "mi": "miles",
    "ft": "feet",
    "kft": "thousands of feet",
    "cm": "centimetres",
    "mm": "millimetres",
    "m": "metres",
    "deg": "degrees",
    "rad": "radians",
    "ms": "milliseconds",
    "min": "minutes",
    "h": "hours",
    "s": "seconds",
    "k": "kelvins",
    "c": "degrees Celsius",
    "g": "standard gravities",
    "utc": "UTC",
}
_SUFFIXES = sorted(UNITS, key=len, reverse=True)


def split_unit(key: str) -> tuple[str, str]:
    """Name and unit suffix of a key (of ``UNITS``); the suffix is empty where it has none."""
    for suffix in _SUFFIXES:
        if key.lower().endswith("_" + suffix):
            return key[: -len(suffix) - 1], suffix
    return key, ""


def unit_words(key: str) -> str:
    """The unit of a key in words; empty where its name carries none."""
    stem, unit = split_unit(key)
    if unit == "kg_m2" and "inertia" in stem:
        return "kilograms times square metres"
    return UNITS.get(unit, "")


@dataclasses.dataclass(frozen=True)
class Key:
    """One key of a schema: dotted name, field, and the section it opens, if it opens one.

    ``repeats`` says that the section may stand several times, as an array of tables.
    """

    dotted: str
    field: FieldInfo
    section: type[BaseModel] | None
    repeats: bool = False


def section_of(field: FieldInfo) -> type[BaseModel] | None:
    """The model that a field holds, also where it may be left out or stands several times."""
    kinds = (field.annotation, *typing.get_args(field.annotation))
    return next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None)


def repeats(field: FieldInfo) -> bool:
    """Whether a field holds several sections of one kind."""
    return section_of(field) is not None and typing.get_origin(field.annotation) is tuple


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Fields of a section by the name that stands in the file; an excluded one stands in none."""
    return {f.alias or name: f for name, f in model.model_fields.items() if not f.exclude}


def walk(model: type[BaseModel], prefix: str = "") -> Iterator[Key]:
    """Every key of a schema, sections before what is in them."""
    for name, field in fields_of(model).items():
        section = section_of(field)
        yield Key(prefix + name, field, section, repeats(field))
        if section is not None:
            yield from walk(section, f"{prefix}{name}.")


def section_at(model: type[BaseModel], path: Sequence[str | int]) -> type[BaseModel] | None:
    """The section that a path of keys leads to, None where it leads to none."""
    found: type[BaseModel] | None = model
    for part in path:
        if isinstance(part, int):  # one of several sections of a kind
            continue
        field = fields_of(found).get(part) if found is not None else None
        found = section_of(field) if field is not None else None
    return found
