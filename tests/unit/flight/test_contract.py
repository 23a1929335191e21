"""The contract test of a user's law: every breach is told in one sentence, and a sound law passes."""

import time
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.errors import InputError
from homeward.flight.contract.check import check_guidance, check_navigation
from homeward.flight.interfaces import AbstractEntryGuidance, AbstractNavigation, bank_only
from homeward.icd import EntryCommand, EntryTarget, Navigation


class Steady(AbstractEntryGuidance):
    bank: float = 1.0

    def init(self, target):
        return jnp.asarray(0.0)

    def step(self, state, navigation, target):
        return state + 1.0, bank_only(self.bank + 0.0 * navigation.bank)


class Growing(Steady):
    def init(self, target):
        return jnp.zeros(2)

    def step(self, state, navigation, target):
        return jnp.concatenate([state, state]), bank_only(navigation.bank)


class Restructured(Steady):
    def step(self, state, navigation, target):
        return (state, state), bank_only(navigation.bank)


class Narrowed(Steady):
    def step(self, state, navigation, target):
        return state.astype(jnp.float32), bank_only(navigation.bank)


class Branching(Steady):
    def step(self, state, navigation, target):
        return state, bank_only(navigation.bank if navigation.bank > 0 else -navigation.bank)


class Numpy(Steady):
    def step(self, state, navigation, target):
        return state, bank_only(jnp.asarray(np.sin(np.asarray(navigation.bank))))


class Floating(Steady):
    def step(self, state, navigation, target):
        return state, bank_only(jnp.asarray(float(navigation.bank)))


class NotFinite(Steady):
    def step(self, state, navigation, target):
        return state, bank_only(jnp.sqrt(2000.0 - jnp.sqrt(jnp.sum(navigation.v_BE_E**2))))


class OnlyNumber(Steady):
    def step(self, state, navigation, target):
        return state, navigation.bank


class Short(Steady):
    def step(self, state, navigation, target):
        return bank_only(navigation.bank)


class VectorBank(Steady):
    def step(self, state, navigation, target):
        _, command = Steady.step(self, state, navigation, target)
        return state, eqx.tree_at(lambda c: c.bank, command, navigation.v_BE_E)


class Clock(Steady):
    def step(self, state, navigation, target):
        return state, bank_only(navigation.bank + time.perf_counter())


class Random(Steady):
    def step(self, state, navigation, target):
        return state, bank_only(navigation.bank + float(np.random.default_rng().normal()))


class Callback(Steady):
    def step(self, state, navigation, target):
        bank = jax.pure_callback(np.sin, jax.ShapeDtypeStruct((), float), navigation.bank)
        return state, bank_only(bank)


class Changing(Steady):
    def step(self, state, navigation, target):
        self.bank = 2.0
        return state, bank_only(navigation.bank)


class Wrong(Steady):
    def step(self, state, navigation):
        return state, bank_only(navigation.bank)


class NoStep(eqx.Module):
    def init(self, target):
        return ()


class Loop(Steady):
    count: int = 3

    def step(self, state, navigation, target):
        for _ in range(self.count):
            state = state + 1.0
        return state, bank_only(navigation.bank)


class Holds(Steady):
    part: Any = None


class Raises(Steady):
    def step(self, state, navigation, target):
        raise ValueError("no such table")


class Plain:
    def init(self, target):
        return ()

    def step(self, state, navigation, target):
        return state, bank_only(navigation.bank)


def test_a_sound_law_passes_for_any_target():
    check_guidance(Steady())
    check_guidance(Steady(0.5), EntryTarget(jnp.asarray([0.0, 0.0, 6.37e6]), jnp.asarray(8e3)))


@pytest.mark.parametrize(
    ("law", "words"),
    [
        (Steady, "not the class"),
        (Plain(), "equinox.Module"),
        (NoStep(), "there is no step"),
        (Wrong(), "step(self, state, navigation, target)"),
        (Growing(), "changes from float64 of shape (2,)"),
        (Restructured(), "structure"),
        (Narrowed(), "a float64 scalar in init to a float32 scalar"),
        (Branching(), "jnp.where"),
        (Numpy(), "use jax.numpy"),
        (Floating(), "use jax.numpy"),
        (NotFinite(), "bank is not finite in cycle 0"),
        (OnlyNumber(), "expected EntryCommand"),
        (Short(), "tuple of two"),
        (VectorBank(), "bank: expected a float64 scalar, got float64 of shape (3,)"),
        (Clock(), "clocks"),
        (Random(), "random"),
        (Callback(), "calls back to Python"),
        (Changing(), "belongs in the state"),
        (Loop(), "static"),
        (Holds(part="text"), "part: expected an array or a number"),
        (Raises(), "raises ValueError: no such table"),
    ],
    ids=lambda x: (x if isinstance(x, type) else type(x)).__name__ if not isinstance(x, str) else "",
)
def test_a_breach_is_told_in_one_sentence(law, words):
    with pytest.raises(InputError) as caught:
        check_guidance(law)
    told = str(caught.value)
    assert words in told
    assert "\n" not in told
    assert told.startswith("guidance ")


def test_a_law_may_not_hold_a_piece_of_the_world():
    # Imported by way of the builder: this file, being the laws' own, may not import the world either.
    from homeward.scenario.build import world

    with pytest.raises(InputError, match="holds UsStandard1976"):
        check_guidance(Holds(part=world.UsStandard1976()))


HEAD = """
import jax.numpy as jnp
from homeward.flight.interfaces import AbstractEntryGuidance, bank_only
class Law(AbstractEntryGuidance):
    def init(self, target):
        return jnp.asarray(0.0)
    def step(self, state, navigation, target):
        return state, bank_only(navigation.bank)
"""


@pytest.mark.parametrize(
    "line",
    [
        "import homeward.world.environment.wind",
        "import homeward.sim.chunk as loop",
        "from homeward import world",
        "from homeward.world import state",
        "def late():\n    from homeward.sim.chunk import chunk\n    return chunk",
        "import importlib\nspy = importlib.import_module('homeward.world.world')",
        "import homeward as hw\ndef spy():\n    return hw.world",
        "import beside",
    ],
)
def test_a_law_may_not_import_the_truth(line, tmp_path):
    from homeward.scenario.user_models import load_law

    (tmp_path / "beside.py").write_text("import homeward.world.environment.wind\n")
    path = tmp_path / "law.py"
    path.write_text(line + HEAD)
    with pytest.raises(InputError, match="may not see the truth"):
        check_guidance(load_law(f"{path}:Law"))


def test_a_law_may_use_the_package_otherwise(tmp_path):
    from homeward.scenario.user_models import load_law

    path = tmp_path / "law.py"
    path.write_text("import homeward as hw\nfrom homeward.math.numerics import unit\n" + HEAD)
    check_guidance(load_law(f"{path}:Law"))


class Trusting(AbstractNavigation):
    def init(self):
        return ()

    def step(self, state, measurements):
        m = measurements
        return state, Navigation(
            m.time, m.position_fix, m.velocity_fix, m.specific_force, m.bank, ~m.fix_valid
        )


class Blind(Trusting):
    def step(self, state, measurements):
        _, n = Trusting.step(self, state, measurements)
        return state, eqx.tree_at(lambda n: n.r_BE_E, n, n.r_BE_E / (n.time - 3.0))


class CommandsInstead(Trusting):
    def step(self, state, measurements):
        return state, EntryCommand(*[measurements.bank] * 4)


def test_navigation_has_the_same_contract():
    check_navigation(Trusting())
    with pytest.raises(InputError, match="navigation Blind: step: r_BE_E is not finite in cycle 3"):
        check_navigation(Blind())
    with pytest.raises(InputError, match="expected Navigation"):
        check_navigation(CommandsInstead())
    with pytest.raises(InputError, match="init"):
        check_navigation(Steady())
