"""One step of an eighth-order Runge-Kutta method, for smooth open-loop motion in long steps.

Twelve evaluations a step; a step may be some ten times as long as RK4's for the same error, so that a
flight costs about a third of the evaluations. Coefficients of Dormand and Prince's method as given in
Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I, 2nd ed., section II.5.
"""

from collections.abc import Callable
from typing import TypeVar

import jax

from homeward.math.xla_barrier import routine
from homeward.typing import Array

Tree = TypeVar("Tree")

# Row i: the weights, by stage, of the earlier rates that make up the point of stage i.
STAGES: tuple[dict[int, float], ...] = (
    {},
    {0: 0.05260015195876773},
    {0: 0.0197250569845379, 1: 0.0591751709536137},
    {0: 0.02958758547680685, 2: 0.08876275643042054},
    {0: 0.2413651341592667, 2: -0.8845494793282861, 3: 0.924834003261792},
    {0: 0.037037037037037035, 3: 0.17082860872947386, 4: 0.12546768756682242},
    {0: 0.037109375, 3: 0.17025221101954405, 4: 0.06021653898045596, 5: -0.017578125},
    {
        0: 0.03709200011850479,
        3: 0.17038392571223998,
        4: 0.10726203044637328,
        5: -0.015319437748624402,
        6: 0.008273789163814023,
    },
    {
        0: 0.6241109587160757,
        3: -3.3608926294469414,
        4: -0.868219346841726,
        5: 27.59209969944671,
        6: 20.154067550477894,
        7: -43.48988418106996,
    },
    {
        0: 0.47766253643826434,
        3: -2.4881146199716677,
        4: -0.590290826836843,
        5: 21.230051448181193,
        6: 15.279233632882423,
        7: -33.28821096898486,
        8: -0.020331201708508627,
    },
    {
        0: -0.9371424300859873,
        3: 5.186372428844064,
        4: 1.0914373489967295,
        5: -8.149787010746927,
        6: -18.52006565999696,
        7: 22.739487099350505,
        8: 2.4936055526796523,
        9: -3.0467644718982196,
    },
    {
        0: 2.273310147516538,
        3: -10.53449546673725,
        4: -2.0008720582248625,
        5: -17.9589318631188,
        6: 27.94888452941996,
        7: -2.8589982771350235,
        8: -8.87285693353063,
        9: 12.360567175794303,
        10: 0.6433927460157636,
    },
)
WEIGHTS: dict[int, float] = {
    0: 0.054293734116568765,
    5: 4.450312892752409,
    6: 1.8915178993145003,
    7: -5.801203960010585,
    8: 0.3111643669578199,
    9: -0.1521609496625161,
    10: 0.20136540080403034,
    11: 0.04471061572777259,
}


def combine(x: Tree, rates: list[Tree], weights: dict[int, float], h: Array) -> Tree:
    """``x + h (sum of weighted rates)``, leaf by leaf."""
    factors = list(weights.values())

    def leaf(base: Array, *ks: Array) -> Array:
        total = factors[0] * ks[0]
        for factor, k in zip(factors[1:], ks[1:], strict=True):
            total = total + factor * k
        return base + h * total

    return routine(lambda x, *ks: jax.tree.map(leaf, x, *ks), x, *(rates[j] for j in weights))


def rk8_step(f: Callable[[Tree], Tree], x: Tree, h: Array) -> Tree:
    """One step ``h`` of ``dx/dt = f(x)`` over any pytree; time, where it matters, is one of the leaves.

    ``h`` is a scalar, or one step a lane where every leaf has the lanes as its only axis.
    """
    rates = [routine(f, x)]
    for weights in STAGES[1:]:
        rates.append(routine(f, combine(x, rates, weights, h)))
    return combine(x, rates, WEIGHTS, h)
