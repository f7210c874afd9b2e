/* What must hold whatever happens: properties over facts drawn at random.
 *
 * Every failure names its seed.  PROPERTY_SEED=n begins at another seed, PROPERTY_COUNT=n tries so
 * many. */
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "plan_town.h"
#include "random_facts.h"
#include "stream.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned setting(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);
    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}
#define EACH_SEED(seed, usual)                                         \
    for (unsigned seed = setting("PROPERTY_SEED", 1),                  \
                  last_seed = seed + setting("PROPERTY_COUNT", usual); \
         seed < last_seed; seed++)

/* ---- two places: a town of seven, quickly replayed; and Shenyang, in which every rule works ----
 */

static const char *const town_stations[] = {"s1", NULL};
static const char *const city_stations[] = {"taiyuanjie", "xiaoheyan", NULL};
static const char *const city_outlets[] = {"210102-0005/DA001", "210103-0006/DA002", NULL};
static const char *const city_lines[] = {"210104-0003/L1", NULL};
static const struct world town_world = {
    .stations = town_stations, .directives = true, .decisions = true, .days = 12};
static const struct world city_world = {.stations = city_stations,
                                        .outlets = city_outlets,
                                        .lines = city_lines,
                                        .directives = true,
                                        .incidents = true,
                                        .days = 10};

struct place_of_test {
    struct town town;
    struct bundle *bundle;
    struct program *program;
    const struct policy *policy;
};

static struct place_of_test open_town(void)
{
    struct place_of_test place = {0};
    town_open(&place.town, true);
    place.program = place.town.program;
    place.policy = &place.town.bundle->policy;
    return place;
}

static struct place_of_test open_city(void)
{
    static const char with[] =
        "{\"pollutants\":[\"pm25\",\"o3\"],\"required\":[\"pm25\"],"
        "\"areas\":[{\"code\":\"210100\",\"name\":\"沈阳市\",\"stations\":[\"taiyuanjie\","
        "\"xiaoheyan\"]}],\"stations\":[{\"id\":\"taiyuanjie\",\"name\":\"太原街\",\"district\":"
        "\"210102\"},{\"id\":\"xiaoheyan\",\"name\":\"小河沿\",\"district\":\"210103\"}]}";
    struct place_of_test place = {0};
    struct findings findings = {0};
    cr_assert_geq(bundle_load(&place.bundle, "policies/shenyang", with, &findings), 0);
    cr_assert_geq(program_new(&place.program, place.bundle, &findings), 0);
    findings_release(&findings);
    place.policy = &place.bundle->policy;
    return place;
}

static void close_place(struct place_of_test *place)
{
    if (place->bundle) {
        program_free(place->program);
        bundle_free(place->bundle);
    } else {
        town_close(&place->town);
    }
}

static struct facts draw(const struct place_of_test *place, const struct world *world,
                         unsigned seed)
{
    struct facts facts;
    char *text = random_facts(world, seed);
    facts_read(&facts, text, place->policy);
    free(text);
    return facts;
}

/* Odd seeds let people approve, even ones approve at once. */
static struct stream play(const struct place_of_test *place, unsigned seed,
                          const struct facts *facts, size_t count)
{
    struct stream stream;
    stream_play(&stream, place->program, place->policy,
                seed % 2 ? APPROVALS_BY_FACT : APPROVALS_ALL, facts->items, count, INSTANT_NONE);
    return stream;
}

/* ---- past and future ---- */

static void expect_same_start(unsigned seed, const struct stream *whole, const struct stream *part,
                              size_t count)
{
    size_t wanted = 0;
    while (wanted < whole->count && whole->items[wanted].number < count)
        wanted++;
    cr_assert_eq(part->count, wanted, "seed %u: %zu facts give %zu decisions, not %zu", seed, count,
                 part->count, wanted);
    for (size_t i = 0; i < wanted; i++)
        cr_assert_str_eq(part->items[i].line, whole->items[i].line, "seed %u, %zu facts", seed,
                         count);
}

static void check_prefixes(struct place_of_test *place, const struct world *world, unsigned seed)
{
    struct dice dice = dice_of(seed + 77);
    struct facts facts = draw(place, world, seed);
    struct stream whole = play(place, seed, &facts, facts.count);
    for (int i = 0; i < 2; i++) {
        size_t count = dice_roll(&dice, (unsigned)facts.count + 1);
        struct stream part = play(place, seed, &facts, count);
        expect_same_start(seed, &whole, &part, count);
        stream_release(&part);
    }
    stream_release(&whole);
    facts_release(&facts);
}

Test(properties, decisions_do_not_depend_on_what_comes_later, .timeout = 300)
{
    struct place_of_test town = open_town(), city = open_city();
    EACH_SEED(seed, 40)
    check_prefixes(&town, &town_world, seed);
    EACH_SEED(seed, 2)
    check_prefixes(&city, &city_world, seed);
    close_place(&town);
    close_place(&city);
}

/* A reading of an hour that is long closed, at a random place among the facts; returns the place.
 */
static size_t add_late(struct facts *facts, struct dice *dice)
{
    size_t place = facts->count / 4 + dice_roll(dice, (unsigned)facts->count / 2);
    struct reading_value *value = arena_alloc(&facts->arena, sizeof *value);
    struct fact late = {.kind = FACT_READING, .source = "late", .id = "late", .subject = "s1"};
    *value = (struct reading_value){"pm25", (micro)dice_roll(dice, 400) * MICRO, 0};
    late.arrival = facts->items[place].arrival;
    late.time = late.arrival / HOUR_MS * HOUR_MS - (2 + dice_roll(dice, 60)) * (instant_ms)HOUR_MS;
    late.reading = (struct reading){value, 1, HOUR_MS};
    xgrow((void **)&facts->items, facts->count, &facts->capacity, sizeof *facts->items);
    memmove(&facts->items[place + 1], &facts->items[place],
            (facts->count - place) * sizeof *facts->items);
    facts->items[place] = late;
    facts->count++;
    return place;
}

Test(properties, late_data_changes_no_decision_already_made, .timeout = 300)
{
    struct place_of_test town = open_town();
    EACH_SEED(seed, 60)
    {
        struct dice dice = dice_of(seed + 99);
        struct facts facts = draw(&town, &town_world, seed);
        struct stream before = play(&town, seed, &facts, facts.count);
        size_t place = add_late(&facts, &dice);
        struct stream after = play(&town, seed, &facts, facts.count);
        for (size_t i = 0; i < before.count && before.items[i].number < place; i++)
            cr_assert(i < after.count && str_equal(before.items[i].line, after.items[i].line),
                      "seed %u: late at fact %zu: %s", seed, place, before.items[i].line);
        for (size_t i = 0; i < after.count; i++)
            cr_assert(after.items[i].number != place || after.items[i].ticked,
                      "seed %u: late data decided by itself: %s", seed, after.items[i].line);
        stream_release(&before);
        stream_release(&after);
        facts_release(&facts);
    }
    close_place(&town);
}

Test(properties, time_does_not_run_back)
{
    struct place_of_test town = open_town();
    struct engine_options options = {.approvals = APPROVALS_ALL};
    struct engine *engine;
    struct step step;
    struct facts facts = draw(&town, &town_world, 1);
    engine_new(&engine, town.program, &options);
    cr_assert_eq(engine_step(engine, &facts.items[9], &step), 0);
    struct fact early = facts.items[0];
    early.arrival = facts.items[9].arrival - 1;
    cr_assert_eq(engine_step(engine, &early, &step), ERR_INVALID);
    cr_assert_eq(engine_now(engine), facts.items[9].arrival);
    engine_free(engine);
    facts_release(&facts);
    close_place(&town);
}

/* ---- silence ---- */

enum silence { SILENCE_TOTAL, SILENCE_NULL_READINGS, SILENCE_NULL_BULLETINS, SILENCES };

/* Facts that say nothing, for ten days from `last` on. */
static void add_empty_words(struct buf *text, instant_ms last, enum silence how)
{
    for (int hour = 1; hour <= 240 && how != SILENCE_TOTAL; hour++) {
        struct buf at = {0};
        instant_print(&at, last + hour * (instant_ms)HOUR_MS, 8 * (span_ms)HOUR_MS);
        buf_printf(text, "{\"specversion\":\"1.0\",\"source\":\"nobody\",\"id\":\"%d\",", hour);
        if (how == SILENCE_NULL_READINGS)
            buf_printf(text,
                       "\"type\":\"reading\",\"subject\":\"s1\",\"time\":\"%s\",\"data\":{"
                       "\"values\":{\"pm25\":null,\"o3\":null},\"period\":\"PT1H\"}}\n",
                       buf_str(&at));
        else
            buf_printf(text,
                       "\"type\":\"forecast\",\"subject\":\"210100\",\"time\":\"%s\",\"data\":{"
                       "\"series\":\"aqi_day\",\"issued\":\"%s\",\"start\":\"%.10s\",\"step\":"
                       "\"P1D\",\"values\":[null,null,null,null,null]}}\n",
                       buf_str(&at), buf_str(&at), buf_str(&at));
        buf_release(&at);
    }
}

/* What is late may still come for 20 h; after that a 24 h mean stays known for 5 h at most. */
static void check_silence(struct place_of_test *place, unsigned seed, enum silence how,
                          size_t *open)
{
    struct world world = {.stations = town_stations, .days = 3 + (int)seed % 7};
    instant_ms last = (days_of_date(2025, 9, 22) + world.days) * DAY_MS - 8 * (instant_ms)HOUR_MS;
    instant_ms end = last + 10 * (instant_ms)DAY_MS;
    char *spoken = random_facts(&world, seed);
    struct buf text = {0};
    struct facts facts;
    struct stream stream;
    int level = 0;
    buf_puts(&text, spoken);
    add_empty_words(&text, last, how);
    facts_read(&facts, buf_str(&text), place->policy);
    stream_play(&stream, place->program, place->policy, APPROVALS_ALL, facts.items, facts.count,
                end);
    for (size_t i = 0; i < stream.count; i++) {
        const struct told *told = &stream.items[i];
        bool down = told->kind == DECISION_LIFT || told->kind == DECISION_LOWER;
        cr_assert(!down || told->at <= last + 25 * (instant_ms)HOUR_MS, "seed %u, silence %d: %s",
                  seed, (int)how, told->line);
        if (told->kind <= DECISION_REOPEN)
            level = told->kind != DECISION_LIFT;
    }
    *open += level;
    stream_release(&stream);
    facts_release(&facts);
    buf_release(&text);
    free(spoken);
}

Test(properties, what_is_unknown_lifts_nothing, .timeout = 300)
{
    struct place_of_test town = open_town();
    size_t open = 0;
    EACH_SEED(seed, 40)
    for (int how = 0; how < SILENCES; how++)
        check_silence(&town, seed, (enum silence)how, &open);
    cr_expect_gt(open, 0, "no episode was ever open: nothing was tried");
    close_place(&town);
}

/* ---- order in the stream ---- */

enum { RULES_MAX = 16, PEOPLE_MAX = 2000 };
struct ladders {
    struct {
        const char *rule, *level; /* level NULL: none */
        bool on;                  /* a rota */
    } items[RULES_MAX];
    int count;
};

static int ladder_of(struct ladders *ladders, const char *rule)
{
    for (int i = 0; i < ladders->count; i++)
        if (str_equal(ladders->items[i].rule, rule))
            return i;
    cr_assert_lt(ladders->count, RULES_MAX);
    ladders->items[ladders->count].rule = rule;
    return ladders->count++;
}

static int height(const struct policy *policy, const char *level)
{
    return level ? policy_level(policy, level) : -1;
}

/* Opened only when closed, closed only when open, raised upwards, lowered downwards. */
static void check_turn(struct ladders *ladders, const struct policy *policy,
                       const struct told *told, unsigned seed)
{
    if (told->kind > DECISION_REOPEN && told->kind != DECISION_ROTA_START &&
        told->kind != DECISION_ROTA_END)
        return;
    int at = ladder_of(ladders, told->rule);
    const char **level = &ladders->items[at].level;
    int from = height(policy, *level), to = height(policy, told->level);
    bool *on = &ladders->items[at].on, good = true;
    switch (told->kind) {
    case DECISION_ISSUE:
    case DECISION_REOPEN:
        good = from < 0 && to >= 0;
        break;
    case DECISION_RAISE:
        good = from >= 0 && to > from;
        break;
    case DECISION_LOWER:
        good = to >= 0 && to < from;
        break;
    case DECISION_LIFT:
        good = from >= 0 && to < 0;
        break;
    default:
        good = *on == (told->kind == DECISION_ROTA_END);
        *on = told->kind == DECISION_ROTA_START;
    }
    cr_assert(good, "seed %u: from %s: %s", seed, *level ? *level : "none", told->line);
    cr_assert(str_equal(told->from ? told->from : "", *level ? *level : ""), "seed %u: from %s: %s",
              seed, *level ? *level : "none", told->line);
    *level = told->level;
}

/* The end of a watch is told only to those who heard of its beginning. */
static void check_clear(struct intern *begun, const struct told *told, unsigned seed)
{
    if (told->episode && (told->kind == DECISION_TASK || told->kind == DECISION_ALARM))
        intern_add(begun, told->episode);
    if (told->kind == DECISION_CLEAR)
        cr_assert_neq(intern_find(begun, told->episode), INTERN_NONE,
                      "seed %u: cleared, but nobody had heard of it: %s", seed, told->line);
}

static void check_turns(struct place_of_test *place, const struct world *world, unsigned seed)
{
    struct ladders ladders = {0};
    struct intern begun = {0};
    struct facts facts = draw(place, world, seed);
    struct stream stream = play(place, seed, &facts, facts.count);
    for (size_t i = 0; i < stream.count; i++) {
        const struct told *told = &stream.items[i];
        cr_assert(i == 0 || told[-1].at <= told->at, "seed %u: time runs back: %s", seed,
                  told->line);
        cr_assert_leq(told->at, facts.items[told->number].arrival, "seed %u: %s", seed, told->line);
        check_turn(&ladders, place->policy, told, seed);
        check_clear(&begun, told, seed);
    }
    intern_release(&begun);
    stream_release(&stream);
    facts_release(&facts);
}

Test(properties, what_opens_was_closed_and_levels_move_the_way_they_say, .timeout = 300)
{
    struct place_of_test town = open_town(), city = open_city();
    EACH_SEED(seed, 150)
    check_turns(&town, &town_world, seed);
    EACH_SEED(seed, 4)
    check_turns(&city, &city_world, seed);
    close_place(&town);
    close_place(&city);
}

/* ---- what each recipient hears ---- */

/* The order before, per recipient: what it said, and from when. */
struct hearing {
    const struct told *last; /* NULL: nothing, or released */
};

static void check_hearing(struct hearing *hearing, const struct told *told, unsigned seed)
{
    const struct told *last = hearing->last;
    if (told->kind == DECISION_RELEASE) {
        cr_assert(last, "seed %u: released from nothing: %s", seed, told->line);
        hearing->last = NULL;
        return;
    }
    cr_assert(!last || !str_equal(last->measures, told->measures) || last->begin != told->begin,
              "seed %u: told twice: %s\nand before: %s", seed, told->line, last->line);
    cr_assert(!str_equal(told->measures, "[]"), "seed %u: an order to do nothing: %s", seed,
              told->line);
    hearing->last = told;
}

static void check_orders(struct place_of_test *place, const struct world *world, unsigned seed)
{
    static struct hearing hearings[PEOPLE_MAX];
    struct intern people = {0}, orders = {0};
    struct facts facts = draw(place, world, seed);
    struct stream stream = play(place, seed, &facts, facts.count);
    memset(hearings, 0, sizeof hearings);
    for (size_t i = 0; i < stream.count; i++) {
        const struct told *told = &stream.items[i];
        if (told->kind != DECISION_ORDER && told->kind != DECISION_RELEASE)
            continue;
        cr_assert_eq(intern_find(&orders, told->order), INTERN_NONE,
                     "seed %u: an identity given twice: %s", seed, told->line);
        intern_add(&orders, told->order);
        int who = intern_add(&people, told->to);
        cr_assert_lt(who, PEOPLE_MAX);
        check_hearing(&hearings[who], told, seed);
    }
    intern_release(&people);
    intern_release(&orders);
    stream_release(&stream);
    facts_release(&facts);
}

Test(properties, nobody_is_released_from_nothing_or_told_the_same_twice, .timeout = 300)
{
    struct place_of_test town = open_town(), city = open_city();
    EACH_SEED(seed, 150)
    check_orders(&town, &town_world, seed);
    EACH_SEED(seed, 4)
    check_orders(&city, &city_world, seed);
    close_place(&town);
    close_place(&city);
}

/* ---- facts of one instant ---- */

/* What a fact concerns: the air of the area, all incidents with their receipts, or one line or
 * outlet. */
static unsigned concern_of(const struct fact *fact)
{
    const char *slash = fact->kind == FACT_READING ? strchr(fact->subject, '/') : NULL;
    if (fact->kind == FACT_INCIDENT || fact->kind == FACT_RECEIPT)
        return 1;
    unsigned sum = 0;
    for (const char *c = slash ? fact->subject : ""; *c; c++)
        sum = sum * 31 + (unsigned char)*c;
    return slash ? 2 + sum : 0;
}

/* Swaps neighbours that arrive together and concern different things, many times over: each concern
 * keeps its own order. */
static size_t shuffle(struct facts *facts, struct dice *dice)
{
    size_t swaps = 0;
    for (size_t n = 0; n < 20 * facts->count; n++) {
        size_t i = dice_roll(dice, (unsigned)facts->count - 1);
        struct fact *a = &facts->items[i], *b = a + 1, kept = *a;
        if (a->arrival != b->arrival || concern_of(a) == concern_of(b))
            continue;
        *a = *b;
        *b = kept;
        swaps++;
    }
    return swaps;
}

static int by_instant_and_line(const void *left, const void *right)
{
    const struct told *a = left, *b = right;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return strcmp(a->line, b->line);
}

Test(properties, facts_of_one_instant_about_different_things_may_come_in_any_order, .timeout = 300)
{
    struct place_of_test city = open_city();
    EACH_SEED(seed, 4)
    {
        struct dice dice = dice_of(seed + 55);
        struct facts facts = draw(&city, &city_world, seed);
        struct stream before = play(&city, 0, &facts, facts.count);
        cr_assert_gt(shuffle(&facts, &dice), 1000);
        struct stream after = play(&city, 0, &facts, facts.count);
        qsort(before.items, before.count, sizeof *before.items, by_instant_and_line);
        qsort(after.items, after.count, sizeof *after.items, by_instant_and_line);
        cr_assert_eq(before.count, after.count, "seed %u: %zu decisions, then %zu", seed,
                     before.count, after.count);
        for (size_t i = 0; i < before.count; i++)
            cr_assert_str_eq(before.items[i].line, after.items[i].line, "seed %u", seed);
        stream_release(&before);
        stream_release(&after);
        facts_release(&facts);
    }
    close_place(&city);
}
