"""Answers 64 kB of text for every row, a quarter of a gigabyte in all."""

CHECK = ("length", "protocol", "exit", "predict")
WORDS = "the candidate"


def predict(frame, aim):
    return ["1" * 2**16] * len(frame)
