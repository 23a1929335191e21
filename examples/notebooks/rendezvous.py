# %% [markdown]
# # A rendezvous from insertion to contact
# The fast plan of Shenzhou-21, six degrees of freedom from the first hold point on. The first time it takes
# some minutes, most of it compiling.

# %%
import homeward as hw

flight = hw.rendezvous(hw.load("shenzhou-21"))
flight

# %% [markdown]
# The contact against its box, and where the delta-v went.

# %%
print(flight.summary["contact"])
for burn in flight.summary["plan"]["burns"][:10]:
    print(burn)

# %%
flight.plot("contact")
