"""Raises an exception whose text cannot be had without leaving with status 0."""

import os

CHECK = ("exit", "predict")
WORDS = "during predict"


class Unspeakable(Exception):
    def __str__(self):
        os._exit(0)


def predict(frame, aim):
    raise Unspeakable
