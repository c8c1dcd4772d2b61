"""A pickle that leaves the process as if all were well while it is unpickled."""

CHECK = "exit"
SHELL = True
WORDS = "status 0 during load"
PICKLE = b"cos\n_exit\n(I0\ntR."
