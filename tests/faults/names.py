"""Offer one mail while the name server behaves as told: `python names.py silent|SERVFAIL|NXDOMAIN`.

To be run in a network of its own: it is the name server, too, on 127.0.0.1, port 53. Prints what the delivery told and
how many seconds it took, as JSON.
"""

import json
import socket
import sys
import threading
import time

from tests.faults.way import deliver

CODES = {"SERVFAIL": 2, "NXDOMAIN": 3}  # RFC 1035, section 4.1.1


def serve(listener: socket.socket, behaviour: str) -> None:
    """Answer each query with a bare code, or not at all."""
    while True:
        query, client = listener.recvfrom(512)
        if behaviour in CODES:
            # The query itself, marked as an answer with recursion.
            listener.sendto(query[:2] + bytes([0x81, 0x80 | CODES[behaviour]]) + query[4:], client)


def main(behaviour: str) -> None:
    """Run the name server and the delivery."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 53))
        threading.Thread(target=serve, args=(listener, behaviour), daemon=True).start()
        began = time.monotonic()
        told = deliver(25, host="relay.example.org")
        took = time.monotonic() - began
        fault = told.fault
        assert fault is not None
        print(json.dumps([fault.scope, fault.state, fault.reply, told.lines, took]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
