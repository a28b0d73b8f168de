#!/usr/bin/env python3
"""bench/matching.py FOLDER [--viewers 500] [--postgres HOST:PORT]: the next ten candidates of a million profiles.

FOLDER is where the generator of the dating baselines has put profiles.tsv, interactions.tsv and heavy.txt. With
--postgres, the same data is loaded there (tables `profiles` and `interactions`, user postgres): each viewer is then
asked of both, in turn, PostgreSQL with its own city-or-50-km query, and the answers are compared one by one.
Needs build/release/bench/matching_bench, and psycopg2 for --postgres. Prints JSON lines."""
import argparse
import json
import math
import pathlib
import random
import statistics
import subprocess
import sys
import time

PROGRAM = pathlib.Path(__file__).resolve().parent.parent / "build" / "release" / "bench" / "matching_bench"

DISTANCE = ("2*6371*asin(sqrt(power(sin(radians(p.lat-%(lat)s)/2),2)+cos(radians(%(lat)s))*cos(radians(p.lat))"
            "*power(sin(radians(p.lon-%(lon)s)/2),2)))")
QUERY = f"""select p.id from profiles p
 where p.id <> %(id)s and p.sex = any(%(want)s) and p.looking_for in (%(sex)s, 3)
 and p.age between %(af)s and %(at)s and %(age)s between p.age_from and p.age_to
 and (p.city_id = %(city)s or (p.lat between %(lat)s-0.45 and %(lat)s+0.45
   and p.lon between %(lon)s-%(dlon)s and %(lon)s+%(dlon)s and {DISTANCE} <= 50))
 and not exists (select 1 from interactions i where i.user_id = %(id)s and i.target_id = p.id)
 order by p.rating desc limit 10"""


def viewers(folder, count):
    """The groups of the baselines: ordinary people, and heavy ones who have judged 2,000."""
    dice = random.Random(1)
    heavy = [int(line) for line in (folder / "heavy.txt").read_text().split()]
    known = set(heavy)
    dice.shuffle(heavy)
    ordinary = [one for one in dice.sample(range(1, 1_000_001), count + 200) if one not in known][:count]
    return {"ordinary": ordinary, "heavy": heavy[:count]}


def ask_postgres(address, groups, answers):
    import psycopg2
    host, port = address.split(":")
    connection = psycopg2.connect(host=host, port=port, user="postgres")
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("set jit = off; set max_parallel_workers_per_gather = 0")
    for group, people in groups.items():
        times, different = [], 0
        for person in people:
            cursor.execute("select age, sex, looking_for, age_from, age_to, lat, lon, city_id from profiles where id = %s",
                           (person,))
            age, sex, seeks, low, high, lat, lon, city = cursor.fetchone()
            wish = {"id": person, "age": age, "sex": sex, "want": [1, 2] if seeks == 3 else [seeks], "af": low, "at": high,
                    "lat": lat, "lon": lon, "city": city, "dlon": 0.45 / math.cos(math.radians(lat))}
            begun = time.perf_counter()
            cursor.execute(QUERY, wish)
            found = [row[0] for row in cursor.fetchall()]
            times.append((time.perf_counter() - begun) * 1e3)
            different += found != answers[person]
        times.sort()
        print(json.dumps({"engine": "postgresql", "group": group, "viewers": len(times), "p50_ms": round(statistics.median(times), 2),
                          "p99_ms": round(times[int(len(times) * 0.99)], 2), "answers_that_differ": different}), flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folder", type=pathlib.Path)
    options.add_argument("--viewers", type=int, default=500)
    options.add_argument("--postgres")
    options.add_argument("--program", default=str(PROGRAM))
    asked = options.parse_args()
    groups = viewers(asked.folder, asked.viewers)
    requests = "".join(f"{group} {' '.join(map(str, people))}\n" for group, people in groups.items())
    run = subprocess.run([asked.program, str(asked.folder)], input=requests, capture_output=True, text=True, check=True)
    sys.stdout.write(run.stderr)
    answers = {int(line.split()[0]): [int(word) for word in line.split()[1:]] for line in run.stdout.splitlines()}
    if asked.postgres:
        ask_postgres(asked.postgres, groups, answers)


if __name__ == "__main__":
    main()
