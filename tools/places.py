#!/usr/bin/env python3
"""places.py OUT.tsv: the list of towns that people are found by, made of what Debian ships.

cities15000.txt and admin1Codes.txt (libtimezonemap-data, GeoNames, CC BY 4.0) give the towns of 15,000 people and more,
with coordinates, population, time zone and other names; ru/geonames.mo (libgeonames-common) their Russian names by id.
One line a town, the largest first: id, population, latitude, longitude, zone, country code, name in English, name in
Russian ("" if unknown), region in English, other names separated by "|" (Latin and Cyrillic letters only). Parts of towns
are left out, and towns that stand there twice (London is the City of London, too): the shorter name stays."""
import gettext
import pathlib
import re
import sys

TOWNS = pathlib.Path("/usr/share/libtimezonemap/ui/cities15000.txt")
REGIONS = pathlib.Path("/usr/share/libtimezonemap/ui/admin1Codes.txt")
RUSSIAN = pathlib.Path("/usr/share/locale/ru/LC_MESSAGES/geonames.mo")
RUSSIAN_NAME = re.compile(r"[А-Яа-яЁё -]+\Z")
READABLE = re.compile(r"[A-Za-zÀ-ɏЀ-ӿ0-9 .'’()/-]+\Z")


def is_twin(one, other):
    """The same people, next to each other, and one is called what the other is: one town, entered twice."""
    near = all(abs(float(one[at]) - float(other[at])) < 0.1 for at in (2, 3))
    called = one[6] in other[9].split("|") or other[6] in one[9].split("|")
    return one[1] == other[1] and one[5] == other[5] and near and called


def without_twins(towns):
    """The largest first."""
    kept = {}  # by their people
    for town in sorted(towns, key=lambda one: (-int(one[1]), len(one[6]))):
        as_large = kept.setdefault(town[1], [])
        first = next((one for one in as_large if is_twin(one, town)), None)
        if first:
            first[7] = first[7] or town[7]
        else:
            as_large.append(town)
    return [town for as_large in kept.values() for town in as_large]


def main(out):
    with RUSSIAN.open("rb") as file:
        russian = gettext.GNUTranslations(file)._catalog  # the only way to ask whether there is a name
    names = {key: value for key, value in russian.items() if isinstance(key, str)}
    regions = {}
    for line in REGIONS.read_text(encoding="utf-8").splitlines():
        code, name = line.split("\t")[:2]
        regions[code] = name
    rows = []
    for line in TOWNS.read_text(encoding="utf-8").splitlines():
        field = line.split("\t")
        number, name, plain, others = field[:4]
        if field[7] == "PPLX":
            continue
        in_russian = names.get(number) or next((one for one in others.split(",") if RUSSIAN_NAME.match(one)), "")
        known = {name, in_russian}
        also = [one for one in dict.fromkeys([plain, *others.split(",")]) if one not in known and READABLE.match(one)]
        rows.append([number, field[14], field[4], field[5], field[17], field[8], name, in_russian,
                     regions.get(f"{field[8]}.{field[10]}", ""), "|".join(also)])
    pathlib.Path(out).write_text("".join("\t".join(fields) + "\n" for fields in without_twins(rows)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
