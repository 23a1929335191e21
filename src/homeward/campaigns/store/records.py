"""The runs of a campaign as columns of numbers, read when they are asked for."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from homeward.errors import InputError, one_line
from homeward.scenario.schema.errors import nearest

RUN_COLUMNS = ("run", "failed", "success", "failure")
HELD = 12  # columns held at once besides those: what is in memory does not grow with their number
GROUP = 16  # columns read in one pass: opening the parts costs more than reading them


@dataclasses.dataclass
class Records:
    """Columns of a campaign: ``read(names)`` gives them, one array a name, in the order of the runs.

    ``names`` are the columns there are; ``folder`` is where the campaign lies, as the user named it, and
    empty where it is not kept. Columns are read when asked for, and only some are held.
    """

    folder: str
    manifest: Mapping[str, Any]
    names: Sequence[str]
    read: Callable[[Sequence[str]], Mapping[str, np.ndarray]]
    _kept: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(
        cls, values: Mapping[str, np.ndarray], manifest: Mapping[str, Any], folder: str = "DIR"
    ) -> "Records":
        """Records of columns that are at hand."""
        return cls(folder, manifest, list(values), lambda names: {n: np.asarray(values[n]) for n in names})

    def __len__(self) -> int:
        return self["run"].size

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def __getitem__(self, name: str) -> np.ndarray:
        """A column; raises ``InputError`` for one that was not recorded."""
        if name not in self._kept:
            if name not in self.names:
                raise InputError(f"{one_line(self.folder, 200)}: {self.lacking(name)}")
            self._kept.update(self.read([name]))
        found = self._kept[name] = self._kept.pop(name)  # the last one asked for goes last
        for old in [n for n in self._kept if n not in RUN_COLUMNS][:-HELD]:
            del self._kept[old]
        return found

    def each(self, names: Sequence[str]) -> Iterator[tuple[str, np.ndarray]]:
        """Columns one after the other, read a few at a time and not held."""
        for start in range(0, len(names), GROUP):
            group = names[start : start + GROUP]
            missing = [n for n in group if n not in self._kept]
            read = dict(self.read(missing)) if missing else {}
            # Let go one by one: the next group is read when none of this one is left.
            yield from ((n, self._kept[n] if n in self._kept else read.pop(n)) for n in group)

    def look_up(self, names: Sequence[str]) -> None:
        """Read columns that will be asked for, in one pass; those that are not there are passed over."""
        wanted = [n for n in dict.fromkeys(names) if n in self.names and n not in self._kept][:HELD]
        if wanted:
            self._kept.update(self.read(wanted))

    def first(self, runs: int) -> "Records":
        """The same of the first ``runs`` runs."""
        return dataclasses.replace(
            self, read=lambda names: {n: v[:runs] for n, v in self.read(names).items()}, _kept={}
        )

    def lacking(self, name: str) -> str:
        """Why there is no such column, and which was probably meant."""
        like = nearest(name, self.results)
        hint = f"did you mean {like}?" if like else f"recorded are {', '.join(self.results)}"
        return f'"{one_line(name)}" was not recorded; {hint}'

    @property
    def failed(self) -> np.ndarray:
        """Which runs failed."""
        return self["failed"].astype(bool)

    @property
    def results(self) -> list[str]:
        """Columns that are results of a flight, flags among them."""
        return [n for n in self.names if not n.startswith("draw_") and n not in ("run", "failure")]

    @property
    def draws(self) -> list[str]:
        """Columns of dispersions."""
        return [n for n in self.names if n.startswith("draw_")]

    def is_flag(self, name: str) -> bool:
        """Whether a column says yes or no."""
        return self[name].dtype == bool

    def worse(self, name: str, more_is_worse: bool = True) -> np.ndarray:
        """A quantity in which a failed run, or one without the number, is infinitely bad."""
        values = self[name].astype(float)
        good = np.isfinite(values) if name == "failed" else ~self.failed & np.isfinite(values)
        return np.where(good, values, np.inf if more_is_worse else -np.inf)

    def failure(self, place: int) -> str | None:
        """Why the run in a row failed, None where it did not."""
        if "failure" not in self.names:
            return None
        told = self["failure"][place]
        return str(told) if told else None

    def told(self, name: str) -> tuple[str, str]:
        """Unit and text of a column."""
        for column in self.manifest.get("columns", ()):
            if column["name"] == name:
                return str(column.get("unit", "")), str(column.get("text", ""))
        return "", ""

    def replay(self, run: int) -> str | None:
        """The command that flies a run again; None where the campaign is not kept."""
        return f"homeward replay {_quoted(self.folder)} {run}" if self.folder else None


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)


def read_records(folder: str | Path) -> Records:
    """The records of the campaign in a folder; raises ``InputError`` where there is none, or no run yet.

    They are those of now: runs that a campaign adds meanwhile are in none of the columns.
    """
    from homeward.campaigns.store.store import Store

    store = Store.open(folder)
    names, files = store.column_names(), store.files()
    return Records(str(folder), store.manifest, names, lambda wanted: store.columns(wanted, files))


__all__ = ["Records", "read_records"]
