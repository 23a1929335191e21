"""The words that fly a campaign again, from its manifest."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from homeward.errors import HomewardError
from homeward.scenario.files.shipped import shipped_names
from homeward.scenario.load import load

MOST = 12  # changed keys; of a scenario with more it is simpler to keep the file


def commands(manifest: Mapping[str, Any], folder: str) -> tuple[list[str], str]:
    """Command lines that fly the campaign again, and what must be known about them."""
    m, name = manifest, str(manifest["scenario"])
    changed = changes(m.get("scenario_document", {}), name)
    words = ["homeward", "campaign", name if changed is not None else "SCENARIO.toml",
             "--runs", str(m["runs"]), "--seed", str(m["seed"]), "--what", m["kind"]]  # fmt: skip
    for key in ("fidelity", "plan", "port"):
        if m.get(key) and not (key == "fidelity" and m["kind"] != "return"):
            words += [f"--{key}", str(m[key])]
    if m.get("sampling", "random") != "random":
        words += ["--sampling", str(m["sampling"])]
    for key, value in (changed or {}).items():
        words += ["--set", f"{key}={value}"]
    again = shlex.join([*words, "--out", "AGAIN"])
    note = (
        "Same version, seed and number of lanes: the same bits on the same kind of machine. On another the "
        "last bits may differ and turn a decision; the distributions are the same."
    )
    if changed is None:
        note += " SCENARIO.toml is the scenario below: none of those that ship, or changed in many keys."
    return [
        again,
        shlex.join(["homeward", "report", "AGAIN"]),
        shlex.join(["homeward", "compare", folder, "AGAIN"]),
    ], note


def changes(document: Mapping[str, Any], name: str) -> dict[str, str] | None:
    """Keys that differ from the shipped scenario's, as --set takes them; None where that cannot say it."""
    if name not in shipped_names():
        return None
    try:
        shipped = json.loads(load(name).model_dump_json(by_alias=True, exclude_none=True))
    except HomewardError:
        return None
    here, there = _flat(document), _flat(shipped)
    if there.keys() - here.keys():
        return None
    differs = {k: v for k, v in here.items() if there.get(k) != v}
    if len(differs) > MOST:
        return None
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in differs.items()}


def _flat(table: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{above}{key}.")
        else:
            flat[f"{above}{key}"] = value
    return flat


__all__ = ["changes", "commands"]
