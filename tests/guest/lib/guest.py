# SPDX-License-Identifier: Apache-2.0
"""A guest in QEMU, driven from outside: its shell over the serial line, its machine over QMP, its exits by trace events."""

import collections
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import qemu

BOOT_TIME = 30

# For tests that take long: each board, each interface and each number of CPUs with each of the others.
MIXED = (("riscv64", "legacy", 1), ("riscv64", "modern", 4), ("aarch64", "legacy", 4), ("aarch64", "modern", 1))
EVENTS = ("virtio_queue_notify", "virtio_mmio_read", "virtio_mmio_write_offset", "virtio_mmio_setting_irq", "virtio_input_queue_full")


class GuestError(AssertionError):
    """The guest or QEMU did not do what was asked; the text has the end of the console."""


class Guest:
    """One QEMU. `devices`: the arguments after the board's own. `trace`: log EVENTS, for mark() and count(). `prefix`: the command
    that starts it, if it is not started as it is."""

    def __init__(self, directory, board, virtio, kernel, devices=(), smp=1, mem="256M", trace=False, prefix=()):
        self.board, self.virtio, self.kernel = board, virtio, kernel
        self.log = os.path.join(directory, "qemu.log")
        self.console = b""          # all that the guest has said, without escape sequences
        self._partial = b""         # an escape sequence of which the rest has not come yet
        self._at = 0                # what of it has been consumed
        self._news = threading.Condition()
        self._closed = False
        self._commands = None
        self.events = []            # QMP's events, in order
        self.foreign = False        # an image that is not ours
        self.misbehaves = False     # on purpose, so that QEMU may complain about it

        serial, serial_far = socket.socketpair()
        monitor, monitor_far = socket.socketpair()
        far = [s.fileno() for s in (serial_far, monitor_far)]
        args = list(prefix) + qemu.machine(board, virtio, smp, mem, kernel) + list(devices)
        args += ["-chardev", f"socket,id=serial,fd={far[0]}", "-serial", "chardev:serial",
                 "-chardev", f"socket,id=monitor,fd={far[1]}", "-mon", "chardev=monitor,mode=control",
                 "-d", "guest_errors,unimp", "-D", self.log, "-S"]      # or it might be over before QMP is up
        for event in EVENTS if trace else ():
            args += ["-trace", "enable=" + event]
        self.args = args
        with open(os.path.join(directory, "qemu.err"), "wb") as err:
            self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=err, stderr=err, pass_fds=far)
        self._err = err.name
        serial_far.close()
        monitor_far.close()
        self._serial = serial
        self._monitor = monitor
        self._qmp = monitor.makefile("rb")
        monitor.settimeout(60)
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            if not self._qmp.readline():
                raise self.error("QEMU ended at once")
            self.qmp("qmp_capabilities")
            self.qmp("cont")
        except OSError as e:
            raise self.error(f"no QMP greeting ({e})") from e

    # --- the shell ---------------------------------------------------------------------------------------------------

    def _listen(self):
        while True:
            try:
                data = self._serial.recv(65536)
            except OSError:
                data = b""
            with self._news:
                closed = not data
                data = qemu.ANSI.sub(b"", self._partial + data)
                cut = data.rfind(b"\x1b", -8)
                data, self._partial = (data, b"") if cut < 0 else (data[:cut], data[cut:])
                self.console += data
                self._closed = closed
                self._news.notify_all()
            if closed:
                return

    def here(self):
        """A place in the output, for wait_for()."""
        return len(self.console)

    def wait_for(self, pattern, timeout, what=None, start=None):
        """Waits until `pattern` (bytes) is in the output since `start`; returns the output up to its end. Without `start`
        it looks at what no wait_for() has consumed before, and consumes it."""
        end = time.monotonic() + timeout
        regex = re.compile(pattern)
        with self._news:
            while True:
                begin = self._at if start is None else start
                found = regex.search(self.console, begin)
                if found:
                    if start is None:
                        self._at = found.end()
                    return self.console[begin:found.end()].decode(errors="replace").replace("\r", "")
                if self._closed:
                    raise self.error(f"the guest ended while waiting for {what or regex.pattern!r}")
                left = end - time.monotonic()
                if left <= 0:
                    raise self.error(f"no {what or regex.pattern!r} within {timeout} s")
                self._news.wait(left)

    def wait_prompt(self, timeout=BOOT_TIME):
        return self.wait_for(qemu.PROMPT, timeout, "prompt")

    def send(self, line):
        self._serial.sendall(line.encode() + b"\n")

    def cmd(self, line, timeout=20):
        """Runs a shell command; returns what it printed: all between the echo of the line and the next prompt."""
        self.send(line)
        output = self.wait_for(qemu.PROMPT, timeout, f"prompt after `{line}`")
        echo, _, after = output.partition(line + "\n")
        return (after or echo.partition("\n")[2]).rpartition("msh ")[0].strip("\n")

    def commands(self):
        """The names of the shell's commands, as `help` lists them."""
        if self._commands is None:
            self._commands = set(re.findall(r"^\s*(\w+)", self.cmd("help"), re.M))
        return self._commands

    def devices(self):
        """RT-Thread's table of devices: `list_device` until 4.1, and `list device` since 5.0; there is either."""
        return self.cmd("list_device" if "list_device" in self.commands() else "list device")

    # --- the machine -------------------------------------------------------------------------------------------------

    def qmp(self, command, **arguments):
        """A QMP command's return value; a QMP error raises. Events that arrive meanwhile go to self.events."""
        request = {"execute": command}
        if arguments:
            request["arguments"] = {name.replace("_", "-"): value for name, value in arguments.items()}
        self._monitor.sendall(json.dumps(request).encode() + b"\n")
        while True:
            line = self._qmp.readline()
            if not line:
                raise self.error(f"QEMU ended during QMP {command}")
            answer = json.loads(line)
            if "event" in answer:
                self.events.append(answer)
            elif "error" in answer:
                raise GuestError(f"QMP {command}: {answer['error']['desc']}")
            else:
                return answer["return"]

    def hmp(self, line):
        return self.qmp("human-monitor-command", command_line=line).replace("\r", "")

    def wait_exit(self, timeout=20):
        """QEMU's exit status, once all that the guest has said is in."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise self.error(f"QEMU still runs after {timeout} s") from None
        with self._news:
            self._news.wait_for(lambda: self._closed, 10)
        return status

    def quit(self):
        """Ends QEMU, whatever state it is in."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._serial.close()
        self._qmp.close()
        self._monitor.close()

    # --- QEMU's log --------------------------------------------------------------------------------------------------

    def mark(self):
        """A place in QEMU's log, for count()."""
        return os.path.getsize(self.log)

    def count(self, start, end=None):
        """How often each of EVENTS happened between two marks; of the interrupt line, how often it rose."""
        with open(self.log, "rb") as f:
            f.seek(start)
            text = f.read(None if end is None else end - start)
        counts, level = collections.Counter(), "0"
        for line in text.decode().splitlines():
            event, _, rest = line.partition(" ")
            if event == "virtio_mmio_setting_irq":
                before, level = level, rest[-1:]
                counts[event] += (before, level) == ("0", "1")
            elif event in EVENTS:
                counts[event] += 1
        return counts

    def complaints(self):
        """What QEMU had to say about the guest's behaviour; a correct driver gives it nothing to say."""
        if not os.path.exists(self.log):
            return []
        with open(self.log, errors="replace") as f:
            lines = [line for line in f.read().splitlines() if not line.startswith(EVENTS)]
        return [line for line in lines if "virtio" in line] if self.foreign else lines     # its other drivers are not ours to judge

    def error(self, text):
        with open(self._err, errors="replace") as f:
            said = f.read().strip()
        tail = self.console[-1500:].decode(errors="replace")
        return GuestError(f"{text}\nQEMU's status: {self.process.poll()} {said}\n--- console ---\n{tail}")
