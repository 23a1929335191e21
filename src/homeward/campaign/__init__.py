"""What is flown: one return or rendezvous, or many. Called, it flies a campaign: see ``run.campaign``.

``homeward.campaign`` is the name of this package and of its chief function; so the package can be called.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from homeward.campaign.run import Campaign


class _Callable(ModuleType):
    def __call__(self, *args: Any, **options: Any) -> "Campaign":
        """``homeward.campaign.run.campaign``."""
        from homeward.campaign.run import campaign

        return campaign(*args, **options)


sys.modules[__name__].__class__ = _Callable
