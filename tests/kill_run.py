"""What the long tests that kill the product share: posts flow to people, the product is killed again and again, and the
sandbox's record is the judge. Nothing may be lost; twice may come only what was in flight at a kill: a message accepted
within two seconds before a kill and not yet marked. One order in ten is edited after it was written: in the end every card
shows the edit."""
import time

from orders import Flow

IN_FLIGHT_S = 2.0


def settled(flow, seconds=60):
    """What is still stale when nothing changes any more: an edit may wait for its page to be read again."""
    end = time.time() + seconds
    while (stale := flow.stale()) and time.time() < end:
        time.sleep(2)
    return stale


def kill_run(town, kills, posts, people, channels, dice, strike, quiet):
    """Starts the town's product, kills it by `strike`, which also starts it again, and prints what came of it. What
    failed, as sentences; three things are looked at."""
    town.start()
    flow = Flow(town, people, channels, 1, dice)
    begun = time.time()
    for life in range(kills):
        until = posts * (life + 1) // kills
        end = time.time() + dice.uniform(0.2, 1.5)
        while len(flow.order) < until:
            flow.write()
            if dice.random() < 0.1:
                flow.edit(len(flow.order) - dice.randint(1, min(8, len(flow.order))))
            time.sleep(max(0.0, (end - time.time()) / max(1, until - len(flow.order))))
        strike(life)
        flow.arrivals.look()
    flow.arrivals.settle(quiet=quiet)
    stale = settled(flow)
    twice = flow.twice()
    unexcused = {key: times for key, times in twice.items()
                 if not all(any(0 <= kill - earlier <= IN_FLIGHT_S for kill in town.kills) for earlier in times[:-1])}
    missing = flow.missing()
    print(f"{len(flow.edited)} orders edited, cards that do not show it {len(stale)}")
    print(f"{len(town.kills)} kills in {time.time() - begun:.0f} s, {len(flow.order)} posts, "
          f"{len(flow.arrivals.times)} deliveries, lost {len(missing)}, twice {len(twice)}, of them in flight at a "
          f"kill {len(twice) - len(unexcused)}")
    return [f"{name}: {sorted(bad)[:5]}" for name, bad in
            (("lost", missing), ("twice without a kill", unexcused), ("edits not shown", stale)) if bad]
