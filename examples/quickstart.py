"""The return of a capsule from the Chinese station to Dongfeng, in seven lines."""

import homeward as hw

s = hw.load("shenzhou-15")
flight = hw.fly(s)
print(flight.summary["touchdown"])
flight.plot().savefig("quickstart.png")
many = hw.fly_many(s, runs=64, seed=1)
print(many.summary["metrics"]["open_miss_km"])
