#!/usr/bin/env python3
"""The sentences on time (scripts/README.md) a second time, for one rule: the heavy-pollution ladder over
policies/examples/pm25-only.  Written from the text, not from the engine.  Clarity before speed.

    ref.py [--downgrade hold|follow] [--wrong NAME]... FACTS...

Prints one JSON object a line for every transition: issue raise lower lift reopen.
--wrong NAME misreads one sentence on purpose: a comparison that does not notice is worth nothing.
"""
import argparse
import csv
import json
import sys
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from math import ceil

# --------------------------------------------------------------------------- time
# Instants are integer milliseconds UTC.  Asia/Shanghai has been UTC+8 all the time since 1991.

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
ZONE = timezone(timedelta(hours=8))
OFFSET = 8 * HOUR
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
EPOCH_DATE = EPOCH.date()


def parse_time(text):
    """RFC 3339, or a local `2013-01-01 00:00[:00]`."""
    text = text.strip().replace("Z", "+00:00").replace("z", "+00:00")
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        when = when.replace(tzinfo=ZONE)
    return (when - EPOCH) // timedelta(milliseconds=1)


def local(ms):
    return (EPOCH + timedelta(milliseconds=ms)).astimezone(ZONE)


def show_time(ms):
    return local(ms).isoformat(timespec="seconds")


def day_of(ms):
    """The number of the local civil day that contains the instant."""
    return (ms + OFFSET) // DAY


def day_start(day):
    return day * DAY - OFFSET


def day_end(day):
    return day_start(day + 1)


def parse_day(text):
    if len(text) == 10:
        return (datetime.strptime(text, "%Y-%m-%d").date() - EPOCH_DATE).days
    return day_of(parse_time(text))


def hour_of(ms):
    """The start of the hour that contains the instant."""
    return ms // HOUR * HOUR


# --------------------------------------------------------------------------- the bundle

AREA = "210100"
STATIONS = ["taiyuanjie", "xiaoheyan"]
SERIES = "pm25"
RULE = "heavy-pollution"
SETTLE_AFTER = 30 * MINUTE
MIN_STATIONS = ceil(Fraction(3, 4) * len(STATIONS))          # = 2, both
MIN_HOURS = 20
BULLETIN_MAX_AGE = 36 * HOUR
LEAD = 60 * HOUR
MERGE_WITHIN = 36 * HOUR
VALID_FLAGS = {"", "N"}

# Levels by number, lowest first.  A clause of issue_when is (above, lasting).
LEVELS = ["yellow", "orange", "red"]
ISSUE_WHEN = [
    (any, [(200, 24 * HOUR), (150, 48 * HOUR)]),
    (any, [(200, 48 * HOUR), (150, 72 * HOUR)]),
    (all, [(200, 72 * HOUR), (300, 24 * HOUR)]),
]
LIFT_OBSERVED_AT_MOST = 150
LIFT_FORECAST_AT_MOST = 150
LIFT_FORECAST_LASTING = 36 * HOUR

# --------------------------------------------------------------------------- AQI

INDEX = [0, 50, 100, 150, 200, 300, 400, 500]
PM25_2012 = [0, 35, 75, 115, 150, 250, 350, 500]
PM25_2026 = [0, 35, 60, 115, 150, 250, 350, 500]
DAY_2026 = parse_day("2026-03-01")


def pm25_aqi(mean, day):
    """The AQI of an exact PM2.5 mean; the only pollutant of the bundle, so its IAQI is the AQI."""
    points = PM25_2012 if day < DAY_2026 else PM25_2026
    c = round(mean)                                   # Fraction.__round__ is half-even
    if c > points[-1]:
        return 500
    for i in range(1, len(points)):
        if c <= points[i]:
            low, high = points[i - 1], points[i]
            return ceil(Fraction((INDEX[i] - INDEX[i - 1]) * (c - low), high - low) + INDEX[i - 1])
    raise AssertionError


# --------------------------------------------------------------------------- facts

class Reading:
    def __init__(self, start, period, station, value):
        self.arrival = start + period
        self.start, self.period, self.station = start, period, station
        self.value = value                            # Fraction, or None: reported, but contributes nothing


class Bulletin:
    def __init__(self, area, series, issued, first_day, values, primary):
        self.arrival = issued
        self.area, self.series, self.issued = area, series, issued
        self.first_day, self.values, self.primary = first_day, values, primary

    def value(self, day):
        i = day - self.first_day
        return self.values[i] if 0 <= i < len(self.values) else None

    def last_day(self):
        return self.first_day + len(self.values) - 1


class Directive:
    def __init__(self, area, at, level, end):
        self.arrival = at
        self.area, self.level, self.end = area, level, end


class Other:
    """A fact that concerns nothing here, but has an arrival (replay ends at the last one)."""
    def __init__(self, arrival):
        self.arrival = arrival


def read_csv(path):
    with open(path, encoding="utf-8-sig", newline="") as f:
        for row in csv.DictReader(f):
            start = parse_time(row["time"])
            text = (row["value"] or "").strip()
            if text == "":                            # absent: not reported, not a fact
                continue
            if row["series"] != SERIES:
                yield Other(start + HOUR)
                continue
            valid = (row.get("flag") or "").strip() in VALID_FLAGS
            yield Reading(start, HOUR, row["subject"], Fraction(text) if valid else None)


def forecast_value(v):
    """A number, a [low, high] used as its middle rounded up, or None."""
    if v is None:
        return None
    if isinstance(v, list):
        low, high = v
        return Fraction(ceil((Fraction(low) + Fraction(high)) / 2))
    return Fraction(v)


def event_fact(event):
    kind, data = event["type"], event.get("data") or {}
    if kind == "reading":
        if data.get("period", "PT1H") != "PT1H":
            raise ValueError("only PT1H readings are understood here")
        start = parse_time(event["time"])
        if SERIES not in data["values"]:
            return Other(start + HOUR)
        value = data["values"][SERIES]
        valid = value is not None and (data.get("flag") or "") in VALID_FLAGS
        return Reading(start, HOUR, event["subject"], Fraction(value) if valid else None)
    if kind == "forecast":
        issued = parse_time(data.get("issued") or event["time"])
        return Bulletin(event["subject"], data["series"], issued, parse_day(data["start"]),
                        [forecast_value(v) for v in data["values"]], data.get("primary") or [])
    if kind == "directive":
        at = parse_time(event["time"])
        return Directive(event["subject"], at, LEVELS.index(data["level"]), parse_time(data["to"]))
    return Other(parse_time(event["time"]))


def read_events(path, seen):
    with open(path, encoding="utf-8") as f:
        for line in f:
            if not line.strip():
                continue
            entry = json.loads(line, parse_float=Fraction)
            for event in entry if isinstance(entry, list) else [entry]:
                key = (event["source"], event["id"])
                if key in seen:                       # a repeat, or a conflict: steps nothing
                    continue
                seen.add(key)
                yield event_fact(event)


def load_facts(paths):
    facts, seen = [], set()
    for path in paths:
        facts += read_csv(path) if path.endswith(".csv") else read_events(path, seen)
    facts.sort(key=lambda fact: fact.arrival)         # stable: command order, then line order
    return facts


# --------------------------------------------------------------------------- series

class Measured:
    """The measured series of the area: hours, aqi_24h, aqi_day, as known now."""

    def __init__(self):
        self.reports = {}                             # hour start -> {station: value or None}
        self.closed = set()
        self.newest_closed = None
        self.day_cache = {}

    def store(self, reading):
        self.reports.setdefault(reading.start, {})[reading.station] = reading.value
        self.day_cache.pop(day_of(reading.start), None)

    def all_reported(self, hour):
        reports = self.reports.get(hour, {})
        return all(station in reports for station in STATIONS)

    def close(self, hour):
        self.closed.add(hour)
        self.newest_closed = hour if self.newest_closed is None else max(hour, self.newest_closed)
        self.day_cache.pop(day_of(hour), None)

    def hour_value(self, hour):
        """Mean over the stations that reported a valid value; None when unknown or not closed."""
        if hour not in self.closed:
            return None
        reports = self.reports.get(hour, {})
        values = [reports[s] for s in STATIONS if reports.get(s) is not None]
        if len(values) < MIN_STATIONS:
            return None
        return sum(values, Fraction(0)) / len(values)

    def mean(self, start):
        """Mean of the valid hours among the 24 from start; None when fewer than 20."""
        hours = [self.hour_value(start + i * HOUR) for i in range(24)]
        hours = [v for v in hours if v is not None]
        if len(hours) < MIN_HOURS:
            return None
        return sum(hours, Fraction(0)) / len(hours)

    def aqi_24h(self, hour):
        """The 24 h that end at the end of that hour."""
        mean = self.mean(hour - 23 * HOUR)
        return None if mean is None else pm25_aqi(mean, day_of(hour))

    def aqi_day(self, day):
        """None when the day is not complete or not valid."""
        if day not in self.day_cache:
            value = None
            if day_end(day) - HOUR in self.closed:
                mean = self.mean(day_start(day))
                value = None if mean is None else pm25_aqi(mean, day)
            self.day_cache[day] = value
        return self.day_cache[day]


# --------------------------------------------------------------------------- the engine

class Target:
    def __init__(self, level, begin):
        self.level, self.begin = level, begin


class Episode:
    """`level` is in force: the stricter of the city's own level and the directives at work.  Begin, under way and
    floor speak of the city's own level.  -1: none."""

    def __init__(self, at):
        self.id = f"{RULE}/{AREA}/{local(at):%Y-%m-%dT%H:%M}"
        self.level = self.peak = self.own = self.floor = -1
        self.begin = None                             # as stored by the previous evaluation
        self.under_way = False                        # ever under way, and so for ever
        self.cap = None                               # only for --wrong sticky-raise


class Engine:
    def __init__(self, downgrade="hold", wrong=frozenset(), emit=None):
        self.follow = downgrade == "follow"
        self.wrong = wrong
        self.emit = emit or (lambda decision: print(json.dumps(decision, ensure_ascii=False, separators=(",", ":"))))
        self.measured = Measured()
        self.bulletin = None                          # the newest issued, whatever its age
        self.directives = []
        self.next_hour = None                         # the earliest hour that is not closed
        self.episode = None                           # the open one
        self.last_episode = None                      # the one lifted last
        self.last_lift = None

    # -- facts and ticks

    def replay(self, facts):
        for fact in facts:
            self.run_ticks(fact.arrival)
            self.step(fact)

    def run_ticks(self, now):
        """Every tick due at or before now, each at its own instant."""
        if self.next_hour is None:                    # the first fact: hours begin with the one that ends
            self.next_hour = -(-(now - HOUR) // HOUR) * HOUR      # at or after its arrival
        while self.next_hour + HOUR + SETTLE_AFTER <= now:
            self.close_hour(self.next_hour, self.next_hour + HOUR + SETTLE_AFTER)

    def close_hour(self, hour, now):
        self.measured.close(hour)
        while self.next_hour in self.measured.closed:
            self.next_hour += HOUR
        self.evaluate(now)

    def step(self, fact):
        now = fact.arrival
        if isinstance(fact, Reading) and fact.station in STATIONS:
            self.measured.store(fact)
            hour = fact.start
            if hour >= self.next_hour and hour not in self.measured.closed and self.measured.all_reported(hour):
                self.close_hour(hour, now)
        elif isinstance(fact, Bulletin) and fact.area == AREA and fact.series == "aqi_day":
            if self.bulletin is None or fact.issued >= self.bulletin.issued:
                self.bulletin = fact
            self.evaluate(now)
        elif isinstance(fact, Directive) and fact.area == AREA:
            self.directives.append(fact)
            self.evaluate(now)

    # -- what clauses look at

    def in_force(self, now):
        b = self.bulletin
        return b if b is not None and now - b.issued <= BULLETIN_MAX_AGE else None

    def timeline(self, day, bulletin):
        """(value, primary pollutant is known to be another) of one step of the timeline."""
        value = self.measured.aqi_day(day)
        if value is not None:
            return value, False                       # only pm25 is measured: it is the primary one
        if bulletin is None:
            return None, False
        return bulletin.value(day), bool(bulletin.primary) and SERIES not in bulletin.primary

    def counting_begin(self, now, above, lasting):
        """The earliest begin of the runs that count for an issue_when clause, or None."""
        bulletin = self.in_force(now)

        def satisfies(day):
            value, other = self.timeline(day, bulletin)
            return value is not None and value > above and not other

        today = day_of(now)
        last = max(today, bulletin.last_day()) if bulletin else today
        first = today                                 # a run that reaches past now may begin long ago
        while satisfies(first - 1):
            first -= 1
        latest_begin = (bulletin.issued if bulletin else now) + LEAD

        begins, run_first = [], None
        for day in range(first, last + 2):            # one step more, which never satisfies
            if day <= last and satisfies(day):
                if run_first is None:
                    run_first = day
            elif run_first is not None:
                n = day - run_first
                long_enough = (n - 1) * DAY + DAY >= lasting
                past_now = day_end(day - 1) > now
                soon_enough = day_start(run_first) <= latest_begin
                if long_enough and past_now and soon_enough:
                    begins.append(day_start(run_first))
                run_first = None
        return min(begins, default=None)

    def city_target(self, now):
        for level in reversed(range(len(LEVELS))):
            combine, clauses = ISSUE_WHEN[level]
            begins = [self.counting_begin(now, above, lasting) for above, lasting in clauses]
            if combine(begin is not None for begin in begins):
                begin = min(begin for begin in begins if begin is not None)
                if self.last_lift is not None:
                    begin = max(begin, self.last_lift)
                return Target(level, begin)
        return None

    def directed_level(self, now):
        """A directive is at work from its arrival until it ends."""
        return max((d.level for d in self.directives if now < d.end), default=-1)

    def lift_when(self, now):
        newest = self.measured.newest_closed
        observed = None if newest is None else self.measured.aqi_24h(newest)
        if observed is None or observed > LIFT_OBSERVED_AT_MOST:
            return False
        bulletin = self.in_force(now)
        if bulletin is None:
            return False
        day = day_of(now)
        while True:
            value = bulletin.value(day)
            if value is None or value > LIFT_FORECAST_AT_MOST:
                return False
            if day_end(day) >= now + LIFT_FORECAST_LASTING:
                return True
            day += 1

    # -- the ladder

    def decide(self, now, kind, episode, level, before):
        name = lambda n: None if n < 0 else LEVELS[n]
        self.emit({"at": show_time(now), "kind": kind, "rule": RULE, "episode": episode.id,
                   "level": name(level), "from": name(before)})

    def enter(self, now, kind, level):
        ep = self.episode
        before, ep.level = ep.level, level
        ep.peak = max(ep.peak, level)
        self.decide(now, kind, ep, level, before)

    def lift(self, now):
        ep = self.episode
        self.decide(now, "lift", ep, -1, ep.level)
        self.last_lift, self.last_episode, self.episode = now, ep, None

    def open(self, now, city, region):
        """A target reopens what was lifted less than merge_within before its begin; a directive opens anew."""
        reopened = city and self.last_lift is not None and city.begin - self.last_lift < MERGE_WITHIN
        ep = self.episode = self.last_episode if reopened else Episode(now)
        ep.level, ep.cap = -1, None
        if city:
            ep.own, ep.begin = city.level, city.begin
        if reopened:
            ep.own = ep.floor = max(city.level, ep.peak)
        self.enter(now, "reopen" if reopened else "issue", max(ep.own, region))

    def announced(self, now, ep, city, directed):
        if city:
            level = max(city.level, ep.floor)
            ep.begin = city.begin
            if "sticky-raise" in self.wrong and ep.cap is not None and level == ep.own:
                ep.begin = min(ep.begin, ep.cap)
            if level < ep.own:
                ep.cap = None
            ep.own = level
        elif not directed and self.timeline(day_of(ep.begin), self.in_force(now))[0] is not None:
            ep.own = -1                                               # withdrawn

    def own_level(self, now, ep, city, directed):
        """What the city's own level has become."""
        if ep.own >= 0 and now >= ep.begin:
            ep.under_way, ep.floor = True, -1
        if ep.own < 0:                                                # so far only a directive
            if city:
                ep.own, ep.begin, ep.under_way = city.level, city.begin, False
        elif city and city.level > ep.own:
            ep.begin = ep.cap = min(ep.begin, city.begin)             # a raise never moves it later
            ep.own = city.level
        elif not ep.under_way:
            self.announced(now, ep, city, directed)
        elif city:
            if self.follow:
                ep.own = city.level
        elif not directed and self.lift_when(now):
            ep.own = -1

    def evaluate(self, now):
        """At most one transition."""
        city, region = self.city_target(now), self.directed_level(now)
        ep = self.episode
        if ep is None:
            if city or region >= 0:
                self.open(now, city, region)
            return
        self.own_level(now, ep, city, region >= 0)
        level = max(ep.own, region)
        if level < 0:
            self.lift(now)
        elif level != ep.level:
            self.enter(now, "raise" if level > ep.level else "lower", level)


# --------------------------------------------------------------------------- main

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--downgrade", choices=["hold", "follow"], default="hold")
    parser.add_argument("--wrong", action="append", default=[], choices=["sticky-raise"])
    parser.add_argument("facts", nargs="+")
    args = parser.parse_args()
    Engine(args.downgrade, frozenset(args.wrong)).replay(load_facts(args.facts))


if __name__ == "__main__":
    sys.exit(main())
