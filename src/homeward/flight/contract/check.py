"""The contract test of a user's own law: what is wrong with it, in one sentence, before it flies.

The law is traced and run on a handful of messages of an entry from orbit. It never meets the truth: its
arguments are the messages of ``icd``, and its source may not import the world or the simulator.
"""

import dataclasses
import inspect
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward.errors import InputError
from homeward.flight.contract.samples import default_target, sample_measurements, sample_navigation
from homeward.flight.contract.source_check import check_parts, check_source
from homeward.icd import EntryCommand, EntryTarget, Navigation


def check_guidance(law: Any, target: EntryTarget | None = None) -> None:
    """Test an entry guidance against the contract of ``AbstractEntryGuidance``.

    It must be an ``eqx.Module`` with ``init(target)`` and ``step(state, navigation, target)``; the state
    keeps structure, shapes and types; it compiles, alone and over many flights, twice to the same program;
    the command is an ``EntryCommand`` of finite numbers; no truth is imported. ``target`` is where the
    sample entry goes, Dongfeng if none is given. Raises ``InputError``, one sentence.
    """
    target = default_target() if target is None else target
    _check(law, "guidance", (target,), sample_navigation(target), (target,), EntryCommand)


def check_navigation(law: Any) -> None:
    """Test a navigation against the contract of ``AbstractNavigation``: as ``check_guidance``.

    It must have ``init()`` and ``step(state, measurements)`` and return a ``Navigation``. Raises
    ``InputError``, one sentence.
    """
    _check(law, "navigation", (), sample_measurements(), (), Navigation)


def _check(law: Any, seat: str, loaded: tuple, messages: Any, after: tuple, returns: type) -> None:
    """``init(*loaded)``, then ``step(state, message, *after)`` for each of the stacked messages."""
    if isinstance(law, type):
        raise InputError(f"{seat} {law.__name__}: expected an object, not the class: write {law.__name__}()")
    name = f"{seat} {type(law).__name__}"
    if not isinstance(law, eqx.Module):
        raise InputError(f"{name}: expected a subclass of equinox.Module")
    _signature(law, name, "init", len(loaded))
    _signature(law, name, "step", 2 + len(after))
    check_parts(law, name)
    check_source(law, name)
    law = _with_arrays(law, name)
    first = jax.tree.map(lambda x: x[0], messages)
    state, new, command = _shapes(law, name, loaded, first, after)
    _state_kept(name, state, new)
    _command_fields(name, returns, command)

    def fly(law: Any, messages: Any, loaded: tuple, after: tuple) -> Any:
        def cycle(state: Any, message: Any) -> tuple[Any, Any]:
            return law.step(state, message, *after)

        state = jax.tree.map(jnp.asarray, law.init(*loaded))
        return jax.lax.scan(cycle, state, messages)[1]

    given = (law, messages, loaded, after)
    with _Told(name, "step"):
        once = jax.jit(lambda *a: fly(*a)).lower(*given)
        again = jax.jit(lambda *a: fly(*a)).lower(*given)
    text = once.as_text()
    for word in ("io_callback", "pure_callback", "python_cpu_callback"):
        if word in text:
            raise InputError(f"{name}: step: calls back to Python ({word}); use jax.numpy only")
    if text != again.as_text():
        raise InputError(
            f"{name}: step: compiles to another program the second time; it must not use clocks, Python's or "
            "NumPy's random numbers, or anything that changes outside its state"
        )
    with _Told(name, "under vmap"):
        jax.eval_shape(jax.vmap(fly), *jax.tree.map(lambda x: np.stack([x, x]), given))
    with _Told(name, "step"):
        run = once.compile()
        told, same = run(*given), run(*given)
    for field in dataclasses.fields(returns):
        value = np.asarray(getattr(told, field.name))
        if not np.all(np.isfinite(value)):
            cycle = int(np.argmin(np.isfinite(value.reshape(len(value), -1)).all(axis=1)))
            raise InputError(f"{name}: step: {field.name} is not finite in cycle {cycle} of an entry")
        if not np.array_equal(value, np.asarray(getattr(same, field.name))):
            raise InputError(f"{name}: step: {field.name} differs between two runs of the same entry")


def _signature(law: Any, name: str, method: str, arguments: int) -> None:
    words = {
        ("init", 0): "init(self)",
        ("init", 1): "init(self, target)",
        ("step", 2): "step(self, state, measurements)",
        ("step", 3): "step(self, state, navigation, target)",
    }[method, arguments]
    function = getattr(law, method, None)
    if not callable(function):
        raise InputError(f"{name}: there is no {method}; expected {words}")
    try:
        inspect.signature(function).bind(*range(arguments))
    except TypeError:
        raise InputError(f"{name}: {method}: expected the arguments of {words}") from None


def _with_arrays(law: Any, name: str) -> Any:
    """The law with its numbers as arrays, as the simulator flies it."""

    def convert(path: Any, leaf: Any) -> Any:
        if isinstance(leaf, bool | int | float | np.ndarray | np.generic | jax.Array):
            return jnp.asarray(leaf)
        raise InputError(
            f"{name}: {jax.tree_util.keystr(path).lstrip('.')}: expected an array or a number, got "
            f"{type(leaf).__name__}; what is no number needs equinox.field(static=True)"
        )

    law = jax.tree_util.tree_map_with_path(convert, law)
    try:
        hash(jax.tree.structure(law))
    except TypeError:
        raise InputError(f"{name}: every static field must be hashable (a tuple, not a list)") from None
    return law


def _shapes(law: Any, name: str, loaded: tuple, message: Any, after: tuple) -> tuple[Any, Any, Any]:
    """Shapes and types of the first state, of the next one and of what ``step`` returns beside it."""
    with _Told(name, "init"):
        state = jax.eval_shape(lambda law: law.init(*loaded), law)
    with _Told(name, "step"):
        result = jax.eval_shape(lambda law, s, m: _pair(law.step(s, m, *after), name), law, state, message)
    return state, *result


def _pair(result: Any, name: str) -> Any:
    if not isinstance(result, tuple) or len(result) != 2:
        raise InputError(f"{name}: step: expected a tuple of two, the new state and the message")
    return result


def _state_kept(name: str, state: Any, new: Any) -> None:
    if jax.tree.structure(new) != jax.tree.structure(state):
        raise InputError(f"{name}: step: the new state is not of the structure that init gives")
    before = jax.tree_util.tree_flatten_with_path(state)[0]
    for (path, old), fresh in zip(before, jax.tree.leaves(new), strict=True):
        if (old.shape, old.dtype) != (fresh.shape, fresh.dtype):
            place = jax.tree_util.keystr(path) or "the state"
            raise InputError(
                f"{name}: step: {place.lstrip('.')} changes from {_kind(old)} in init to {_kind(fresh)}"
            )


def _command_fields(name: str, returns: type, command: Any) -> None:
    if not isinstance(command, returns):
        raise InputError(
            f"{name}: step: expected {returns.__name__} beside the new state, got {type(command).__name__}"
        )
    for field in dataclasses.fields(returns):
        value = getattr(command, field.name)
        flag, vector = field.name == "blackout", "_E" in field.name or field.name == "specific_force"
        shape, dtype = ((3,) if vector else ()), (np.dtype(bool) if flag else np.dtype(float))
        if (getattr(value, "shape", None), getattr(value, "dtype", None)) != (shape, dtype):
            wanted = jax.ShapeDtypeStruct(shape, dtype)
            raise InputError(f"{name}: step: {field.name}: expected {_kind(wanted)}, got {_kind(value)}")


def _kind(value: Any) -> str:
    shape = getattr(value, "shape", None)
    if shape is None:
        return type(value).__name__
    return f"{value.dtype.name} of shape {tuple(shape)}" if shape else f"a {value.dtype.name} scalar"


class _Told:
    """Turns what goes wrong in a user's code into one sentence."""

    def __init__(self, name: str, where: str) -> None:
        self.name, self.where = name, where

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        if error is None or isinstance(error, InputError) or not isinstance(error, Exception):
            return False
        raise InputError(f"{self.name}: {self.where}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    if isinstance(error, jax.errors.TracerBoolConversionError):
        return "a Python if or while asks for a number that is known in flight only; use jnp.where"
    if isinstance(error, jax.errors.TracerIntegerConversionError):
        return "a loop or shape asks for a number that is known in flight only; make the field static"
    if isinstance(error, jax.errors.TracerArrayConversionError):
        return "a NumPy function is applied to a number that is known in flight only; use jax.numpy"
    if isinstance(error, jax.errors.ConcretizationTypeError):
        return "Python asks for a number that is known in flight only (float(), int(), math.*); use jax.numpy"
    if isinstance(error, jax.errors.UnexpectedTracerError):
        return "keeps a value of one cycle outside its state"
    if isinstance(error, dataclasses.FrozenInstanceError):
        return "changes itself; what changes from cycle to cycle belongs in the state it returns"
    first = (str(error).strip().splitlines() or [""])[0][:200]
    return f"raises {type(error).__name__}: {first}"
