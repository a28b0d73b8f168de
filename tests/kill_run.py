"""What the long tests that kill the product share: posts flow to people, the product is killed again and again, and the
sandbox's record is the judge. Nothing may be lost; twice may come only what was in flight at a kill: a message accepted
within two seconds before a kill and not yet marked, or on the wire then and accepted just after it. One order in ten is
edited after it was written and one in thirty deleted: in the end every card shows it."""
import collections
import time

from driver import from_nearest_kill, in_flight


def left_of(what, seconds):
    """What is there after so long, sooner if nothing is: an edit, say, may wait for its page to be read again."""
    end = time.time() + seconds
    while (left := what()) and time.time() < end:
        time.sleep(2)
    return left


def change_some(flow, dice):
    """By chance, one of the newest orders is edited or deleted, or comes in another source too."""
    recent = len(flow.order) - dice.randint(1, min(max(8, len(flow.sources)), len(flow.order)))
    chance = dice.random()
    if chance < 0.1:
        flow.edit(recent)
    elif chance < 0.13:
        flow.delete(recent)
    elif chance < 0.16:
        flow.copy(recent)


def kill_run(flow, kills, posts, strike, quiet):
    """Writes orders and kills the product by `strike`, which also starts it again; prints what came of it. What was
    looked at: (name, what is wrong with it)."""
    town, dice = flow.town, flow.dice
    begun = time.time()
    for life in range(kills):
        until = posts * (life + 1) // kills
        end = time.time() + dice.uniform(0.2, 1.5)
        while len(flow.order) < until:
            flow.write()
            change_some(flow, dice)
            time.sleep(max(0.0, (end - time.time()) / max(1, until - len(flow.order))))
        for source in flow.sources:
            source.tend()
        strike(life)
        flow.arrivals.look()
    for source in flow.sources:
        source.finish()
    flow.arrivals.settle(quiet=quiet)
    stale = left_of(flow.stale, 60)
    flow.arrivals.look()
    twice = flow.twice()
    unexcused = {key: times for key, times in twice.items() if not in_flight(times, town.kills)}
    for key, times in sorted(unexcused.items())[:5]:
        print(f"twice: {key}, from the nearest kill on {from_nearest_kill(times, town.kills)}")
    missing = flow.missing()
    print_kinds(flow, missing, twice, unexcused, stale)
    print(f"{len(town.kills)} kills in {time.time() - begun:.0f} s, {len(flow.order)} posts, "
          f"{len(flow.arrivals.times)} deliveries, lost {len(missing)}, twice {len(twice)}, of them in flight at a "
          f"kill {len(twice) - len(unexcused)}")
    return [("lost", missing), ("twice without a kill", unexcused), ("edits and deletions not shown", stale)]


def print_kinds(flow, missing, twice, unexcused, stale):
    """A line for each kind of source."""
    def count(what):
        """By kind: of what is an order, or a delivery of one."""
        return collections.Counter(flow.source_of(one[0] if isinstance(one, tuple) else one).kind for one in what)

    columns = {"posts": count(range(len(flow.order))), "delivered": count(flow.arrivals.times), "lost": count(missing),
               "twice": count(twice), "in flight": count(set(twice) - set(unexcused)), "edited": count(flow.edited),
               "deleted": count(flow.deleted), "copied": count(flow.copied), "not shown": count(stale)}
    print(" " * 22 + "".join(f"{name:>11}" for name in columns))
    for kind in dict.fromkeys(source.kind for source in flow.sources):
        print(f"{kind:22}" + "".join(f"{counted[kind]:>11}" for counted in columns.values()))
    print("copied: written into a source of another kind too; in flight: of those that came twice, at a kill; not shown: "
          "cards\nthat do not show the last edit, or that the order is gone")


def sentences(looked):
    """What is wrong, for people."""
    return [f"{name}: {sorted(bad)[:5]}" for name, bad in looked if bad]
