"""Sick neighbours, until standard input ends: prints one line of JSON that says where they are.

arguments: an empty folder to mount on, the number of portals
mount   a folder in which every open waits until the end, as a device that does not answer (a FUSE file system that answers nothing), or null
ports   TCP ports of 127.0.0.1 with a full backlog: connections are dropped
mute    a daemon (abstract socket) that accepts and says nothing
answers a daemon that answers each request with the frame "yes"
"""
import ctypes, json, os, socket, struct, sys, threading

FOLDER, PORTALS = sys.argv[1], int(sys.argv[2])
MNT_DETACH = 2
libc = ctypes.CDLL(None, use_errno=True)
kept = []


def mount():
    try:
        fd = os.open('/dev/fuse', os.O_RDWR)
    except OSError:
        return None
    kept.append(fd)
    options = f'fd={fd},rootmode=40000,user_id=0,group_id=0'
    if libc.mount(b'hanging', FOLDER.encode(), b'fuse', 6, options.encode()) != 0:
        return None
    # Answers FUSE_INIT with protocol 7.31 and its 64 bytes (include/uapi/linux/fuse.h), and nothing after it.
    unique = struct.unpack_from('<IIQ', os.read(fd, 1 << 20))[2]
    body = struct.pack('<IIIIHHI', 7, 31, 0, 0, 12, 10, 65536).ljust(64, b'\0')
    os.write(fd, struct.pack('<IiQ', 16 + len(body), 0, unique) + body)
    return FOLDER


def portal():
    server = socket.socket()
    server.bind(('127.0.0.1', 0))
    server.listen(0)
    kept.append(server)
    for _ in range(4):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(server.getsockname())
        kept.append(client)
    return server.getsockname()[1]


def daemon(name):
    server = socket.socket(socket.AF_UNIX)
    server.bind('\0' + name)
    server.listen(128)
    kept.append(server)
    return server


def answer(server):
    while True:
        connection, _ = server.accept()
        try:
            connection.recv(65536)
            connection.sendall(struct.pack('=Q', 3) + b'yes')
        except OSError:
            pass
        connection.close()


mounted = mount()
ports = [portal() for _ in range(PORTALS)]
names = [f'brickwork-sick-{os.getpid()}-{kind}' for kind in ('mute', 'answers')]
daemon(names[0])
threading.Thread(target=answer, args=[daemon(names[1])], daemon=True).start()
print(json.dumps({'mount': mounted, 'ports': ports, 'mute': names[0], 'answers': names[1]}), flush=True)
sys.stdin.read()
if mounted:
    libc.umount2(FOLDER.encode(), MNT_DETACH)
