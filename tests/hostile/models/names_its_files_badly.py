"""Has files whose names are terminal codes and workflow commands; MLflow itself does not bring them, and it is never started."""

EXIT = 4
FINDING = ""
WORDS = "did not bring the model"
FILES = {"data/\x1b[2J": "", "data/\n::error::passed": "", "data/\u202etxt.exe": ""}
