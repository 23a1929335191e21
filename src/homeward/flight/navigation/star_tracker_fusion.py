"""What the two heads of a star tracker tell together: one small turn and its covariance, for one update.

And what stands in for them, where the attitude is lost and they see nothing.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.navigation.coarse_attitude import coarse_attitude
from homeward.flight.navigation.error_state_filter import TURN, inverse3, multiply
from homeward.flight.navigation.filter_state import StrapdownState
from homeward.flight.navigation.measurement_editing import choose
from homeward.flight.navigation.mechanization import NavState
from homeward.flight.navigation.sensor_parameters import AidBelief
from homeward.icd import Aids
from homeward.typing import Array, Bool, Flag, Float, Mat33, Scalar, Vec3


def together(
    valid: Bool[Array, "2"], errors: Float[Array, "2 3"], noise: Float[Array, "2 3 3"], gate: Scalar
) -> tuple[Vec3, Mat33, Flag]:
    """The weighted mean of what both heads say is wrong [rad], its covariance, and whether either sees.

    Their errors are white and independent: one update with the mean is the same as two in turn. Where both
    see and are further apart than ``gate`` sigmas, the one that is nearer to what is believed counts alone.
    """
    first, second = errors[0], errors[1]
    apart = first - second
    weight = inverse3(noise[0] + noise[1])
    agree = jnp.sum(jnp.sum(weight * apart[None, :], axis=1) * apart) < gate * gate
    nearer = jnp.sum(first * first) <= jnp.sum(second * second)
    one = valid[0] & (~valid[1] | agree | nearer)
    other = valid[1] & (~valid[0] | agree | ~nearer)
    share = multiply(noise[0], weight)
    mean = first - jnp.sum(share * apart[None, :], axis=1)
    spread = noise[0] - multiply(share, noise[0])
    both = one & other
    error = jnp.where(both, mean, jnp.where(one, first, second))
    return error, jnp.where(both, spread, jnp.where(one, noise[0], noise[1])), one | other


def or_by_sun(
    belief: AidBelief, aids: Aids, state: StrapdownState, heads: Bool[Array, "2"], seen: NavState, woken: Flag
) -> tuple[NavState, Flag, Mat33]:
    """What was ``seen`` for a start, whether the attitude is set to it, and its covariance [rad2, B].

    By the ``heads`` that see, or by Sun and horizon where none does and the attitude is lost.
    """
    noise = jnp.where(heads[0], belief.star_noise(0), belief.star_noise(1))
    if belief.coarse is None or aids.coarse is None:
        return seen, woken, noise
    rough, by_sun, spread = coarse_attitude(
        belief.coarse, aids.coarse, state.reckoned.r_BI_I, state.started, state.covariance[TURN, TURN],
        state.aligned,
    )  # fmt: skip
    rough = rough & ~jnp.any(heads)
    seen = eqx.tree_at(lambda s: s.q_BI, seen, choose(rough, by_sun, seen.q_BI))
    return seen, woken | rough, choose(rough, spread, noise)
