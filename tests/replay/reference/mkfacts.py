#!/usr/bin/env python3
"""Makes facts that try the sentences on time hard, from the Shenyang PM2.5 record of 2013–2015.

    mkfacts.py CSV FOLDER                  readings.csv and bulletins.jsonl (a perfect hindcast)
    mkfacts.py CSV FOLDER --blur SEED      bulletins-SEED.jsonl: bulletins that err, come late, twice or not at all
    mkfacts.py CSV FOLDER --holes SEED     readings-SEED.csv: blank cells, missing rows, invalid flags, outages
    mkfacts.py CSV FOLDER --directives SEED   directives-SEED.jsonl: a higher authority's warnings

CSV is ShenyangPM20100101_20151231.csv (UCI "PM2.5 Data of Five Chinese Cities").  Equal seeds make equal facts.
"""
import argparse
import csv
import json
import os
import random

import ref

COLUMNS = [("taiyuanjie", "PM_Taiyuanjie"), ("xiaoheyan", "PM_Xiaoheyan")]
FIRST, LAST = ref.parse_day("2013-01-01"), ref.parse_day("2015-12-31")


def read_record(path):
    """(time, station, value or '') for every hour and station, in order of time."""
    rows = []
    with open(path, newline="") as f:
        for r in csv.DictReader(f):
            if r["year"] in ("2013", "2014", "2015"):
                time = f'{r["year"]}-{int(r["month"]):02}-{int(r["day"]):02} {int(r["hour"]):02}:00'
                for station, column in COLUMNS:
                    rows.append((time, station, "" if r[column] == "NA" else r[column]))
    return rows


def write_readings(path, lines, flags=False):
    with open(path, "w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(["time", "subject", "series", "value"] + (["flag"] if flags else []))
        out.writerows(lines)


def day_values(record):
    """{day: aqi_day that ref.py itself measures}, from the readings without holes."""
    measured = ref.Measured()
    for time, station, value in record:
        if value:
            measured.store(ref.Reading(ref.parse_time(time), ref.HOUR, station, ref.Fraction(value)))
    for hour in range(ref.day_start(FIRST), ref.day_end(LAST), ref.HOUR):
        measured.close(hour)
    values = {day: measured.aqi_day(day) for day in range(FIRST, LAST + 1)}
    return {day: v for day, v in values.items() if v is not None}


def date(day):
    return ref.show_time(ref.day_start(day))[:10]


def write_events(path, events):
    with open(path, "w") as f:
        for event in events:
            f.write(json.dumps(event, separators=(",", ":")) + "\n")


def event(kind, id, time, data):
    return {"specversion": "1.0", "id": id, "source": "mkfacts", "type": kind, "subject": ref.AREA,
            "time": ref.show_time(time), "data": data}


def bulletin_event(id, issued, first, values):
    return event("forecast", id, issued,
                 {"series": "aqi_day", "issued": ref.show_time(issued), "start": date(first), "step": "P1D",
                  "values": values, "primary": ["pm25"]})


def write_bulletins(path, name, bulletins):
    """bulletins: (issued, first day, values), in file order."""
    write_events(path, [bulletin_event(f"{name}-{n}", *one) for n, one in enumerate(bulletins, 1)])


def hindcast(true):
    return [(ref.day_start(d) + 16 * ref.HOUR, d, [true.get(d + i) for i in range(6)])
            for d in range(FIRST, LAST + 1)]


def blurred(seed, true):
    rng = random.Random(f"blur {seed}")
    gain = [0.9, 1.0, 1.2, 1.5][seed % 4]
    times = [ref.HOUR * h + ref.MINUTE * m
             for h, m in ((0, 0), (8, 0), (9, 15), (14, 0), (15, 59), (16, 30), (17, 45), (20, 0), (22, 30))]

    def value(day, whole):
        v = true.get(day)
        if rng.random() < 0.04 or (v is None and rng.random() < 0.7):
            return None
        if v is None:
            v = rng.randint(40, 260)
        v = max(1, min(500, round(v * whole * rng.uniform(0.6, 1.5))))
        if rng.random() < 0.15:                       # odd and even widths: the middle is rounded up
            return [max(0, v - rng.randint(0, 40)), min(500, v + rng.randint(0, 40))]
        return v

    def bulletin(day, time):
        first = day + (rng.random() < 0.1)            # a few start tomorrow
        length = 6 if rng.random() < 0.4 else rng.randint(3, 7)
        whole = gain * rng.uniform(0.8, 1.25)
        return ref.day_start(day) + time, first, [value(first + i, whole) for i in range(length)]

    out, silent = [], 0
    for day in range(FIRST, LAST + 1):
        if silent:
            silent -= 1
            continue
        if rng.random() < 0.04:                       # this day has none, or this and the next
            silent = rng.choice([0, 1])
            continue
        time = 16 * ref.HOUR if rng.random() < 0.7 else rng.choice(times)
        today = [bulletin(day, time)]
        if rng.random() < 0.1:
            today.append(bulletin(day, rng.choice(times + [time])))    # perhaps at the same instant
        out += sorted(today, key=lambda b: b[0])
    return out


def holed(seed, record):
    """Readings with gaps: blank cells, rows left out, rows flagged invalid, outages of a station or both."""
    rng = random.Random(f"holes {seed}")
    ways = ["blank", "gone", "invalid"]
    until, lines = {}, []
    for n, (time, station, value) in enumerate(record):
        hour, way = n // 2, None
        if rng.random() < 0.002:                      # an outage begins
            stations = [station] if rng.random() < 0.6 else ref.STATIONS
            for s in stations:
                until[s] = (hour + rng.randint(2, 30), rng.choice(ways))
        end, kind = until.get(station, (-1, None))
        if hour < end:
            way = kind
        elif rng.random() < 0.035:
            way = rng.choice(ways)
        if value == "" or way is None:
            lines.append([time, station, "pm25", value, "N" if value and rng.random() < 0.5 else ""])
        elif way == "blank":
            lines.append([time, station, "pm25", "", ""])
        elif way == "invalid":
            lines.append([time, station, "pm25", value, rng.choice(["D", "B"])])
    return lines


def directives(seed):
    """About two a month: at once or from tomorrow, for hours or days, some overlapping."""
    rng = random.Random(f"directives {seed}")
    out, n = [], 0
    for day in range(FIRST, LAST + 1):
        if rng.random() >= 0.07:
            continue
        n += 1
        at = ref.day_start(day) + rng.randrange(24 * 4) * 15 * ref.MINUTE
        start = at if rng.random() < 0.4 else ref.hour_of(at) + rng.randint(1, 40) * ref.HOUR
        end = start + rng.choice([6, 12, 30, 48, 72, 120]) * ref.HOUR + rng.choice([0, 0, 20]) * ref.MINUTE
        out.append(event("directive", f"directive-{n}", at,
                         {"level": rng.choice(ref.LEVELS), "from": ref.show_time(start), "to": ref.show_time(end),
                          "number": f"{n}"}))
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("csv")
    parser.add_argument("folder")
    for name in "blur", "holes", "directives":
        parser.add_argument(f"--{name}", type=int, metavar="SEED", action="append", default=[])
    args = parser.parse_args()
    record = read_record(args.csv)
    true = day_values(record)

    def path(name):
        return os.path.join(args.folder, name)

    write_readings(path("readings.csv"), [[t, s, "pm25", v] for t, s, v in record])
    write_bulletins(path("bulletins.jsonl"), "perfect", hindcast(true))
    for seed in args.blur:
        write_bulletins(path(f"bulletins-{seed}.jsonl"), f"blur-{seed}", blurred(seed, true))
    for seed in args.holes:
        write_readings(path(f"readings-{seed}.csv"), holed(seed, record), flags=True)
    for seed in args.directives:
        write_events(path(f"directives-{seed}.jsonl"), directives(seed))


if __name__ == "__main__":
    main()
