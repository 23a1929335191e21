"""Software in the loop: the world of the simulation flown by an exported library instead of the Python.

Each call leaves the compiled loop for the host, which hands it to the library and brings state and command
back. What a computer that starts anew takes up (``rest``) stays the package's own: the library has none.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np

from homeward._kept import source_fingerprint
from homeward.codegen.export import scenario_hash
from homeward.codegen.layout import Field, fields
from homeward.codegen.library import FUNCTIONS, SENSORS, STATE
from homeward.codegen.native import Native
from homeward.codegen.record import CYCLE, TICK
from homeward.errors import Infeasible, InputError
from homeward.flight.executive import return_executive as executive
from homeward.scenario.schema import Scenario
from homeward.sim.software import flown_by


class InLoop:
    """An exported library as ``sim.software.Software``, with the parameters of one flight."""

    def __init__(self, native: Native, parameters: Any):
        self.native = native
        self.loaded = native.parameters(parameters)
        self.refused: InputError | None = None  # what a call said, in the library's words
        self.calls = 0

    def cycle(self, parameters, state, sensors, mode):
        """A guidance cycle."""
        return self._called(CYCLE, parameters, state, sensors, mode)

    def tick(self, parameters, state, sensors, mode):
        """A control tick."""
        return self._called(TICK, parameters, state, sensors, mode)

    def rest(self, parameters, state, sample, mode):
        """While the computer starts anew."""
        return executive.rest(parameters, state, sample, mode)

    def _called(self, kind, parameters, state, sensors, mode):
        function = FUNCTIONS[kind]
        new, command = jax.eval_shape(lambda p, s, m: function(p, s, m, mode), parameters, state, sensors)
        given = fields(state), fields(sensors)
        wanted = fields(new), fields(command)
        shapes = [jax.ShapeDtypeStruct(x.shape, x.dtype) for x in jax.tree.leaves((new, command))]
        host = partial(self._host, kind, mode, given, wanted)
        leaves = jax.tree.leaves((state, sensors))
        out = jax.pure_callback(host, shapes, *leaves, vmap_method="sequential")
        return jax.tree.unflatten(jax.tree.structure((new, command)), out)

    def _host(
        self, kind: str, mode: str, given: tuple[Sequence[Field], Sequence[Field]],
        wanted: tuple[Sequence[Field], Sequence[Field]], *leaves: Any,
    ) -> list[np.ndarray]:  # fmt: skip
        count = len(given[0])
        values = [np.asarray(x) for x in leaves]
        state = self.native.packed(STATE, given[0], values[:count])
        sensors = self.native.packed(SENSORS[kind], given[1], values[count:])
        self.calls += 1
        try:
            command = self.native.call(kind, mode, self.loaded, state, sensors)
        except InputError as error:
            self.refused = error
            raise
        return [*self.native.unpacked(state, wanted[0]), *self.native.unpacked(command, wanted[1])]


def library_of(folder: Path, scenario: Scenario, fidelity: str) -> Native:
    """The library in a folder; raises ``InputError`` where it is none of this scenario and version."""
    native = Native(folder)
    told = {"SCENARIO_SHA256": (scenario_hash(scenario, fidelity), "scenario or fidelity"),
            "SOURCE": (source_fingerprint(), "state of the package's source")}  # fmt: skip
    for name, (mine, what) in told.items():
        if native.facts.get(name) != mine:
            raise InputError(
                f"{folder}: expected a library of this {what} ({name} {mine[:12]}, it is of "
                f"{native.facts.get(name, 'none')[:12]}): export it again"
            )
    return native


@contextmanager
def flying(software: InLoop) -> Iterator[None]:
    """Fly it; a call that the library refuses ends the flight with ``Infeasible`` and its sentence."""
    try:
        with flown_by(software):
            yield
    except jax.errors.JaxRuntimeError as error:
        if software.refused is not None:
            raise Infeasible(str(software.refused)) from None
        raise error


__all__ = ["InLoop", "flying", "library_of"]
