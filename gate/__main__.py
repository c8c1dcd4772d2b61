"""`python -m gate`: the same as the command `gate`."""

import sys

from gate.cli import main

sys.exit(main())
