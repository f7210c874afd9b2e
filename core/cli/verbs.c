/* The only list of verbs. */
#include "base/str.h"
#include "cli/cmd.h"
#include "cli/hj212_send.h"

const struct verb *const verbs[] = {
    &verb_check, &verb_test,       &verb_replay, &verb_diff,    &verb_why,         &verb_why_not,
    &verb_drill, &verb_run,        &verb_ctl,    &verb_account, &verb_list,        &verb_store,
    &verb_audit, &verb_aqi,        &verb_hj212,  &verb_webhook, &verb_cloudevents, &verb_help,
    &verb_man,   &verb_completion, NULL,
};

const struct verb *verb_named(const char *name)
{
    for (const struct verb *const *verb = verbs; *verb; verb++)
        if (str_equal((*verb)->name, name))
            return *verb;
    return str_equal(name, "hj212-send") ? &verb_hj212_send : NULL;
}

const char *verb_page(const struct verb *verb)
{
    return verb->page ? verb->page : verb->name;
}
