"""queues.py WORK [ARGUMENT...]: what multiprocessing carries messages with (KIND:
Queue, SimpleQueue, Pipe), at the work of the queues table. Messages are bytes of
one size."""

import stage
from stage import context


def way(kind, size, room):
    """Two functions that put and get so many messages, in one direction."""
    if kind == "Pipe":
        receiver, sender = context.Pipe(duplex=False)
        put, get = sender.send_bytes, receiver.recv_bytes
    else:
        queue = context.Queue(room) if kind == "Queue" else context.SimpleQueue()
        put, get = queue.put, queue.get
    message = bytearray(size)

    def puts(n):
        for i in range(n):
            message[0] = message[-1] = i & 255
            put(bytes(message))

    def gets(n):
        for _ in range(n):
            m = get()
            assert len(m) == size and m[0] == m[-1]

    return puts, gets


def stream(kind, size, room, producers, consumers, count, placing):
    stage.stream(*way(kind, int(size), int(room)), int(producers), int(consumers), int(count), placing)


def pingpong(kind, size, times, rest, placing):
    """A turn of the first is a round trip."""
    there, back = (way(kind, int(size), 16) for _ in range(2))

    def first():
        there[0](1)
        back[1](1)

    def second():
        there[1](1)
        back[0](1)

    stage.ensemble([first, second], times, placing, rest)


if __name__ == "__main__":
    stage.main(stream, pingpong)
