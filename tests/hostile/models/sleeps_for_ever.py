"""Sleeps for ever, deaf to every signal that can be refused."""

import signal
import time

CHECK = "time-limit"
WORDS = "longer than"
SECONDS = 3.0


def predict(frame, aim):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM, signal.SIGPIPE, signal.SIGXCPU):
        signal.signal(number, signal.SIG_IGN)
    while True:
        time.sleep(60)
