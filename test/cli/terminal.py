"""Runs a program in a real pseudo terminal: terminal.py PROGRAM ARGUMENT... < steps

Each line of the input is a step in JSON: ["expect", "regular expression"], ["type", "text"], ["size", "ROWSxCOLUMNS"] or ["end"]. It prints all that the program has
written. It fails when something that is expected does not come within 60 s. The terminal has 24 rows of 80 columns, or those of the variable
SIZE.
"""
import fcntl, json, os, pty, re, select, struct, sys, termios, time



def resize(terminal, size):
    rows, columns = (int(number) for number in size.split("x"))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


pid, terminal = pty.fork()
if pid == 0:
    resize(0, os.environ.get("SIZE", "24x80"))
    os.execvp(sys.argv[1], sys.argv[1:])
seen, read_from = b"", 0
# Colours and movements of the cursor, which are not looked at.
CONTROL = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


def read(seconds):
    global seen
    if not select.select([terminal], [], [], seconds)[0]:
        return False
    try:
        data = os.read(terminal, 65536)
    except OSError:  # EIO: the program has closed the terminal
        return None
    seen += data
    return True if data else None


def finish(code):
    sys.stdout.buffer.write(seen)
    sys.stdout.flush()
    os._exit(code)


for line in sys.stdin:
    step, *argument = json.loads(line)
    if step == "type":
        os.write(terminal, argument[0].encode())
    elif step == "size":
        resize(terminal, argument[0])
    elif step == "expect":
        until = time.monotonic() + float(os.environ.get("LIMIT_S", "60"))
        while True:
            found = re.compile(argument[0].encode(), re.S).search(CONTROL.sub(b"", seen), read_from)
            if found:
                read_from = found.end()
                break
            if time.monotonic() > until or read(0.5) is None:
                sys.stderr.write("never seen: " + argument[0] + "\n")
                finish(1)
    else:
        until = time.monotonic() + float(os.environ.get("LIMIT_S", "60"))
        while read(0.5) is not None and time.monotonic() < until:
            pass
        finish(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
os.kill(pid, 9)
finish(0)
