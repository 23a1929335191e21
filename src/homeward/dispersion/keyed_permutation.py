"""A keyed shuffle of the numbers 0 to n - 1 that tells the place of any of them alone.

A Feistel network over the least even number of bits that holds n, walked until it lands below n: a
permutation of 0 to n - 1, since the network is one of its whole range (Black and Rogaway, *Ciphers with
Arbitrary Finite Domains*, CT-RSA 2002). Its rounds mix by the finaliser of SplitMix64 (Steele, Lea and Flood,
OOPSLA 2014). Not for secrets.
"""

from collections.abc import Sequence

import numpy as np

ROUNDS = 8
GOLDEN = 0x9E3779B97F4A7C15  # the odd number nearest to 2^64 over the golden ratio
WORD = 1 << 64


def mixed(x: np.ndarray) -> np.ndarray:
    """64-bit words, every bit of each spread over all of them."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def word_of(key: Sequence[int]) -> int:
    """One 64-bit word of a key of several whole numbers."""
    word = 0
    for number in key:
        told = np.array([(word ^ (number % WORD)) + GOLDEN & WORD - 1], np.uint64)
        word = int(mixed(told)[0])
    return word


def bits_of(numbers: np.ndarray, key: Sequence[int]) -> np.ndarray:
    """A whole number below 2^53 for each number, keyed; as floats."""
    start = np.asarray(numbers).astype(np.uint64) * np.uint64(GOLDEN) + np.uint64(word_of(key))
    return (mixed(mixed(start)) >> np.uint64(11)).astype(float)


def place_of(numbers: np.ndarray, n: int, key: Sequence[int]) -> np.ndarray:
    """Where the keyed shuffle of 0 to ``n`` - 1 puts each of the numbers."""
    half = max(((n - 1).bit_length() + 1) // 2, 1)
    mask, shift = np.uint64((1 << half) - 1), np.uint64(half)
    rounds = [np.uint64(word_of((*key, k))) for k in range(ROUNDS)]
    x = np.array(numbers, np.uint64)
    wrong = np.ones(x.shape, bool)
    while wrong.any():
        left, right = x[wrong] >> shift, x[wrong] & mask
        for word in rounds:
            left, right = right, left ^ (mixed(right + word) & mask)
        x[wrong] = (left << shift) | right
        wrong = x >= np.uint64(n)
    return x.astype(np.int64)


__all__ = ["bits_of", "place_of"]
