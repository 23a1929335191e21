# %% [markdown]
# # A first return
# A capsule of the Shenzhou class comes home from the Chinese station. Here it is a point mass, which takes
# seconds; `fidelity="six-dof"` flies every thruster.

# %%
import homeward as hw

scenario = hw.load("shenzhou-15")
flight = hw.fly(scenario, fidelity="point-mass")
flight

# %% [markdown]
# The telemetry is a table whose columns know their units.

# %%
table = flight.to_pandas()
print(table[["altitude_m", "speed_m_s", "load_factor_g"]].describe())
print(table.attrs["units"]["load_factor_g"], "-", table.attrs["descriptions"]["load_factor_g"])

# %% [markdown]
# One key changed: a capsule of 3.4 t, known to the flight software.

# %%
mass = {"truth.capsule.mass_kg": "3400", "onboard.capsule.mass_kg": "3400"}
heavy = hw.fly(hw.load("shenzhou-15", mass), fidelity="point-mass")
for name, flown in {"3.2 t": flight, "3.4 t": heavy}.items():
    touchdown = flown.summary["touchdown"]
    print(f"{name}: {touchdown['miss_km']:.3f} km from the site, {touchdown['vertical_speed_m_s']:.2f} m/s")
