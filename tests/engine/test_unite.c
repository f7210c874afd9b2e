/* Obligations: the strictest binds, whatever the order; no line below its safety minimum. */
#include "engine/unite.h"

#include <criterion/criterion.h>

/* ---- a small enterprise -------------------------------------------------------------------------
 */

static const struct measure stop = {
    .id = "stop", .kind = MEASURE_STOP, .text = "{lines}停止生产", .scope = "all"};
static const struct measure limit = {
    .id = "limit", .kind = MEASURE_LIMIT, .text = "{lines}限产{percent}%", .scope = "all"};
static const struct measure stop_vocs = {
    .id = "stop_vocs", .kind = MEASURE_STOP, .text = "{lines}停VOCs工序", .scope = "vocs"};
static const struct measure ban = {
    .id = "ban", .kind = MEASURE_BAN, .text = "国{stage}", .scope = "all"};
static const struct measure other = {
    .id = "other", .kind = MEASURE_OTHER, .text = "覆盖", .scope = "all"};

#define T(tonnes) ((micro)((tonnes)*1000000 + 0.5))

static struct line lines[] = {
    {.id = "L1", .name = "1#", .day = {T(0.1), T(0.2), T(0.3), T(0.4)}},
    {.id = "L2",
     .name = "2#",
     .day = {T(0.1), T(0.2), T(0.3), 0},
     .safe_percent = 20,
     .safe_text = "保温不低于20%"},
    {.id = "L3",
     .name = "3#",
     .day = {0, 0, T(0.000001), T(0.000003)},
     .safe_percent = 50,
     .safe_text = "50%"},
};
static struct recipient plant = {.kind = RECIPIENT_ENTERPRISE, .lines = lines, .line_count = 3};
static const struct policy policy;

static void ask(struct obligations *set, const struct measure *measure, int line, int percent)
{
    struct duty duty = {.measure = measure, .percent = percent};

    if (line >= 0) {
        duty.lines = &line;
        duty.line_count = 1;
    }
    unite_duty(set, &policy, &plant, &duty, NULL);
}

static void ask_at(struct obligations *set, const struct measure *measure, int line, int from,
                   int to)
{
    struct duty duty = {.measure = measure, .lines = &line, .line_count = 1};
    struct hours hours = {from * 60, to * 60};

    unite_duty(set, &policy, &plant, &duty, &hours);
}

Test(unite, stop_binds_over_cap_whatever_the_order)
{
    struct obligations a = {0}, b = {0};

    ask(&a, &limit, 0, 30);
    ask(&a, &stop, 0, 0);
    ask(&b, &stop, 0, 0);
    ask(&b, &limit, 0, 30);
    cr_assert_eq(a.count, 1);
    cr_assert_eq(b.count, 1);
    cr_assert(obligation_equal(&a.items[0], &b.items[0]));
    cr_assert_eq(a.items[0].percent, PERCENT_STOP);
    obligations_release(&a);
    obligations_release(&b);
}

Test(unite, lower_cap_binds_over_higher_cap)
{
    struct obligations set = {0};

    ask(&set, &limit, 0, 20);
    ask(&set, &limit, 0, 50);
    ask(&set, &limit, 0, 30);
    cr_assert_eq(set.count, 1);
    cr_assert_eq(set.items[0].percent, 50);
    obligations_release(&set);
}

Test(unite, bans_unite_at_the_strictest_stage)
{
    struct obligations set = {0};
    struct duty duty = {.measure = &ban, .stage_at_most = 4};

    unite_duty(&set, &policy, &plant, &duty, NULL);
    duty.stage_at_most = 5;
    unite_duty(&set, &policy, &plant, &duty, NULL);
    cr_assert_eq(set.count, 1);
    cr_assert_eq(set.items[0].stage, 5);
    obligations_release(&set);
}

Test(unite, a_cap_and_a_stopped_process_both_hold)
{
    struct obligations set = {0};
    micro cut[EMISSIONS];

    ask(&set, &limit, 0, 30);
    ask(&set, &stop_vocs, 0, 0);
    cr_assert_eq(set.count, 2);
    unite_settle(&set, &plant);
    unite_cut(&set, &plant, cut);
    cr_assert_eq(cut[E_NOX], T(0.06));
    cr_assert_eq(cut[E_VOCS], T(0.4));
    ask(&set, &stop, 0, 0);
    cr_assert_eq(set.count, 1, "a whole stop covers both");
    obligations_release(&set);
}

Test(unite, a_measure_without_lines_means_those_in_its_scope)
{
    struct obligations set = {0};

    ask(&set, &stop_vocs, -1, 0);
    cr_assert_eq(set.count, 2, "line 2 emits no VOCs");
    cr_assert_eq(set.items[0].line, 0);
    cr_assert_eq(set.items[1].line, 2);
    obligations_release(&set);
}

Test(unite, safety_minimum_turns_a_stop_into_a_cap)
{
    struct obligations set = {0};
    micro cut[EMISSIONS];

    ask(&set, &stop, 1, 0);
    unite_settle(&set, &plant);
    cr_assert_eq(set.items[0].percent, 80);
    cr_assert(set.items[0].floored);
    unite_cut(&set, &plant, cut);
    cr_assert_eq(cut[E_PM], T(0.24));
    obligations_release(&set);
}

Test(unite, guaranteed_enterprises_are_capped_not_stopped)
{
    struct obligations set = {0};
    micro cut[EMISSIONS];

    plant.supply = CLASS_GUARANTEED;
    ask(&set, &stop, 0, 0);
    ask(&set, &limit, 1, 10);
    unite_settle(&set, &plant);
    cr_assert_eq(set.count, 2);
    cr_assert_eq(set.items[0].measure, &limit, "a cap stays what the list says");
    cr_assert_str_eq(set.items[1].measure->id, "guaranteed_cap");
    unite_cut(&set, &plant, cut);
    cr_assert_eq(cut[E_SO2], T(0.01));
    plant.supply = CLASS_NORMAL;
    obligations_release(&set);
}

Test(unite, part_of_the_day_counts_as_part_of_the_cut)
{
    struct obligations set = {0};
    micro cut[EMISSIONS];

    ask_at(&set, &stop_vocs, 0, 9, 18);
    unite_settle(&set, &plant);
    unite_cut(&set, &plant, cut);
    cr_assert_eq(cut[E_VOCS], T(0.15), "9 of 24 hours of 0.4");
    cr_assert_eq(cut[E_PM], 0);
    ask_at(&set, &stop_vocs, 0, 20, 7);
    ask_at(&set, &stop_vocs, 0, 22, 6);
    cr_assert_eq(set.count, 2, "22..6 lies within 20..7, over midnight");
    unite_settle(&set, &plant);
    unite_cut(&set, &plant, cut);
    cr_assert_eq(cut[E_VOCS], T(0.4) * 20 / 24 + 0, "9 + 11 hours: %ld", (long)cut[E_VOCS]);
    obligations_release(&set);
}

Test(unite, cuts_are_rounded_half_even_at_the_millionth)
{
    struct obligations set = {0};
    micro cut[EMISSIONS];

    ask(&set, &limit, 2, 50);
    unite_settle(&set, &plant);
    unite_cut(&set, &plant, cut);
    cr_assert_eq(cut[E_PM], 0, "half of 1 millionth goes to the even 0");
    cr_assert_eq(cut[E_VOCS], 2, "half of 3 goes to the even 2");
    obligations_release(&set);
}

Test(unite, different_works_of_a_site_do_not_cover_each_other)
{
    const struct measure earth = {.id = "earth", .kind = MEASURE_STOP, .text = "", .scope = "all"};
    const struct measure spray = {.id = "spray", .kind = MEASURE_STOP, .text = "", .scope = "all"};
    struct duty duties[] = {{.measure = &earth, .cut = {0, 0, T(0.2), 0}},
                            {.measure = &spray, .cut = {0, 0, T(0.1), 0}}};
    struct recipient site = {.kind = RECIPIENT_SITE, .day = {0, 0, T(0.25), 0}};
    struct obligations set = {0};
    micro cut[EMISSIONS];

    unite_duty(&set, &policy, &site, &duties[0], NULL);
    unite_duty(&set, &policy, &site, &duties[1], NULL);
    unite_duty(&set, &policy, &site, &duties[0], NULL);
    unite_settle(&set, &site);
    cr_assert_eq(set.count, 2);
    unite_cut(&set, &site, cut);
    cr_assert_eq(cut[E_PM], T(0.25), "nobody saves more than he emits");
    obligations_release(&set);
}

/* ---- laws, over random causes -------------------------------------------------------------------
 */

enum { SEED = 20151108, ROUNDS = 4000, MOST = 7 };

static unsigned draw(uint64_t *state, unsigned below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*state >> 33) % below;
}

static struct obligation random_obligation(uint64_t *state)
{
    static const struct measure *const production[] = {&stop, &limit, &stop_vocs};
    static const int percents[] = {10, 50, 80, 100};
    struct obligation o = {.line = (int)draw(state, 3), .part = WHOLE_LINE, .minutes = DAY_MINUTES};

    if (draw(state, 3) == 0) {
        o.from = 60 * (int)draw(state, 24);
        o.minutes = 60 * (1 + (int)draw(state, 23));
    }
    switch (draw(state, 4)) {
    case 0:
        o.kind = OBLIGATION_BAN;
        o.measure = &ban;
        o.line = -1;
        o.stage = 3 + (int)draw(state, 3);
        break;
    case 1:
        o.kind = OBLIGATION_OTHER;
        o.measure = &other;
        o.line = -1;
        break;
    default:
        o.kind = OBLIGATION_PRODUCTION;
        o.measure = production[draw(state, 3)];
        o.percent = percents[draw(state, 4)];
        o.part = draw(state, 3) == 0 ? E_VOCS : WHOLE_LINE;
        o.basis = draw(state, 2) ? "甲" : NULL;
    }
    return o;
}

static void random_set(struct obligations *set, uint64_t *state)
{
    unsigned count = draw(state, MOST);

    for (unsigned i = 0; i < count; i++) {
        struct obligation o = random_obligation(state);

        unite(set, &o);
    }
}

static bool covered_by(const struct obligation *one, const struct obligations *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (obligation_covers(&set->items[i], one))
            return true;
    return false;
}

/* After settling without safety minimums, equal sets are equal item by item. */
static bool same(const struct obligations *a, const struct obligations *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (a->count != b->count || !covered_by(&a->items[i], b))
            return false;
    for (size_t i = 0; i < b->count; i++)
        if (!covered_by(&b->items[i], a))
            return false;
    return true;
}

Test(unite, laws_of_uniting)
{
    uint64_t state = SEED;

    for (int round = 0; round < ROUNDS; round++) {
        struct obligations a = {0}, b = {0}, c = {0}, ab = {0}, ba = {0}, ab_c = {0}, bc = {0},
                           a_bc = {0};

        random_set(&a, &state);
        random_set(&b, &state);
        random_set(&c, &state);
        unite_all(&ab, &a);
        unite_all(&ab, &b);
        unite_all(&ba, &b);
        unite_all(&ba, &a);
        cr_assert(same(&ab, &ba), "commutative: seed %d round %d", SEED, round);
        unite_all(&ab_c, &ab);
        unite_all(&ab_c, &c);
        unite_all(&bc, &b);
        unite_all(&bc, &c);
        unite_all(&a_bc, &a);
        unite_all(&a_bc, &bc);
        cr_assert(same(&ab_c, &a_bc), "associative: seed %d round %d", SEED, round);
        unite_all(&ab, &a);
        unite_all(&ab, &ab_c);
        cr_assert(same(&ab, &ab_c), "idempotent: seed %d round %d", SEED, round);
        for (size_t i = 0; i < a.count; i++)
            cr_assert(covered_by(&a.items[i], &ab), "never weaker: seed %d round %d", SEED, round);
        obligations_release(&a), obligations_release(&b), obligations_release(&c);
        obligations_release(&ab), obligations_release(&ba), obligations_release(&bc);
        obligations_release(&ab_c), obligations_release(&a_bc);
    }
}

Test(unite, never_below_a_safety_minimum_and_never_less_saved)
{
    uint64_t state = SEED + 1;

    for (int round = 0; round < ROUNDS; round++) {
        struct obligations a = {0}, ab = {0};
        micro one[EMISSIONS], both[EMISSIONS];

        random_set(&a, &state);
        random_set(&ab, &state);
        unite_all(&ab, &a);
        unite_settle(&a, &plant);
        unite_settle(&ab, &plant);
        for (size_t i = 0; i < ab.count; i++)
            if (ab.items[i].kind == OBLIGATION_PRODUCTION)
                cr_assert_leq(ab.items[i].percent,
                              PERCENT_STOP - lines[ab.items[i].line].safe_percent,
                              "seed %d round %d", SEED + 1, round);
        unite_cut(&a, &plant, one);
        unite_cut(&ab, &plant, both);
        for (int e = 0; e < EMISSIONS; e++)
            cr_assert_leq(one[e], both[e], "seed %d round %d", SEED + 1, round);
        obligations_release(&a), obligations_release(&ab);
    }
}
