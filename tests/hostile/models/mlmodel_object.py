"""An MLmodel file that asks the YAML loader to run a command; it is never started."""

EXIT = 2
WORDS = "MLmodel"
FINDING = ""
MLMODEL = "!!python/object/apply:os.system ['touch <guarded>/<marker>']"
SHELL = True
