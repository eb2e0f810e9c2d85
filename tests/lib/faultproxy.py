"""The TCP fault proxy (tests/lib/faultproxy.c) as a process: commands go in, what it did comes out."""
import queue
import subprocess
import threading


class FaultProxy:
    def __init__(self, program, target, port=0, seed=1):
        self.process = subprocess.Popen([program, str(target), str(port), str(seed)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)
        self.lock, self.answers = threading.Lock(), queue.Queue()
        self.did = []  # lines about what it did, in order
        line = self.process.stdout.readline().split()
        if line[:1] != ["listening"]:
            raise AssertionError("the fault proxy does not start")
        self.port = int(line[1])
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            line = line.strip()
            if line.startswith("did "):
                self.did.append(line[4:])
            else:
                self.answers.put(line)

    def tell(self, command):
        """Send one command; returns what it answers."""
        with self.lock:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
            answer = self.answers.get(timeout=10)
        if answer.startswith("bad "):
            raise AssertionError(f"the fault proxy does not know: {command}")
        return answer

    def close(self):
        self.process.stdin.close()
        code = self.process.wait(10)
        self.reader.join(10)
        self.process.stdout.close()
        return code
