"""The messages of a rendezvous under the name of their module before 0.2: use ``icd.rendezvous_messages``."""

import warnings
from typing import Any


def __getattr__(name: str) -> Any:
    from homeward.icd import rendezvous_messages

    if name.startswith("_"):
        raise AttributeError(f"module 'homeward.icd_pair' has no attribute {name!r}")
    warnings.warn(
        "homeward.icd_pair is called homeward.icd.rendezvous_messages", DeprecationWarning, stacklevel=2
    )
    return getattr(rendezvous_messages, name)
