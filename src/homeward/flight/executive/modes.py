"""What the flight software does in a leg of the return: one compiled program each."""

# A point mass.
COAST, BURN, ENTRY, DESCENT = "coast", "burn", "entry", "descent"
# A six-DOF vehicle: stack in orbit, capsule in the air, capsule under a parachute.
ORBIT, AIR, CANOPY = "orbit", "air", "canopy"

SIX_DOF = (ORBIT, AIR, CANOPY)
POWERED = (BURN, ORBIT)
STEERED = (ENTRY, AIR)
