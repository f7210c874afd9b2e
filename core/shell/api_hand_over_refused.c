/* Orders that somebody cannot obey, and said so.
 *
 * A refusal ends the chase, so it stands among the unanswered no more; yet it is what the next
 * shift must act on first, for as long as its episode is open. */
#include "base/err.h"
#include "model/bundle.h"
#include "shell/api_hand_over.h"
#include "store/journal.h"
#include "store/letters.h"
#include "store/lookup.h"

enum { ROWS_MAX = 200 };

struct refusals {
    const struct hand_over *sheet;
    struct json_writer *writer;
    const struct receipt_row *row;
    int count;
};

bool hand_over_is_own(const struct hand_over *sheet, const char *by, const char *recipient)
{
    if (!by || (recipient && str_equal(by, recipient)))
        return true;
    for (const char *const *name = sheet->enterprises; *name; name++)
        if (str_equal(*name, by))
            return true;
    return false;
}

static void put_refusal(void *arg, const struct letter_row *letter)
{
    struct refusals *refusals = arg;
    const struct hand_over *sheet = refusals->sheet;
    const struct registry *registry = &sheet->policy->registry;
    const struct receipt_row *row = refusals->row;
    int place = letter->recipient ? registry_find(registry, letter->recipient) : -1;
    put_text(refusals->writer, "to", letter->recipient);
    put_text(refusals->writer, "name", place >= 0 ? registry->recipients[place].name : NULL);
    put_text(refusals->writer, "level", letter->level);
    put_text(refusals->writer, "reason", row->reason);
    put_text(refusals->writer, "by",
             hand_over_is_own(sheet, row->by, letter->recipient) ? NULL : row->by);
}

static int find_arrival(void *arg, int64_t seq, const struct fact *fact)
{
    (void)seq;
    *(instant_ms *)arg = fact->arrival;
    return 1;
}

static int add_refusal(void *arg, const struct receipt_row *row)
{
    struct refusals *refusals = arg;
    instant_ms at = row->at;
    if (refusals->count++ >= ROWS_MAX)
        return 0; /* counted all the same */
    refusals->row = row;
    int err = journal_read(refusals->sheet->store, row->seq - 1, find_arrival, &at);
    jw_begin(refusals->writer, '{');
    put_text(refusals->writer, "letter", row->letter);
    put_instant(refusals->writer, "at", at, refusals->sheet->zone);
    if (err >= 0)
        err = letter_look(refusals->sheet->store, row->letter, put_refusal, refusals);
    jw_end(refusals->writer, '}');
    return err < 0 ? err : 0;
}

int hand_over_refused(const struct hand_over *sheet, const char *engine, struct json_writer *writer)
{
    struct refusals refusals = {.sheet = sheet, .writer = writer};
    json_t *status = json_loads(engine, 0, NULL), *warning;
    int err = 0;
    size_t i;
    jw_key(writer, "refused");
    jw_begin(writer, '[');
    json_array_foreach(json_object_get(status, "warnings"), i, warning)
    {
        const char *episode = json_string_value(json_object_get(warning, "episode"));
        if (err == 0 && episode && json_is_string(json_object_get(warning, "level")))
            err = lookup_refused(sheet->store, episode, add_refusal, &refusals);
    }
    jw_end(writer, ']');
    put_int(writer, "refused_total", refusals.count);
    json_decref(status);
    return err;
}
