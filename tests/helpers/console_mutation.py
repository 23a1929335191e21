"""A plugin of pytest: puts one change into the source of a module before the tests import it.

``HOMEWARD_MUTATION`` is JSON with ``module``, ``old`` and ``new``; the old text has to stand there.
"""

import importlib.util
import json
import os
import sys
from pathlib import Path

wanted = json.loads(os.environ["HOMEWARD_MUTATION"])
found = importlib.util.find_spec(wanted["module"])
assert found is not None and found.origin is not None
source = Path(found.origin).read_text(encoding="utf-8")
assert wanted["old"] in source, f"{wanted['module']} has no {wanted['old']!r}: mend the mutation"
changed = importlib.util.module_from_spec(found)
sys.modules[wanted["module"]] = changed
exec(compile(source.replace(wanted["old"], wanted["new"]), found.origin, "exec"), changed.__dict__)
