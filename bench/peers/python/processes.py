"""processes.py WORK [ARGUMENT...]: Python's multiprocessing at the work of the
processes table. Prints a figure per line."""

import multiprocessing
import sys
import threading
import time

MIB = 1 << 20


def word(conn):
    conn.send_bytes(b"word")


def idle(conn):
    conn.send_bytes(b"word")
    threading.Event().wait()


def take(conn):
    conn.send(len(conn.recv_bytes()))


def give(conn, size):
    conn.send_bytes(bytearray(size))


def start(context, function, *args):
    ours, childs = context.Pipe()
    process = context.Process(target=function, args=(childs, *args), daemon=True)
    process.start()
    childs.close()
    return process, ours


def first_word(method, times):
    """Milliseconds from the start of a child to its first word."""
    context = multiprocessing.get_context(method)
    for i in range(-1, int(times)):
        begin = time.perf_counter()
        process, conn = start(context, word)
        conn.recv_bytes()
        took = time.perf_counter() - begin
        process.join()
        if i >= 0:  # the first one starts the forkserver, too
            print(took * 1e3)


def carry_in(mib, times):
    """MiB/s of an argument sent to a fresh child, start included."""
    context = multiprocessing.get_context("fork")
    data = bytearray(int(mib) * MIB)
    for _ in range(int(times)):
        begin = time.perf_counter()
        process, conn = start(context, take)
        conn.send_bytes(data)
        assert conn.recv() == len(data)
        process.join()
        print(int(mib) / (time.perf_counter() - begin))


def carry_out(mib, times):
    """MiB/s of a result received from a fresh child, start included."""
    context = multiprocessing.get_context("fork")
    size = int(mib) * MIB
    for _ in range(int(times)):
        begin = time.perf_counter()
        process, conn = start(context, give, size)
        assert len(conn.recv_bytes()) == size
        process.join()
        print(int(mib) / (time.perf_counter() - begin))


def memory(method, children):
    """KiB of each idle child: its proportional share."""
    context = multiprocessing.get_context(method)
    started = [start(context, idle) for _ in range(int(children))]
    for _, conn in started:
        conn.recv_bytes()
    for process, _ in started:
        with open(f"/proc/{process.pid}/smaps_rollup") as rollup:
            print(next(line.split()[1] for line in rollup if line.startswith("Pss:")))
    for process, _ in started:
        process.kill()


def tree(children):
    """A parent of so many idle daemons. Says a word when they are there."""
    context = multiprocessing.get_context("fork")
    started = [start(context, idle) for _ in range(int(children))]
    for _, conn in started:
        conn.recv_bytes()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    {f.__name__: f for f in (first_word, carry_in, carry_out, memory, tree)}[sys.argv[1]](*sys.argv[2:])
