# %% [markdown]
# # A campaign and its statistics
# Dispersed entries of Apollo 10 into a store, judged against requirements, and read as a table.

# %%
import tempfile
from pathlib import Path

import duckdb

import homeward as hw

folder = Path(tempfile.mkdtemp()) / "campaign"
flown = hw.campaign(hw.load("apollo-10"), 32, seed=1, out=folder)
print({key: flown.summary[key] for key in ("runs", "failed", "success")})
for name, figures in flown.summary["metrics"].items():
    print(f"{name:>28}: median {figures['p50']:.4g}, greatest {figures['max']}")

# %% [markdown]
# Every run is a row of Parquet: the three worst.

# %%
files = str(folder / "parts" / "*.parquet")
worst = duckdb.sql(f"select run, open_miss_km, peak_load_g from '{files}' order by open_miss_km desc limit 3")
print(worst)

# %% [markdown]
# The worst one again, with its whole telemetry and the same bits.

# %%
run = worst.fetchall()[0][0]
again = hw.replay(folder, run)
print(again.summary["same_bits"])
again.flight
