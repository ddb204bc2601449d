"""A person's mailbox: what Medic's notifications reach."""

import contextlib
import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer


@contextlib.contextmanager
def mailbox():
    """Yield the URL of a mailbox (Apprise's ``json://``), and the queue of the letters that arrive."""
    letters = queue.Queue()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            letters.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"json://127.0.0.1:{server.server_port}", letters
        finally:
            server.shutdown()
            thread.join()
