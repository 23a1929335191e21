"""What the flight software does in a leg of the return: one compiled program each."""

# A point mass.
COAST, BURN, ENTRY, DESCENT = "coast", "burn", "entry", "descent"
# A six-DOF vehicle: stack drifting in orbit, stack under control in orbit, capsule in the air, capsule under
# a parachute.
DRIFT, ORBIT, AIR, CANOPY = "drift", "orbit", "air", "canopy"

SIX_DOF = (DRIFT, ORBIT, AIR, CANOPY)
# In which the inertial unit may tell of seconds of free fall at once: up to the end of a drift.
FALLING = (DRIFT, ORBIT)
POWERED = (BURN, ORBIT)
STEERED = (ENTRY, AIR)
