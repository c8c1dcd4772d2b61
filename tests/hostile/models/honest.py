"""An honest model, which passes: the zoo can tell it from the others."""

EXIT = 0
SHELL = True
FINDING = ""
