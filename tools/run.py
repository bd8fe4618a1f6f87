# SPDX-License-Identifier: Apache-2.0
"""`make run`: boots an image in QEMU with one device of every kind.

In a desktop session there is a window as well, in which the demo's screen is (its command line says `screen`); the variable
WINDOW=0 does without. On a terminal, QEMU takes this process's place. Otherwise the lines of standard input are given to the guest's shell, each
at its prompt, and then `poweroff`. The exit status is QEMU's.
"""

import argparse
import os
import select
import shutil
import socket
import subprocess
import sys

import qemu

IPERF = 5001
SILENCE = 60    # seconds without output after which a fed guest is given up


def say(text):
    print(text, file=sys.stderr, flush=True)


def make_disk(path):
    if not os.path.exists(path):
        with open(path, "wb") as f:
            f.truncate(64 << 20)
    return path


def free(port, what):
    """Is the port of 127.0.0.1 free for what is to be forwarded to it?"""
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
            s.listen()
        except OSError:
            say(f"Port {port} is in use: the guest's {what} is not forwarded.")
            return False
    return True


def forward(port):
    """The ports of 127.0.0.1 that lead into the guest: `port` to its page, IPERF to iperf. `port` 0: none."""
    pairs = []
    if port and free(port, "port 80"):
        pairs.append((port, 80))
        say(f"The guest's page: http://127.0.0.1:{port}")
    if port and free(IPERF, f"port {IPERF}"):
        pairs.append((IPERF, IPERF))
        say("Its throughput: iperf -c 127.0.0.1    (version 2)")
    return [f"tcp:127.0.0.1:{near}-:{far}" for near, far in pairs]


def window(program):
    """What QEMU is to show, as its -display says it: "none" where there is no desktop, or no window is wanted."""
    desktop = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
    if not desktop or os.environ.get("WINDOW") == "0":
        return "none"
    known = subprocess.run([program, "-display", "help"], capture_output=True, text=True).stdout.split()
    for kind in ("gtk", "sdl"):
        if kind in known:
            say(f"Its screen is in a window on {desktop}: paint in it, type in it. WINDOW=0 does without.")
            return kind
    say(f"No window: this {program} has none (on Debian: apt-get install qemu-system-gui).")
    return "none"


def feed(command, lines):
    """Runs QEMU, gives it the lines one at a prompt, copies its output. Returns its exit status, or 1 if it falls silent."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    fd, seen, leaving = process.stdout.fileno(), b"", False
    while True:
        if not select.select([fd], [], [], SILENCE)[0]:
            process.kill()
            say(f"\nrun: no output for {SILENCE} seconds, gave up.")
            return 1
        data = os.read(fd, 65536)
        if not data:
            status = process.wait()
            return status if status >= 0 else 128 - status
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        seen = qemu.ANSI.sub(b"", (seen + data)[-4096:])
        if qemu.PROMPT.search(seen):
            seen = b""
            line = next(lines, None)
            if line is None and leaving:
                process.terminate()     # a prompt again: RT-Thread does not have the command on every board
                process.wait()
                say("\nrun: the guest has no poweroff, QEMU was ended.")
                return 0
            leaving = line is None
            try:
                process.stdin.write((line or "poweroff").rstrip("\r\n").encode() + b"\n")
                process.stdin.flush()
            except BrokenPipeError:
                pass


def main():
    parser = argparse.ArgumentParser()
    qemu.options(parser)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--disk")
    a = parser.parse_args()
    if not shutil.which(qemu.program(a.board)):
        sys.exit(f"run: {qemu.program(a.board)} is not on PATH")

    sockets = f"build/{a.board}"
    os.makedirs(sockets, exist_ok=True)
    display = window(qemu.program(a.board))
    command = qemu.machine(a.board, a.virtio, a.smp, a.mem, a.kernel, display)
    if display != "none":
        command += ["-append", "screen"]
    command += qemu.all_devices(a.disk or make_disk("build/disk.img"), sockets, forward(a.port))
    say(f"Its consoles: the sockets {sockets}/console.sock and {sockets}/port.sock")
    if sys.stdin.isatty():
        say("To leave: type `poweroff`, or press Ctrl-A and then X.")
        os.execvp(command[0], command + ["-serial", "mon:stdio"])
    sys.exit(feed(command + ["-serial", "stdio"], iter(sys.stdin)))


if __name__ == "__main__":
    main()
