"""Hundreds of dispersed flights: how near they come, and one of them again in full.

python examples/many.py
"""

import homeward as hw

if __name__ == "__main__":
    s = hw.load("apollo-10")
    many = hw.fly_many(s, runs=128, seed=1)  # of a point mass, if not told otherwise
    for share in (0.5, 0.9, 0.99):
        print(f"{share:.0%} open within {many.percentile('open_miss', share) / 1e3:.2f} km of the aim point")
    # Any run can be flown again alone, with its whole history.
    worst = int(many.numbers["open_miss"].argmax())
    flight = hw.fly(s, dispersed=True, seed=1, run=worst, fidelity="point-mass")
    print(f"the worst is run {worst}: {flight.summary['parachute']}")
