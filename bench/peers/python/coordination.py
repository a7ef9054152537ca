"""coordination.py WORK [ARGUMENT...]: multiprocessing.Condition and Barrier at the
work of the coordination table. Prints the microseconds of each turn."""

import stage
from stage import context


def pingpong(times, placing):
    """Two processes hand a ball to and fro: a turn of the first is a round trip."""
    lock = context.Lock()
    has_ball = [context.Condition(lock), context.Condition(lock)]
    ball = context.RawValue("i", 0)  # whose it is

    def hand_over(to):
        ball.value = to
        has_ball[to].notify()

    def wait(who):
        while ball.value != who:
            has_ball[who].wait()

    def first():
        with lock:
            hand_over(1)
            wait(0)

    def second():
        with lock:
            wait(1)
            hand_over(0)

    stage.ensemble([first, second], times, placing)


def broadcast(waiters, times, placing):
    """One process wakes all others as soon as all of them wait."""
    lock = context.Lock()
    all_wait, go = context.Condition(lock), context.Condition(lock)
    waiting, number = context.RawValue("i", 0), context.RawValue("i", 0)

    def lead():
        with lock:
            while waiting.value < int(waiters):
                all_wait.wait()
            waiting.value = 0
            number.value += 1
            go.notify_all()

    def follow():
        with lock:
            mine = number.value
            waiting.value += 1
            if waiting.value == int(waiters):
                all_wait.notify()
            while number.value == mine:
                go.wait()

    stage.ensemble([lead] + [follow] * int(waiters), times, placing)


def barrier(parties, times, placing):
    """A turn is a round."""
    meeting = context.Barrier(int(parties))
    stage.ensemble([meeting.wait] * int(parties), times, placing)


if __name__ == "__main__":
    stage.main(pingpong, broadcast, barrier)
