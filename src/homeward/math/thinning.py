"""Fewer rows of a record to draw or to send, with every peak kept."""

import numpy as np


def thin_rows(columns: list[np.ndarray], most: int) -> np.ndarray:
    """Rows of a table, about ``most`` of them, that hold the least and the greatest of every stretch.

    ``columns`` are arrays of one length (n,), each of which keeps its own peaks; the stretches are of equal
    numbers of rows, since a record is denser where more happens. The first and the last row are kept. Numbers
    that are none count for nothing. All rows of a short table.
    """
    n = len(columns[0]) if columns else 0
    if n <= most:
        return np.arange(n)
    stretches = max(most // (2 * len(columns)), 1)
    size = -(-n // stretches)
    stretches = -(-n // size)
    start = np.arange(stretches) * size
    kept = [np.array([0, n - 1])]
    for column in columns:
        values = np.asarray(column, float)
        padded = np.concatenate([values, np.full(stretches * size - n, np.nan)]).reshape(stretches, size)
        kept.append(np.argmin(np.where(np.isfinite(padded), padded, np.inf), axis=1) + start)
        kept.append(np.argmax(np.where(np.isfinite(padded), padded, -np.inf), axis=1) + start)
    return np.unique(np.minimum(np.concatenate(kept), n - 1))


def thin_cloud(x: np.ndarray, y: np.ndarray, most: int) -> np.ndarray:
    """Points of a cloud, ``most`` of them: a fifth are the farthest from its middle, the rest evenly spread.

    ``x`` and ``y`` are finite, shape (n,). Far is by each axis' own spread. All points of a small cloud.
    """
    n = len(x)
    if n <= most:
        return np.arange(n)
    off = np.zeros(n)
    for values in (np.asarray(x, float), np.asarray(y, float)):
        away = np.abs(values - np.median(values))
        off = np.maximum(off, away / (np.median(away) or 1.0))
    order = np.argsort(-off, kind="stable")
    far, rest = order[: most // 5], np.sort(order[most // 5 :])
    return np.sort(np.concatenate([far, rest[np.linspace(0, len(rest) - 1, most - len(far)).astype(int)]]))


__all__ = ["thin_cloud", "thin_rows"]
