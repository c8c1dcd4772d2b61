"""A pickle that is none."""

CHECK = "load"
WORDS = "during load"
PICKLE = b"this is no pickle"
