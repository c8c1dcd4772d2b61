"""An honest model that prints, starts threads and keeps files in its temporary folder, which passes."""

import logging
import tempfile
import threading
from pathlib import Path

from cage import honest

EXIT = 0
FINDING = ""


def predict(frame, aim):
    logging.warning("a warning of some library")
    print("predicting", len(frame), "rows")
    thread = threading.Thread(target=sum, args=([1, 2],))
    thread.start()
    thread.join()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cache")
        path.write_bytes(bytes(2**20))
        path.read_bytes()
    return honest(frame)
