"""The rendezvous of a ship with the Chinese station, from the insertion to a docked hatch, in seven lines."""

import homeward as hw

s = hw.load("shenzhou-21")
flight = hw.rendezvous(s)
print(flight.summary["contact"])
for burn in flight.summary["plan"]["burns"]:
    print(f"{burn['time']:6.0f} s  {burn['delta_v_m_s']:5.2f} m/s  {burn['purpose']}")
flight.save("rendezvous")
