#!/usr/bin/env python3
"""places.py OUT.tsv: the list of towns that people are found by, made of what Debian ships.

cities15000.txt and admin1Codes.txt (libtimezonemap-data, GeoNames, CC BY 4.0) give the towns of 15,000 people and more,
with coordinates, population, time zone and other names; ru/geonames.mo (libgeonames-common) their Russian names by id.
One line a town, the largest first: id, population, latitude, longitude, zone, country code, name in English, name in
Russian ("" if unknown), region in English, other names separated by "|" (Latin and Cyrillic letters only). Parts of towns
are left out."""
import gettext
import pathlib
import re
import sys

TOWNS = pathlib.Path("/usr/share/libtimezonemap/ui/cities15000.txt")
REGIONS = pathlib.Path("/usr/share/libtimezonemap/ui/admin1Codes.txt")
RUSSIAN = pathlib.Path("/usr/share/locale/ru/LC_MESSAGES/geonames.mo")
RUSSIAN_NAME = re.compile(r"[А-Яа-яЁё -]+\Z")
READABLE = re.compile(r"[A-Za-zÀ-ɏЀ-ӿ0-9 .'’()/-]+\Z")


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
        rows.append((int(field[14]), [number, field[14], field[4], field[5], field[17], field[8], name, in_russian,
                                      regions.get(f"{field[8]}.{field[10]}", ""), "|".join(also)]))
    rows.sort(key=lambda row: -row[0])
    pathlib.Path(out).write_text("".join("\t".join(fields) + "\n" for _, fields in rows), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
