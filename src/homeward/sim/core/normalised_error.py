"""How the believed state stands to the true one: the normalised squared error that a filter is judged by.

Reckoned beside the flight software, from what it reports: it takes the truth to know.
"""

import jax.numpy as jnp

from homeward.icd import Consistency, Estimate
from homeward.typing import Vec3


def consistency(estimate: Estimate, r_BI_I: Vec3, v_BI_I: Vec3) -> Consistency:
    """Squared error of position [m, I] and velocity [m/s, I] over the believed covariance, per dimension.

    0 before the estimate is valid. One on the average where a filter knows how well it knows (Bar-Shalom, Li
    and Kirubarajan, Estimation with Applications to Tracking and Navigation, 2001, section 5.4).
    """
    P = estimate.covariance
    sigma = jnp.sqrt(jnp.diagonal(P))
    sigma = jnp.where(sigma > 0.0, sigma, 1.0)
    error = jnp.concatenate([r_BI_I - estimate.r_BI_I, v_BI_I - estimate.v_BI_I]) / sigma
    scaled = jnp.where(estimate.started, P / sigma[:, None] / sigma[None, :], jnp.eye(6))
    square = jnp.sum(error * jnp.linalg.solve(scaled, error)) / 6.0
    return Consistency(jnp.where(estimate.started, square, 0.0), estimate.innovation_square)
