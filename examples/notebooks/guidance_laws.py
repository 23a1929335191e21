# %% [markdown]
# # Guidance laws side by side
# The same entry of Apollo 10, steered by three laws: predictive, reference trajectory, and none (ballistic).

# %%
import homeward as hw

scenario = hw.load("apollo-10", {"return.legs.end": "opening"})
flights = {
    law: hw.fly(scenario, guidance=law, fidelity="point-mass")
    for law in ("predictive", "reference", "ballistic")
}
for law, flight in flights.items():
    parachute, entry = flight.summary["parachute"], flight.summary["entry"]
    print(f"{law:>10}: {parachute['open_miss_km']:8.2f} km from the aim point, {entry['peak_load_g']:.2f} g")

# %% [markdown]
# What each did with the load.

# %%
from matplotlib.figure import Figure

figure = Figure(figsize=(8, 4), layout="constrained")
axis = figure.subplots()
for law, flight in flights.items():
    axis.plot(flight.history["time"], flight.history["load_factor"], label=law)
axis.set(xlabel="time, s", ylabel="load factor, g")
axis.legend()
figure

# %% [markdown]
# One law over dispersed flights; failed runs are counted, never averaged.

# %%
many = hw.fly_many(scenario, runs=16, seed=1)
print(many.summary["failed"], many.summary["metrics"]["open_miss_km"])
