"""The predict room: the candidate answers from a child process, and nothing but its answers comes back.

It exists because a model is code of somebody else. The parent (`client.py`) hands the child (`worker.py`) features
only and believes nothing it says until it has been checked. The room may not know labels, sensitive features that are
no inputs, policies, metrics or the registry. Start at `interface.py`; `table.py` is what the pipeline calls.
"""
