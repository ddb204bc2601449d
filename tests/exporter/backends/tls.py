"""TLS in front of a server that speaks none."""

import contextlib
import socket
import ssl
import threading


def pump(source, target):
    with contextlib.suppress(OSError):
        while content := source.recv(65_536):
            target.sendall(content)
    for each in (source, target):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


class Front:
    """Listens with a certificate, and hands what it is told on to *port*."""

    def __init__(self, certificate, port):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate.file, certificate.key)
        self.behind = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self.accept)]
        self.threads[0].start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.threads.append(threading.Thread(target=self.serve, args=(connection,)))
                self.threads[-1].start()

    def serve(self, connection):
        with (
            connection,
            contextlib.suppress(OSError),
            self.context.wrap_socket(connection, server_side=True) as secured,
            socket.create_connection(("127.0.0.1", self.behind)) as server,
        ):
            back = threading.Thread(target=pump, args=(server, secured))
            back.start()
            pump(secured, server)
            back.join()

    def end(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(60)


@contextlib.contextmanager
def front(certificate, port):
    made = Front(certificate, port)
    try:
        yield made
    finally:
        made.end()
