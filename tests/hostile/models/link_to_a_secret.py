"""Among its files is a link to a secret of the user; it is never started."""

EXIT = 2
WORDS = "a link that is not to a file of the model"
FINDING = ""
LINKS = {"data/weights": "<secret>"}
SHELL = True
