"""``python -m homeward`` is the command line."""

import sys

from homeward.cli import main

if __name__ == "__main__":
    sys.exit(main())
