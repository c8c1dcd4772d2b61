"""A pickle that waits for ever."""

CHECK = "time-limit"
WORDS = "longer than"
SECONDS = 3.0
PICKLE = b"csignal\npause\n(tR."
