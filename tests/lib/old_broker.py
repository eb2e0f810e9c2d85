"""A Kafka broker of 2016 on loopback, as far as a client gets before it learns that what it needs is not there: answers
ApiVersions and Metadata as Kafka 0.10.0 did, and closes the connection on anything else, as that one did too."""
import socket
import struct
import threading

API_VERSIONS, METADATA = 18, 3
UNSUPPORTED_VERSION = 35
KNOWN = {0: 2, 1: 2, 2: 0, 3: 1, 4: 0, 5: 0, 6: 2, 7: 1, 8: 2, 9: 1, 10: 0, 11: 0, 12: 0, 13: 0, 14: 0, 15: 0, 16: 0,
         17: 0, 18: 0}  # api key -> newest version, each from 0 (6 and 7 from elsewhere, which no client minds)


def string(text):
    return struct.pack(">h", len(text)) + text.encode()


def array(items):
    return struct.pack(">i", len(items)) + b"".join(items)


class OldBroker:
    def __init__(self, topic, partitions):
        self.topic, self.partitions = topic, partitions
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def close(self):
        self.listener.close()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            while len(head := stream.read(4)) == 4:
                request = stream.read(struct.unpack(">i", head)[0])
                key, version, correlation = struct.unpack(">hhi", request[:8])
                body = self.answer(key, version)
                if body is None:
                    return
                connection.sendall(struct.pack(">ii", len(body) + 4, correlation) + body)

    def answer(self, key, version):
        if key == API_VERSIONS:
            error = 0 if version == 0 else UNSUPPORTED_VERSION
            return struct.pack(">h", error) + array([struct.pack(">hhh", k, 0, newest) for k, newest in KNOWN.items()])
        if key == METADATA and version <= 1:
            return self.metadata(version)
        return None

    def metadata(self, version):
        rack, controller, internal = (b"\xff\xff", struct.pack(">i", 1), b"\0") if version else (b"", b"", b"")
        one = struct.pack(">i", 1)
        partitions = [struct.pack(">hii", 0, number, 1) + array([one]) + array([one]) for number in range(self.partitions)]
        brokers = array([one + string("127.0.0.1") + struct.pack(">i", self.port) + rack])
        return brokers + controller + array([struct.pack(">h", 0) + string(self.topic) + internal + array(partitions)])
