"""Normal numbers of the loop: moments, tails, independence, one stream a key."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy.stats import kstest

from homeward.math.normal_samples import normals

ROWS, COLUMNS, LANES = 256, 7, 512
LEVEL = 1e-4  # at which chance alone would fail a test


def _drawn():
    keys = jax.random.split(jax.random.key(1), LANES)
    return np.asarray(jax.jit(jax.vmap(lambda k: normals(k, ROWS, COLUMNS)))(keys)).reshape(-1, COLUMNS)


def test_every_column_is_standard_normal():
    drawn = _drawn()
    assert drawn.shape == (LANES * ROWS, COLUMNS)
    assert drawn.dtype == np.float64
    for column in drawn.T:
        assert kstest(column, "norm").pvalue > LEVEL


def test_the_tails_are_there():
    drawn = _drawn()
    beyond = np.mean(np.abs(drawn) > 3.0)
    sigma = np.sqrt(2.6998e-3 / drawn.size)
    assert abs(beyond - 2.6998e-3) < 4.0 * sigma
    assert 4.5 < np.max(np.abs(drawn)) < 5.8


def test_columns_and_rows_are_independent():
    drawn = _drawn()
    limit = 4.5 / np.sqrt(drawn.shape[0])
    off = np.corrcoef(np.concatenate([drawn[:-1], drawn[1:]], axis=1).T) - np.eye(2 * COLUMNS)
    # The second half is the first one a row later: it is itself that stands there, not a second draw.
    assert np.max(np.abs(off)) < limit
    squares = np.corrcoef((drawn**2).T) - np.eye(COLUMNS)  # the two of a word share their distance
    assert np.max(np.abs(squares)) < limit


def test_a_key_gives_the_same_alone_and_in_a_batch():
    keys = jax.random.split(jax.random.key(3), 4)
    batch = jax.vmap(lambda k: normals(k, 5, 4))(keys)
    alone = jnp.stack([normals(k, 5, 4) for k in keys])
    assert np.allclose(batch, alone, atol=1e-6)
    assert not np.allclose(batch[0], batch[1])
