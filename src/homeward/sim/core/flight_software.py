"""Which flight software is flown: that of the package, or another in its place.

What the loop calls of a return's flight software goes through here. ``flown_by`` puts something else there
for a while: a recorder of the messages, or the same software as compiled C. Programs are then traced and
compiled for it alone.
"""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Protocol, runtime_checkable
from weakref import WeakKeyDictionary

import jax

from homeward._aot.compile import quick
from homeward.flight.executive import return_executive as executive
from homeward.flight.executive.return_executive import Parameters, State
from homeward.icd import Command, InertialReadings, InertialSample, Measurements, TickReadings
from homeward.typing import Flag, Scalar


@runtime_checkable
class Software(Protocol):
    """The calls that the loop makes; see ``flight.executive.return_executive``.

    ``idle``: nothing comes of the call, since the lane waits at the end of its leg or its computer is down.
    One that has ``held`` too may be given parameters that hold for a minute.
    """

    def cycle(
        self, parameters: Parameters, state: State, sensors: Measurements, mode: str, idle: Flag
    ) -> tuple[State, Command]: ...

    def tick(
        self, parameters: Parameters, state: State, sensors: TickReadings, mode: str, idle: Flag
    ) -> tuple[State, Command]: ...

    def rest(
        self, parameters: Parameters, state: State, sample: InertialReadings | InertialSample, mode: str
    ) -> State: ...


_instead: list[Software] = []
# The programs with another software in them, for as long as that is kept.
_programs: "WeakKeyDictionary[Software, dict[Any, Callable[..., Any]]]" = WeakKeyDictionary()


@contextlib.contextmanager
def flown_by(software: Software) -> Iterator[None]:
    """Fly something else in place of the package's flight software, in all threads of the process.

    Several threads may fly the same at a time, but not two different ones.
    """
    _instead.append(software)
    try:
        yield
    finally:
        _instead.remove(software)


def another() -> bool:
    """Whether something else is flown."""
    return bool(_instead)


def compiled(function: Callable[..., Any], **static: Any) -> Callable[..., Any]:
    """A program of the loop with what is flown instead in it, kept for as long as that is."""
    programs = _programs.setdefault(_instead[-1], {})
    key = (function, *sorted(static.items()))
    if key not in programs:
        programs[key] = jax.jit(partial(function, **static), compiler_options=quick())
    return programs[key]


def cycle(
    parameters: Parameters, state: State, sensors: Measurements, mode: str, idle: Flag
) -> tuple[State, Command]:
    """One guidance cycle of what is flown; ``idle`` where nothing comes of it."""
    if _instead:
        return _instead[-1].cycle(parameters, state, sensors, mode, idle)
    return executive.cycle(parameters, state, sensors, mode)


def tick(
    parameters: Parameters, state: State, sensors: TickReadings, mode: str, idle: Flag
) -> tuple[State, Command]:
    """One control tick of it."""
    if _instead:
        return _instead[-1].tick(parameters, state, sensors, mode, idle)
    return executive.tick(parameters, state, sensors, mode)


def rest(parameters: Parameters, state: State, sample: InertialReadings | InertialSample, mode: str) -> State:
    """What it takes up while its computer starts anew."""
    software = _instead[-1] if _instead else executive
    return software.rest(parameters, state, sample, mode)


def held(parameters: Parameters, time: Scalar) -> Parameters:
    """Parameters for the next minute; what is flown instead is given its own, unless it asks for these."""
    given = getattr(_instead[-1], "held", None) if _instead else executive.held
    return parameters if given is None else given(parameters, time)
