"""A pickle that runs a shell command while it is unpickled: here, one that writes outside."""

CHECK = ("load", "exit")
WORDS = "during load"
NEEDS = ("files",)
PICKLE = b"cos\nsystem\n(S'echo I was here > <guarded>/<marker>'\ntR."
