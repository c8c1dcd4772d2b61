"""An MLmodel file nested deeper than a stack; it is never started."""

EXIT = 2
WORDS = "MLmodel"
FINDING = ""
MLMODEL = "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
