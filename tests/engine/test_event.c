/* The same event seen again, against a look at every event there has been. */
#include "base/xalloc.h"
#include "random_facts.h"
#include "rig.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

TestSuite(event);

enum { SIGHTINGS = 400, MERGE_METRES = 2000, MERGE_MINUTES = 180, MINUTES_APART = 7 };
static const char FIRE[] =
    "return watch \"fire\" { title = \"火点\",\n"
    "  per = event { kind = \"fire\", merge = { \"2km\", \"3h\" } },\n"
    "  steps = { { to = \"enforce\" } }, clear_when = { receipt = \"done\" } }\n";
static const char OFFICE[] =
    "- {id: enforce, kind: office, name: 执法队, district: \"210106\", role: enforcement}\n";

struct seen {
    double lon, lat;
    int last, begin; /* minutes */
    bool open;
};

/* Negative: nobody can say whether it is near enough; such places are not taken. */
static int is_near(const struct seen *seen, double lon, double lat)
{
    double north = (lat - seen->lat) * 111195;
    double east = (lon - seen->lon) * 111195 * cos(seen->lat * acos(-1) / 180);
    double metres = sqrt(north * north + east * east);
    return fabs(metres - MERGE_METRES) < 20 ? -1 : metres < MERGE_METRES;
}

static bool is_plain(const struct seen *all, int count, double lon, double lat)
{
    for (int i = 0; i < count; i++)
        if (is_near(&all[i], lon, lat) < 0)
            return false;
    return true;
}

static struct seen *find(struct seen *all, int count, double lon, double lat, int minute)
{
    for (int i = 0; i < count; i++)
        if (all[i].open && minute - all[i].last <= MERGE_MINUTES && is_near(&all[i], lon, lat) > 0)
            return &all[i];
    return NULL;
}

static void put_time(struct buf *buf, int minute, const char *form)
{
    buf_printf(buf, form, 1 + minute / 1440, minute / 60 % 24, minute % 60);
}

/* Somewhere about one of a few places, also where meridians meet and where the count of degrees
 * starts again. */
static void draw_place(struct dice *dice, const struct seen *all, int count, double *lon,
                       double *lat)
{
    static const double lons[] = {123.4, -0.001, 179.99, 12}, lats[] = {41.8, 0.001, -33.5, 89.97};
    do {
        unsigned about = dice_roll(dice, 4);
        double breadth = about == 3 ? 40 : 0.08;
        *lon = lons[about] + (dice_roll(dice, 1000) / 999.0 - 0.5) * breadth;
        *lat = lats[about] + (dice_roll(dice, 1000) / 999.0 - 0.5) * 0.05;
        *lon = round(*lon * 1e5) / 1e5;
        *lat = round(*lat * 1e5) / 1e5;
    } while (*lon > 180 || *lat > 90 || !is_plain(all, count, *lon, *lat));
}

static void sight(struct dice *dice, int number, struct seen *all, int *count, struct buf *facts,
                  struct buf *expected)
{
    double lon, lat;
    int minute = number * MINUTES_APART;
    draw_place(dice, all, *count, &lon, &lat);
    put_time(facts, minute, "@2026-10-%02dT%02d:%02d");
    buf_printf(facts, " incident fire %.5f %.5f 0.9 f%d\n", lon, lat, number);
    struct seen *seen = find(all, *count, lon, lat, minute);
    if (seen) {
        seen->last = minute;
        return;
    }
    all[(*count)++] = (struct seen){lon, lat, minute, minute, true};
    put_time(expected, minute, "10-%02dT%02d:%02d");
    buf_printf(expected, " task - - to enforce\n");
}

/* A minute after the sighting: one of those that are open is done with. */
static void end_one(struct dice *dice, int number, struct seen *all, int count, struct buf *facts)
{
    struct seen *seen = &all[dice_roll(dice, (unsigned)count)];
    if (!seen->open)
        return;
    seen->open = false;
    put_time(facts, number * MINUTES_APART + 1, "@2026-10-%02dT%02d:%02d");
    buf_printf(facts, " receipt done fire/f%d/", seen->begin / MINUTES_APART);
    put_time(facts, seen->begin, "2026-10-%02dT%02d:%02d\n");
}

static int play(unsigned seed, int save_at)
{
    static struct seen all[SIGHTINGS];
    struct buf facts = {0}, expected = {0};
    struct dice dice = dice_of(seed);
    struct rig rig = {.rule = FIRE, .registry = OFFICE, .kinds = "task", .save_at = save_at};
    int count = 0;
    for (int i = 0; i < SIGHTINGS; i++) {
        sight(&dice, i, all, &count, &facts, &expected);
        if (dice_chance(&dice, 20))
            end_one(&dice, i, all, count, &facts);
    }
    rig_expect(&rig, buf_str(&facts), buf_str(&expected));
    buf_release(&facts);
    buf_release(&expected);
    return count;
}

Test(event, what_is_seen_again_is_found_as_by_looking_at_all)
{
    for (unsigned seed = 1; seed <= 4; seed++) {
        int count = play(seed, 0);
        cr_expect(count > SIGHTINGS / 4 && count < SIGHTINGS * 3 / 4, "%d of %d", count, SIGHTINGS);
    }
}

Test(event, and_so_it_is_after_a_start_in_between)
{
    play(5, 23);
}
