#!/usr/bin/env python3
"""bench/rerating.py FOLDER --postgres HOST:PORT: re-rating a million people with 20 million judgements, with its writes.

FOLDER is where the generator of the dating baselines has put profiles.tsv and interactions.tsv; the cluster holds the
same as tables `profiles` and `interactions` (database and user postgres) for the one-statement SQL that recomputes all
ratings from the judgements. Ours is loaded beside it into the database `rerating`, schema by our migrations, and rated
by the product's code (build/release/bench/rerating_bench) on the same server. The statement comes first and last, ours
twice between. Needs psycopg2. Prints JSON lines."""
import argparse
import json
import pathlib
import subprocess
import time

import psycopg2

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build" / "release" / "bench" / "rerating_bench"

ONE_STATEMENT = """update profiles p set rating = b.r from (
 select target_id, 100.0 * (likes + 2 * matches + 5) / (likes + 2 * matches + skips + 10) as r from (
  select target_id, count(*) filter (where kind=1) likes, count(*) filter (where kind=2) skips,
         count(*) filter (where kind=3) matches
  from interactions group by target_id) a) b
where p.id = b.target_id"""

LOADS = {
    "ours_users.tsv": "accounts.users (user_id, telegram_id, first_name, language, created_at, last_seen_at)",
    "ours_profiles.tsv": "dating.profiles (user_id, state, consent_version, consented_at, name, born_on, sex, seeks, latitude,"
                         " longitude, place_id, about, interests, created_at, active_at, has_photo)",
    "ours_photos.tsv": "dating.photos (user_id, position, state, blob_id, thumb_id, shape, width, height, sent_at)",
    "ours_ratings.tsv": "dating.ratings (user_id, received_good, received_count, received_at, given_good, given_count,"
                        " given_at, matched, rated_at)",
}


def connected(address, database):
    host, port = address.split(":")
    connection = psycopg2.connect(host=host, port=port, user="postgres", dbname=database)
    connection.autocommit = True
    return connection


def load(address, folder):
    """Our schema and the same people and judgements, as tallies that were kept with each judgement."""
    with connected(address, "postgres").cursor() as admin:
        admin.execute("drop database if exists rerating")
        admin.execute("create database rerating")
    cursor = connected(address, "rerating").cursor()
    for migration in sorted((ROOT / "migrations").glob("*.sql")):
        cursor.execute(migration.read_text())
    cursor.execute("set session_replication_role = replica")  # no triggers and foreign keys while loading
    for file, table in LOADS.items():
        with open(folder / file) as rows:
            cursor.copy_expert(f"copy {table} from stdin", rows)
    cursor.execute("vacuum analyze")
    cursor.execute("checkpoint")


def one_statement(address):
    cursor = connected(address, "postgres").cursor()
    cursor.execute("checkpoint")
    begun = time.perf_counter()
    cursor.execute(ONE_STATEMENT)
    took = time.perf_counter() - begun
    print(json.dumps({"what": "one statement", "seconds": round(took, 2), "written": cursor.rowcount}), flush=True)
    cursor.execute("vacuum analyze profiles")


def ours(address, folder, program):
    load(address, folder)
    host, port = address.split(":")
    subprocess.run([program, "run", f"postgresql://postgres@{host}:{port}/rerating"], check=True)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folder", type=pathlib.Path)
    options.add_argument("--postgres", required=True)
    options.add_argument("--program", default=str(PROGRAM))
    asked = options.parse_args()
    subprocess.run([asked.program, "prepare", str(asked.folder)], check=True)
    one_statement(asked.postgres)
    ours(asked.postgres, asked.folder, asked.program)
    ours(asked.postgres, asked.folder, asked.program)
    one_statement(asked.postgres)


if __name__ == "__main__":
    main()
