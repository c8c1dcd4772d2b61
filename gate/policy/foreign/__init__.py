"""Thresholds of other tools, read from their configuration files and written as a policy of this gate.

Nothing here runs another tool or imports it: a file is read as data, its keys are looked up in a table, and whatever
has no counterpart is named. Three things keep an imported policy from being weaker than it looks: a bound that is no
share is an error and not a rule left out, what a tool does by default becomes a rule too, and the burden of proof is
always the candidate's, although the other tools compare measured numbers.
"""

from gate.policy.foreign.found import Carried, Found, LeftOut
from gate.policy.foreign.reading import Tool, found_in
from gate.policy.foreign.writing import written

__all__ = ["Carried", "Found", "LeftOut", "Tool", "found_in", "written"]
