"""values.py WORK [ARGUMENT...]: multiprocessing.Value and Array, with their locks,
at the work of the values table. WHAT is "int64", a Value, or a number of bytes,
which are an Array of that size."""

import stage
from stage import context


def passes(what):
    """Two functions: so many loads, so many stores."""
    if what == "int64":
        value = context.Value("q")

        def loads(n):
            for _ in range(n):
                value.value

        def stores(n):
            for _ in range(n):
                value.value = 1

    else:
        array = context.Array("c", int(what))
        own = bytes(int(what))

        def loads(n):
            for _ in range(n):
                array.raw

        def stores(n):
            for _ in range(n):
                array.raw = own

    return {"load": loads, "store": stores}


def uncontended(which, what, times, n):
    stage.uncontended(passes(what)[which], times, n)


def mix(what, processes, milliseconds, placing):
    """The first process stores, the others load."""
    both = passes(what)
    players = [both["store"]] + [both["load"]] * (int(processes) - 1)
    stage.contend(players, milliseconds, placing)


if __name__ == "__main__":
    stage.main(uncontended, mix)
