"""locks.py WORK [ARGUMENT...]: multiprocessing.Lock at the work of the locks
table. Prints a figure per line; times are of CLOCK_MONOTONIC."""

import multiprocessing
import os
import signal
import sys
import time

BATCH = 16

context = multiprocessing.get_context("fork")


def uncontended(times, n):
    """Nanoseconds of a lock and unlock, the mean of n."""
    lock = context.Lock()
    for _ in range(int(times)):
        begin = time.monotonic_ns()
        for _ in range(int(n)):
            lock.acquire()
            lock.release()
        print((time.monotonic_ns() - begin) / int(n))


def contender(lock, conn, processors):
    if processors:
        os.sched_setaffinity(0, processors)
    conn.send("ready")
    begin, end = conn.recv()
    time.sleep(max(0, begin - time.monotonic_ns()) / 1e9)
    count = longest = 0
    before = time.monotonic_ns()
    while before < end:
        for _ in range(BATCH):
            lock.acquire()
            lock.release()
        count += BATCH
        after = time.monotonic_ns()
        longest = max(longest, after - before)
        before = after
    conn.send((count, longest))


def contend(processes, milliseconds, placing):
    """Million per second in all, the least share in percent, the longest wait in ms."""
    lock = context.Lock()
    all_processors = sorted(os.sched_getaffinity(0))
    conns = []
    for i in range(int(processes)):
        ours, its = context.Pipe()
        processors = {all_processors[i % len(all_processors)]} if placing == "pinned" else None
        context.Process(target=contender, args=(lock, its, processors), daemon=True).start()
        ours.recv()
        conns.append(ours)
    begin = time.monotonic_ns() + 20_000_000
    end = begin + int(milliseconds) * 1_000_000
    for conn in conns:
        conn.send((begin, end))
    counts, longest = zip(*(conn.recv() for conn in conns))
    print(sum(counts) * 1e3 / (end - begin), 100 * min(counts) / sum(counts), max(longest) / 1e6)


def holder(lock, conn):
    lock.acquire()
    conn.send("held")
    signal.pause()


def waiter(lock, conn):
    conn.send("waiting")
    lock.acquire()
    conn.send(time.monotonic_ns())


def kill(patience):
    """Milliseconds from SIGKILL of the holder to the next one's lock."""
    lock = context.Lock()
    ours, its = context.Pipe()
    first = context.Process(target=holder, args=(lock, its))
    first.start()
    ours.recv()
    second = context.Process(target=waiter, args=(lock, its))
    second.start()
    ours.recv()
    time.sleep(0.02)
    begin = time.monotonic_ns()
    first.kill()
    print((ours.recv() - begin) / 1e6 if ours.poll(int(patience) / 1e3) else "never")
    second.kill()


if __name__ == "__main__":
    {f.__name__: f for f in (uncontended, contend, kill)}[sys.argv[1]](*sys.argv[2:])
