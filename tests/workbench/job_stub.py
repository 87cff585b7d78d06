"""Speaks as the process of a job does, and does what its arguments say; for tests of the worker alone.

The seeds of a crawl are the script: `line X`, `step N`, `wait` (until asked to stop), `deaf` (stops for nobody),
`sleep S`, `until FILE` (is there, or it is to stop), `note FILE` (adds a letter to it), `die`, `busy`, `fail X`,
`once FILE` (dies the first time).
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path


def main() -> None:
    order = json.loads(sys.stdin.readline())
    stop = threading.Event()
    threading.Thread(target=listen, args=(stop,), daemon=True).start()
    send("line", [f"again {order['is_again']}", False])
    for word in order["arguments"].get("seeds", []):
        ending = done(word, stop)
        if ending is not None:
            send("end", ending)
            os._exit(0)
    send("end", {"state": "done", "said": "all of it", "result": {"n": 1}})
    os._exit(0)


def listen(stop: threading.Event) -> None:
    while sys.stdin.readline() == "mine\n":
        pass
    stop.set()


def done(word: str, stop: threading.Event) -> dict[str, object] | None:
    verb, _, rest = word.partition(" ")
    if verb == "line":
        send("line", [rest, False])
    elif verb == "step":
        send("step", ["crawl", int(rest), 100, "pages", ""])
    elif verb == "wait":
        stop.wait()
        return {"state": "stopped", "said": "some of it"}
    elif verb == "deaf":
        time.sleep(600)
    elif verb == "sleep":
        time.sleep(float(rest))
    elif verb == "until":
        while not Path(rest).exists():
            if stop.wait(0.02):
                return {"state": "stopped", "said": "some of it"}
    elif verb == "note":
        with Path(rest).open("a") as file:
            file.write("x")
    elif verb == "die":
        os._exit(9)
    elif verb == "once" and not Path(rest).exists():
        Path(rest).touch()
        os._exit(9)
    elif verb == "busy" and not Path(rest).exists():
        Path(rest).touch()
        return {"state": "busy", "said": "a build is running (process 7)"}
    elif verb == "fail":
        return {"state": "failed", "error": rest, "hint": "mend it"}
    return None


def send(what: str, value: object) -> None:
    sys.stdout.write(json.dumps({what: value}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
