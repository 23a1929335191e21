"""Software in the loop: the world of the simulation flown by an exported library instead of the Python.

Each call of the compiled loop is one of the library (``xla_call``). What a computer that starts anew takes up
(``rest``) stays the package's own: the library has none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jax

from homeward._aot.cache import source_fingerprint
from homeward.codegen.export import scenario_hash
from homeward.codegen.library import FUNCTIONS
from homeward.codegen.native import Native
from homeward.codegen.record import CYCLE, TICK
from homeward.codegen.xla_call import XlaCalls
from homeward.errors import Infeasible, InputError
from homeward.flight.executive import return_executive as executive
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.core.flight_software import flown_by


class InLoop:
    """An exported library as a ``Software`` of ``sim.core``; each lane with the parameters it is given."""

    def __init__(self, native: Native):
        self.calls = XlaCalls(native)

    def cycle(self, parameters, state, sensors, mode, idle):
        """A guidance cycle."""
        return self._called(CYCLE, parameters, state, sensors, mode)

    def tick(self, parameters, state, sensors, mode, idle):
        """A control tick."""
        return self._called(TICK, parameters, state, sensors, mode)

    def rest(self, parameters, state, sample, mode):
        """While the computer starts anew."""
        return executive.rest(parameters, state, sample, mode)

    def _called(self, kind, parameters, state, sensors, mode):
        function = FUNCTIONS[kind]
        results = jax.eval_shape(lambda p, s, m: function(p, s, m, mode), parameters, state, sensors)
        return self.calls.call(kind, mode, parameters, state, sensors, results)


def library_of(folder: Path, scenario: Scenario | None, fidelity: str, build: Path | None = None) -> Native:
    """The library in a folder; raises ``InputError`` where it is none of this scenario and version.

    Without a ``scenario`` only the version is looked at: a campaign's own copy was checked when it began.
    ``build`` is where to put what is compiled, beside the source if left out.
    """
    native = Native(folder, build)
    told = {"SOURCE": (source_fingerprint(), "state of the package's source")}
    if scenario is not None:
        told = {"SCENARIO_SHA256": (scenario_hash(scenario, fidelity), "scenario or fidelity")} | told
    for name, (mine, what) in told.items():
        if native.facts.get(name) != mine:
            raise InputError(
                f"{folder}: expected a library of this {what} ({name} {mine[:12]}, it is of "
                f"{native.facts.get(name, 'none')[:12]}): export it again"
            )
    return native


@contextmanager
def flying(software: InLoop) -> Iterator[None]:
    """Fly it; a call of a single lane that the library refuses ends the flight with ``Infeasible``.

    Of many lanes, the one whose call is refused gets no number any more, and counts as a failed run.
    """
    try:
        with flown_by(software):
            yield
    except jax.errors.JaxRuntimeError as error:
        said = software.calls.refused()
        if said is not None:
            raise Infeasible(said) from None
        raise error


__all__ = ["InLoop", "flying", "library_of"]
