"""Among its files is a link to the root of the machine; it is never started."""

EXIT = 2
WORDS = "a link that is not to a file of the model"
FINDING = ""
LINKS = {"data/weights": "/"}
