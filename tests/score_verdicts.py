#!/usr/bin/env python3
"""Scores verdicts against labelled posts.

usage: score_verdicts.py POSTS.jsonl VERDICTS.jsonl [--wrong] [--gate]

POSTS:    {"id", "text", "kind": vacancy|cv|ad|spam|other|none, "categories": [slugs], "scam": bool} a line
VERDICTS: what `tandem classify` answered for them
--wrong   also lists the posts judged wrong, grouped by kind of error (for reading, not for tuning to rows)
--gate    exit 1 unless kind accuracy >= 0.90, macro-F1 >= 0.70 and CVs let through as vacancies <= 2 %

ad, spam and other count as "none". Categories are scored on posts whose true kind is vacancy or cv, with the
categories of the verdict whatever its kind; macro-F1 is the mean over categories with at least ten posts.
"""
import collections
import json
import sys

KINDS = ("vacancy", "cv", "none")


def ratio(part, whole):
    return part / whole if whole else float("nan")


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def main():
    names = [a for a in sys.argv[1:] if not a.startswith("--")]
    if len(names) != 2:
        sys.exit(__doc__)
    posts = read(names[0])
    verdicts = {str(v["id"]): v for v in read(names[1]) if "error" not in v}
    missing = [p["id"] for p in posts if str(p["id"]) not in verdicts]
    if missing:
        sys.exit(f"{len(missing)} posts have no verdict, e.g. {missing[0]}")

    table = collections.Counter()
    hit, said, true = collections.Counter(), collections.Counter(), collections.Counter()
    scams = scams_found = scams_as_vacancy = exact = work = 0
    wrong = collections.defaultdict(list)
    for post in posts:
        verdict = verdicts[str(post["id"])]
        kind = post["kind"] if post["kind"] in ("vacancy", "cv") else "none"
        table[kind, verdict["kind"]] += 1
        if kind != verdict["kind"]:
            wrong[f"{post['kind']} judged {verdict['kind']}"].append((post, verdict))
        if post.get("scam"):
            scams += 1
            scams_found += bool(verdict["scam"]) and verdict["kind"] == "none"
            scams_as_vacancy += verdict["kind"] == "vacancy"
        if kind == "none":
            continue
        want, have = set(post.get("categories", [])), set(verdict["categories"])
        work += 1
        exact += want == have
        for slug in want | have:
            hit[slug] += slug in want and slug in have
            said[slug] += slug in have
            true[slug] += slug in want
            if verdict["kind"] != "none" and (slug in want) != (slug in have):
                wrong[f"{slug} {'missed' if slug in want else 'too much'}"].append((post, verdict))

    total = len(posts)
    accuracy = ratio(sum(table[k, k] for k in KINDS), total)
    print(f"{total} posts")
    print(f"kind accuracy            {accuracy:.3f}")
    for kind in KINDS:
        judged = sum(table[k, kind] for k in KINDS)
        are = sum(table[kind, k] for k in KINDS)
        print(f"  {kind:8} precision {ratio(table[kind, kind], judged):.3f}  recall {ratio(table[kind, kind], are):.3f}"
              f"  ({are} posts, judged " + ", ".join(f"{k} {table[kind, k]}" for k in KINDS) + ")")
    f1s = []
    for slug in sorted(set(true) | set(said)):
        f1 = ratio(2 * hit[slug], said[slug] + true[slug])
        counted = true[slug] >= 10
        if counted:
            f1s.append(f1)
        print(f"  {slug:13} F1 {f1:.3f}  precision {ratio(hit[slug], said[slug]):.3f}"
              f"  recall {ratio(hit[slug], true[slug]):.3f}  posts {true[slug]}{'' if counted else ' (not counted)'}")
    macro = ratio(sum(f1s), len(f1s))
    print(f"macro-F1                 {macro:.3f} over {len(f1s)} categories with >= 10 posts")
    print(f"all categories right     {ratio(exact, work):.3f} of {work} posts with work")
    cvs = sum(table["cv", k] for k in KINDS)
    let_through = ratio(table["cv", "vacancy"], cvs)
    print(f"CVs let through          {let_through:.3f} ({table['cv', 'vacancy']} of {cvs})")
    print(f"scams found              {ratio(scams_found, scams):.3f} ({scams_found} of {scams}),"
          f" let through as vacancies {scams_as_vacancy}")
    if "--wrong" in sys.argv:
        for title, cases in sorted(wrong.items(), key=lambda item: -len(item[1])):
            print(f"\n== {title}: {len(cases)}")
            for post, verdict in cases[:25]:
                print(f"  {post['id']} {verdict['confidence']} {post.get('categories')} -> {verdict['categories']}: "
                      + " ".join(post["text"].split())[:220])
    if "--gate" in sys.argv:
        # Written so that a figure that cannot be computed (no CVs in the set) does not fail the gate.
        if accuracy < 0.90 or macro < 0.70 or let_through > 0.02:
            sys.exit(1)


if __name__ == "__main__":
    main()
