/* An engine that is saved and loaded decides as if it had never stopped.
 *
 * Between any two steps, ticks included, the state is written out, thrown away and read into a new
 * engine; everything decided afterwards must be equal to the byte: texts, traces and plans too.
 * Whatever a step leaves behind outside the saved state would show here. */
#include "base/str.h"
#include "course.h"
#include <criterion/criterion.h>

#define KIND(kind) (1ul << DECISION_##kind)

/* Plays it whole and with saving, and wants `kinds` among what was decided: a course without them
 * would prove little. */
static void saved_is_whole(struct course *course, size_t save_every, unsigned long kinds)
{
    struct fingerprint whole = course_play(course, 0);
    struct fingerprint saved = course_play(course, save_every);
    cr_expect_eq(whole.kinds & kinds, kinds, "decided %lx, wanted %lx", whole.kinds, kinds);
    cr_expect_eq(whole.decisions, saved.decisions, "%zu decisions whole, %zu saved",
                 whole.decisions, saved.decisions);
    cr_expect(str_equal(whole.hash, saved.hash), "saved before every %zu. step: other decisions",
              save_every);
    course_close(course);
}

Test(saved, the_same_run_twice_is_the_same)
{
    struct course course = course_november();
    struct fingerprint first = course_play(&course, 0), second = course_play(&course, 0);
    cr_expect(str_equal(first.hash, second.hash));
    course_close(&course);
}

Test(saved, november_at_every_step)
{
    struct course course = course_november();
    saved_is_whole(&course, 1,
                   KIND(ISSUE) | KIND(RAISE) | KIND(LIFT) | KIND(ORDER) | KIND(RELEASE));
}

Test(saved, the_city_at_every_step)
{
    struct course course = course_city(false);
    saved_is_whole(&course, 1,
                   KIND(ISSUE) | KIND(RAISE) | KIND(LIFT) | KIND(ORDER) | KIND(RELEASE) |
                       KIND(TASK) | KIND(ALARM) | KIND(CLEAR) | KIND(ROTA_START) | KIND(ROTA_END));
}

Test(saved, the_city_with_proposals_that_wait_at_every_step)
{
    struct course course = course_city(true);
    saved_is_whole(&course, 1, KIND(PROPOSE) | KIND(ISSUE) | KIND(RAISE) | KIND(TASK));
}

Test(saved, a_winter_at_every_seventh_step)
{
    struct course course = course_winter();
    saved_is_whole(&course, 7, KIND(ISSUE) | KIND(LIFT) | KIND(LOWER) | KIND(REOPEN));
}
