"""Says READY once more, in the hope of a fresh start."""

from cage import write_everywhere

from gate.predict.wire import Kind, encode

CHECK = "protocol"
WORDS = "the candidate"


def predict(frame, aim):
    write_everywhere(encode(Kind.READY, {"python": "3.11.7", "mlflow": "3.0.0", "gate": "0"}))
