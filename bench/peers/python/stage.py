"""What contestants have in common in which several processes do one thing at the
same time; internal/stage does it for the players in other languages. Times are ns
of CLOCK_MONOTONIC."""

import multiprocessing
import os
import sys
import time

BATCH = 16

context = multiprocessing.get_context("fork")


def uncontended(passes, times, n):
    """Prints the nanoseconds of a pass, the mean of n, so often."""
    for _ in range(int(times)):
        begin = time.monotonic_ns()
        passes(int(n))
        print((time.monotonic_ns() - begin) / int(n))


def enter(target, index, placing):
    """Starts a player, and returns a connection to it."""
    all_processors = sorted(os.sched_getaffinity(0))
    processor = {all_processors[index % len(all_processors)]}
    ours, its = context.Pipe()

    def play():
        if placing == "pinned":
            os.sched_setaffinity(0, processor)
        target(its)

    context.Process(target=play, daemon=True).start()
    return ours


def contend(players, milliseconds, placing):
    """Has processes make passes at the same time, one for each of the functions.

    Prints million passes per second in all, the percentage of the slowest, the
    longest time of BATCH of them in ms, and million per second of the first and of
    the others.
    """

    def contender(passes):
        def play(conn):
            conn.send("ready")
            begin, end = conn.recv()
            time.sleep(max(0, begin - time.monotonic_ns()) / 1e9)
            count = longest = 0
            before = time.monotonic_ns()
            while before < end:
                passes(BATCH)
                count += BATCH
                after = time.monotonic_ns()
                longest = max(longest, after - before)
                before = after
            conn.send((count, longest))

        return play

    conns = [enter(contender(passes), i, placing) for i, passes in enumerate(players)]
    for conn in conns:
        conn.recv()
    begin = time.monotonic_ns() + 20_000_000
    end = begin + int(milliseconds) * 1_000_000
    for conn in conns:
        conn.send((begin, end))
    counts, longest = zip(*(conn.recv() for conn in conns))
    million = (end - begin) / 1e3
    share = 100 * min(counts) / sum(counts)
    print(sum(counts) / million, share, max(longest) / 1e6, counts[0] / million, sum(counts[1:]) / million)


def stream(puts, gets, producers, consumers, count, placing):
    """Has processes put and get so many messages, and prints thousands per second.

    puts and gets are functions of a number of messages.
    """

    def player(work, n):
        def play(conn):
            conn.send("ready")
            time.sleep(max(0, conn.recv() - time.monotonic_ns()) / 1e9)
            work(n)
            conn.send(time.monotonic_ns())

        return play

    players = [(puts, count // producers)] * producers + [(gets, count // consumers)] * consumers
    conns = [enter(player(*p), i, placing) for i, p in enumerate(players)]
    for conn in conns:
        conn.recv()
    begin = time.monotonic_ns() + 20_000_000
    for conn in conns:
        conn.send(begin)
    print(count / (max(conn.recv() for conn in conns) - begin) * 1e6)


def ensemble(turns, times, placing, rest=0):
    """Has processes take turns together, one for each of the functions.

    Prints the microseconds of each turn of the first, which rests so many before
    each; but for one that waits for all to be there.
    """

    def joiner(turn, rest):
        def play(conn):
            took = []
            for _ in range(int(times) + 1):
                if rest:
                    time.sleep(rest / 1e6)
                begin = time.monotonic_ns()
                turn()
                took.append((time.monotonic_ns() - begin) / 1e3)
            conn.send(took[1:])

        return play

    conns = [enter(joiner(turn, 0 if i else int(rest)), i, placing) for i, turn in enumerate(turns)]
    first, *_ = [conn.recv() for conn in conns]
    print(*first, sep="\n")


def main(*works):
    """Does the work that the first argument names with the others."""
    {f.__name__: f for f in works}[sys.argv[1]](*sys.argv[2:])
