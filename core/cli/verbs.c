/* The only list of verbs. */
#include "base/str.h"
#include "cli/cmd.h"

const struct verb *const verbs[] = {
    &verb_check, &verb_test, &verb_replay, &verb_diff, &verb_why, &verb_why_not,    &verb_drill,
    &verb_run,   &verb_list, &verb_aqi,    &verb_help, &verb_man, &verb_completion, NULL,
};

const struct verb *verb_named(const char *name)
{
    for (const struct verb *const *verb = verbs; *verb; verb++)
        if (str_equal((*verb)->name, name))
            return *verb;
    return NULL;
}
