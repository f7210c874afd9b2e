/* The reasons of a decision, in the small fixed language of `because`: test, length of the run, its
 * begin. */
#include "base/buf.h"
#include "engine/inner.h"

const char *test_sign(enum clause_test test)
{
    static const char *const signs[] = {
        [TEST_ABOVE] = ">", [TEST_AT_LEAST] = ">=", [TEST_BELOW] = "<",     [TEST_AT_MOST] = "<=",
        [TEST_IS] = "is",   [TEST_ONE_OF] = "in",   [TEST_WHERE] = "where", [TEST_DONE] = "done",
    };
    return signs[test];
}

static void test_words(const struct engine *engine, struct buf *buf, const struct condition *clause,
                       micro bound)
{
    if (clause->view == VIEW_RECEIPT) {
        buf_puts(buf, "receipt done");
        return;
    }
    const struct series *series = &engine->policy->series[clause->series];
    buf_puts(buf, series->name);
    buf_putc(buf, ' ');
    buf_puts(buf, test_sign(clause->test));
    buf_putc(buf, ' ');
    if (clause->test == TEST_WHERE) {
        buf_printf(buf, "line %d", clause->line);
    } else if (clause->state_count > 0) {
        for (int i = 0; i < clause->state_count; i++)
            buf_printf(buf, "%s%s", i ? "|" : "", series->states[clause->states[i]]);
    } else if (bound == MICRO_NONE) {
        buf_puts(buf, "unknown");
    } else {
        micro_print(buf, bound);
    }
}

static void joint_words(struct engine *engine, struct buf *buf, const struct condition *condition,
                        const struct verdict *verdict)
{
    if (!condition->joint) {
        int subject = verdict->track ? verdict->track->subject : -1;
        test_words(engine, buf, condition, figure_value(engine, &condition->bound, subject));
        return;
    }
    for (int i = 0; i < condition->count; i++) {
        if (i)
            buf_puts(buf, " and ");
        joint_words(engine, buf, &condition->items[i], verdict);
    }
}

const char *verdict_words(struct engine *engine, const struct condition *clause,
                          const struct verdict *verdict)
{
    struct buf buf = {0};
    span_ms zone = engine->policy->zone;
    joint_words(engine, &buf, clause, verdict);
    if (verdict->has_run && verdict->track) {
        buf_puts(&buf, " for ");
        span_print(&buf, track_covers(verdict->track, verdict->first, verdict->last));
        buf_puts(&buf, " from ");
        instant_print_short(&buf, track_step_start(verdict->track, verdict->first, zone), zone);
    }
    const char *words = arena_strdup(&engine->arena, buf_str(&buf));
    buf_release(&buf);
    return words;
}
