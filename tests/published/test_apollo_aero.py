"""The published trim table of the Apollo command module, as shipped and as scaled by a scenario.

| verifies | gravitation | geodesy | atmosphere | winds | vehicle | notes |
|---|---|---|---|---|---|---|
| CL, CD, L/D against Mach | - | - | - | - | Apollo command module | see below |

Their printed L/D is rounded to four digits.
"""

import jax
import jax.numpy as jnp
import numpy as np

from homeward.world.aerodynamics.trim import apollo

SOURCE = "NASA, Apollo 15 RTCC report (as quoted in NASSP)"
# Mach, CL, CD, L/D as printed.
TABLE = np.array(
    [
        [29.5, 0.37544, 1.30622, 0.2874], [10, 0.41763, 1.2436, 0.3358], [4, 0.43006, 1.23308, 0.3488],
        [3, 0.46687, 1.24174, 0.3760], [2.4, 0.49523, 1.26414, 0.3918], [2, 0.52171, 1.29352, 0.4033],
        [1.65, 0.5317, 1.27779, 0.4161], [1.35, 0.54654, 1.28926, 0.4239], [1.2, 0.46397, 1.1674, 0.3974],
        [1.1, 0.47753, 1.18187, 0.4040], [0.9, 0.31096, 1.07058, 0.2905], [0.7, 0.25664, 0.9899, 0.2593],
        [0.4, 0.24004, 0.8538, 0.2811], [0.2, 0.23952, 0.82403, 0.2907],
    ]
)  # fmt: skip
ROUND_OFF = 1e-12  # a table read back
PRINTED_RATIO = 2e-4 * 1.1  # half a unit of the fourth digit, and 0.0001 between their own columns


def test_coefficients(validation):
    cl, cd = jax.vmap(apollo().coefficients)(jnp.asarray(TABLE[:, 0]))
    for name, ours, theirs, limit in (
        ("CL", cl, TABLE[:, 1], ROUND_OFF),
        ("CD", cd, TABLE[:, 2], ROUND_OFF),
        ("L/D", cl / cd, TABLE[:, 3], PRINTED_RATIO),
    ):
        worst = float(np.max(np.abs(np.asarray(ours) - theirs)))
        validation.record(
            source=SOURCE, case="14 Mach numbers", quantity=name, theirs="table", ours="shipped",
            difference=worst, limit=limit,
        )  # fmt: skip
        assert worst <= limit


def test_scaling():
    cl, cd = apollo(0.30, 1.1).coefficients(jnp.asarray(10.0))
    assert abs(float(cl / cd) - 0.30) <= ROUND_OFF
    assert abs(float(cd) - 1.1 * 1.2436) <= ROUND_OFF
