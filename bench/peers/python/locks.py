"""locks.py WORK [ARGUMENT...]: multiprocessing.Lock, and what else has acquire and
release (KIND: RLock, Semaphore), at the work of the locks table. Prints a figure
per line."""

import signal
import time

import stage
from stage import context


def passes(lock):
    def acquire_and_release(n):
        for _ in range(n):
            lock.acquire()
            lock.release()

    return acquire_and_release


def uncontended(kind, times, n):
    stage.uncontended(passes(getattr(context, kind)()), times, n)


def contend(kind, processes, milliseconds, placing, *initial):
    lock = getattr(context, kind)(*map(int, initial))
    stage.contend([passes(lock)] * int(processes), milliseconds, placing)


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
    stage.main(uncontended, contend, kill)
