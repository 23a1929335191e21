"""Environments for learning, by the interface of gymnasium: the extra ``rl``.

``import homeward.rl`` registers ``homeward/EntryGuidance-v0`` and ``homeward/Docking-v0`` for
``gymnasium.make`` and ``make_vec``.
"""

from homeward.errors import InputError

try:
    import gymnasium
except ImportError:
    raise InputError('homeward.rl: needs the extra: pip install "homeward[rl]"') from None

ENTRY, DOCKING = "homeward/EntryGuidance-v0", "homeward/Docking-v0"


def register() -> None:
    """Make the environments known to gymnasium; once, however often it is called."""
    classes = {ENTRY: "entry_env:EntryGuidance", DOCKING: "docking_env:Docking"}
    for name, place in classes.items():
        if name not in gymnasium.registry:
            gymnasium.register(
                name,
                entry_point=f"homeward.rl.{place}Env",
                vector_entry_point=f"homeward.rl.{place}VectorEnv",
                disable_env_checker=True,
            )


register()

__all__ = ["DOCKING", "ENTRY", "register"]
