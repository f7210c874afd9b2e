/* The shift hand-over sheet: what who comes must know of what who goes leaves behind.
 *
 * It is read in one look, so it shows one moment; as JSON, or printed (api_hand_over_page.c). */
#include "shell/api_hand_over.h"
#include "base/err.h"
#include "base/lang.h"
#include "engine/decision_words.h"
#include "model/bundle.h"
#include "shell/letter.h"
#include "store/audit.h"
#include "store/ledger.h"
#include "store/letters.h"
#include "store/lookup.h"
#include <string.h>

enum { ROWS_MAX = 200, HOURS = 12, HOURS_MAX = 168 };

struct sheet {
    int64_t hours;
    bool page;
    struct store *store;
    const struct policy *policy;
    struct json_writer writer;
    span_ms zone;
    const char *const *enterprises;
    int count, skipped; /* rows of the list in hand; before those that are printed */
    instant_ms now;     /* the wall clock's */
};

/* ---- what was decided ------------------------------------------------------------- */

static void put_reasons(struct buf *buf, const json_t *line)
{
    const json_t *because = json_object_get(line, "because");
    size_t i;
    json_t *reason;
    json_array_foreach(because, i, reason)
    {
        if (i > 0)
            buf_puts(buf, tr("; ", "；"));
        words_because(buf, json_string_value(reason));
    }
}

/* Orders and evidence are too many; who did not obey is a task. */
static bool is_told(const struct ledger_row *row, int kind)
{
    if (kind < 0 || kind == DECISION_EVIDENCE || kind == DECISION_CLEAR)
        return false;
    return !row->order || kind == DECISION_TASK;
}

/* What came of an act: first of two signatures and release would read alike. */
static const char *word_of_result(const char *result)
{
    static const struct {
        const char *result, *english, *chinese;
    } words[] = {
        {"approved", "released", "已签发生效"},
        {"first_signed", "first of two signatures", "首签，待第二人签发"},
        {"overridden", "released by hand", "已人工发布"},
        {"lifted", "lifted by hand", "已人工解除"},
        {"held", "held", "已暂缓"},
        {"filed", "filed", "已归档"},
        {"expired", "filed by itself", "逾期自动归档"},
        {"refused", "REFUSED", "未生效"},
        {"nothing", "nothing changed", "无变化"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_equal(words[i].result, result))
            return tr(words[i].english, words[i].chinese);
    return result;
}

static void put_words(struct buf *buf, const struct ledger_row *row, int kind)
{
    bool told = (kind == DECISION_ALARM || kind == DECISION_TASK) && row->text;
    json_t *line = told ? NULL : json_loads(row->line, 0, NULL);
    const char *result = json_string_value(json_object_get(line, "result"));
    if (kind == DECISION_ACT && result)
        buf_printf(buf, tr("%s: ", "%s："), word_of_result(result));
    if (told)
        buf_puts(buf, row->text);
    else
        put_reasons(buf, line);
    json_decref(line);
}

static int count_decision(void *arg, const struct ledger_row *row)
{
    struct sheet *sheet = arg;
    sheet->count += is_told(row, decision_kind_of(row->kind));
    return 0;
}

static int add_decision(void *arg, const struct ledger_row *row)
{
    struct sheet *sheet = arg;
    struct buf words = {0};
    int kind = decision_kind_of(row->kind);
    if (!is_told(row, kind) || sheet->skipped++ < sheet->count - ROWS_MAX)
        return 0;
    put_words(&words, row, kind);
    jw_begin(&sheet->writer, '{');
    put_instant(&sheet->writer, "at", row->at, sheet->zone);
    put_text(&sheet->writer, "kind", row->kind);
    put_text(&sheet->writer, "kind_words", words_kind((enum decision_kind)kind));
    put_text(&sheet->writer, "rule", row->rule);
    put_text(&sheet->writer, "level", row->level);
    put_text(&sheet->writer, "words", buf_str(&words));
    jw_end(&sheet->writer, '}');
    buf_release(&words);
    return 0;
}

static int print_decisions(struct sheet *sheet, int64_t after)
{
    sheet->count = sheet->skipped = 0; /* of many the newest */
    int err = ledger_read(sheet->store, after, count_decision, sheet);
    jw_key(&sheet->writer, "events");
    jw_begin(&sheet->writer, '[');
    if (err == 0)
        err = ledger_read(sheet->store, after, add_decision, sheet);
    jw_end(&sheet->writer, ']');
    put_int(&sheet->writer, "events_total", sheet->count);
    return err;
}

static struct hand_over shift_of(const struct sheet *sheet, int64_t after)
{
    return (struct hand_over){sheet->store, sheet->policy, sheet->zone, after, sheet->enterprises};
}

static int print_acts(struct sheet *sheet, int64_t after)
{
    struct hand_over shift = shift_of(sheet, after);
    return hand_over_acts(&shift, &sheet->writer);
}

/* ---- letters ------------------------------------------------------------------------- */

static const char *name_of(const struct sheet *sheet, const char *recipient)
{
    int place = recipient ? registry_find(&sheet->policy->registry, recipient) : -1;
    return place >= 0 ? sheet->policy->registry.recipients[place].name : NULL;
}

static void put_letter(void *arg, const struct letter_row *row)
{
    struct sheet *sheet = arg;
    put_text(&sheet->writer, "to", row->recipient);
    put_text(&sheet->writer, "name", name_of(sheet, row->recipient));
    put_text(&sheet->writer, "level", row->level);
    put_instant(&sheet->writer, "at", row->at, sheet->zone);
}

static int add_awaited(void *arg, const struct chase_row *row)
{
    struct sheet *sheet = arg;
    jw_begin(&sheet->writer, '{');
    put_text(&sheet->writer, "letter", row->letter);
    put_instant(&sheet->writer, "deadline", row->deadline, sheet->zone);
    int err = letter_look(sheet->store, row->letter, put_letter, sheet);
    jw_end(&sheet->writer, '}');
    return err;
}

static int print_awaited(struct sheet *sheet)
{
    int64_t total = 0, overdue = 0;
    jw_key(&sheet->writer, "unacknowledged");
    jw_begin(&sheet->writer, '[');
    int err = lookup_awaited(sheet->store, ROWS_MAX, add_awaited, sheet);
    jw_end(&sheet->writer, ']');
    if (err == 0)
        err = chase_count(sheet->store, sheet->now, &total, &overdue);
    put_int(&sheet->writer, "unacknowledged_total", total);
    put_int(&sheet->writer, "overdue_total", overdue);
    return err;
}

static int print_refused(struct sheet *sheet, const struct view *view)
{
    struct hand_over shift = shift_of(sheet, 0);
    struct buf engine = {0};
    engine_status(view->live->engine, &engine);
    int err = hand_over_refused(&shift, buf_str(&engine), &sheet->writer);
    buf_release(&engine);
    return err;
}

/* Who reads it where no enterprise does. */
static const char *name_of_readers(const struct consignment *consignment)
{
    if (consignment->recipient)
        return NULL;
    return letter_kind_of(consignment->kind) == LETTER_PUBLIC
               ? tr("the public", "公众")
               : tr("the officers on duty", "值班人员");
}

static int add_dead(void *arg, const struct consignment *consignment)
{
    struct sheet *sheet = arg;
    jw_begin(&sheet->writer, '{');
    put_text(&sheet->writer, "letter", consignment->key.letter);
    put_text(&sheet->writer, "kind", consignment->kind);
    put_text(&sheet->writer, "to", consignment->recipient);
    const char *name = name_of(sheet, consignment->recipient);
    put_text(&sheet->writer, "name", name ? name : name_of_readers(consignment));
    put_text(&sheet->writer, "gateway", consignment->key.gateway);
    put_text(&sheet->writer, "trouble", consignment->trouble);
    put_instant(&sheet->writer, "changed", consignment->changed, sheet->zone);
    jw_end(&sheet->writer, '}');
    return 0;
}

static int print_dead(struct sheet *sheet)
{
    int64_t counts[OUTBOX_STATES], lost = 0;
    jw_key(&sheet->writer, "dead");
    jw_begin(&sheet->writer, '[');
    int err = lookup_lost(sheet->store, ROWS_MAX, add_dead, sheet);
    jw_end(&sheet->writer, ']');
    if (err == 0)
        err = lookup_count_lost(sheet->store, &lost);
    if (err == 0)
        err = outbox_count(sheet->store, counts);
    if (err == 0) {
        put_int(&sheet->writer, "dead_total", lost);
        put_int(&sheet->writer, "waiting_total", counts[OUTBOX_WAITING] + counts[OUTBOX_SENDING]);
    }
    return err;
}

/* What the other side has given up; until somebody resumes it, nothing goes there. */
static void add_suspended(void *arg, const char *address, const char *why)
{
    struct sheet *sheet = arg;
    if (sheet->count++ >= ROWS_MAX)
        return;
    jw_begin(&sheet->writer, '{');
    put_text(&sheet->writer, "address", address);
    put_text(&sheet->writer, "why", why);
    jw_end(&sheet->writer, '}');
}

static void print_suspended(struct sheet *sheet, const struct settings *settings)
{
    sheet->count = 0;
    jw_key(&sheet->writer, "suspended");
    jw_begin(&sheet->writer, '[');
    settings_each_suspended(settings, add_suspended, sheet);
    jw_end(&sheet->writer, ']');
    put_int(&sheet->writer, "suspended_total", sheet->count);
}

/* ---- the whole ------------------------------------------------------------------------- */

/* How people call the rules. */
static void print_titles(struct sheet *sheet, const struct view *view)
{
    size_t count;
    const struct rule *rules = program_rules(view->live->program, &count);
    jw_key(&sheet->writer, "titles");
    jw_begin(&sheet->writer, '{');
    for (size_t i = 0; i < count; i++)
        put_text(&sheet->writer, rules[i].name, rules[i].title);
    jw_end(&sheet->writer, '}');
}

static void print_engine(struct sheet *sheet, const struct view *view)
{
    struct buf text = {0};
    engine_status(view->live->engine, &text);
    jw_key(&sheet->writer, "engine");
    jw_raw(&sheet->writer, buf_str(&text));
    print_titles(sheet, view);
    buf_clear(&text);
    engine_proposals(view->live->engine, &text);
    jw_key(&sheet->writer, "proposals");
    jw_raw(&sheet->writer, buf_str(&text));
    buf_release(&text);
}

/* The newest anchor: a printed sheet keeps it where nobody rewrites it. */
static int print_anchor(struct sheet *sheet)
{
    struct anchor anchor;
    struct buf line = {0};
    int found = anchor_before(sheet->store, INT64_MAX, &anchor);
    if (found == 1)
        anchor_print(&line, &anchor);
    jw_key(&sheet->writer, "anchor");
    jw_raw(&sheet->writer, found == 1 ? buf_str(&line) : "null");
    buf_release(&line);
    return found < 0 ? found : 0;
}

static void look(struct call *call, const struct view *view)
{
    struct sheet *sheet = call->state;
    instant_ms now = call_now(call, view), from = now - sheet->hours * HOUR_MS;
    sheet->store = view->store;
    sheet->policy = &view->live->bundle->policy;
    sheet->zone = call->zone;
    sheet->now = view->now;
    sheet->writer.buf = &call->out;
    jw_begin(&sheet->writer, '{');
    put_text(&sheet->writer, "authority", sheet->policy->authority);
    put_text(&sheet->writer, "mode", api_mode(call->api));
    put_instant(&sheet->writer, "from", from, sheet->zone);
    put_instant(&sheet->writer, "to", now, sheet->zone);
    put_text(&sheet->writer, "by", call->who);
    put_text(&sheet->writer, "policy", generation_hash(view->live));
    put_text(&sheet->writer, "paused", settings_paused(view->settings));
    print_engine(sheet, view);
    print_suspended(sheet, view->settings);
    int err = print_awaited(sheet);
    if (err == 0)
        err = print_refused(sheet, view);
    if (err == 0)
        err = print_dead(sheet);
    int64_t after = err == 0 ? audit_seq_before(sheet->store, from) : 0;
    if (err == 0)
        err = after < 0 ? ERR_STORE : print_acts(sheet, after);
    if (err == 0)
        err = print_decisions(sheet, after);
    if (err == 0)
        err = print_anchor(sheet);
    jw_end(&sheet->writer, '}');
    if (err < 0)
        call_deny_store(call, view);
    else if (sheet->page)
        hand_over_page(call, sheet->policy);
}

/* As a page where the client asks for one (Accept), or with ?form=html. */
static bool wants_page(struct http_request *request)
{
    const char *form = http_query(request, "form"), *accept = http_header(request, "Accept");
    if (form)
        return str_equal(form, "html");
    return accept && strstr(accept, "text/html");
}

/* Copied on the loop: while the worker looks, accounts may be read anew. */
static const char *const *enterprises_of(struct call *call)
{
    const struct accounts *accounts = call->api->accounts;
    const char **names = arena_alloc(&call->arena, ((size_t)accounts->count + 1) * sizeof *names);
    int count = 0;
    for (int i = 0; i < accounts->count; i++)
        if (accounts->items[i].recipient)
            names[count++] = arena_strdup(&call->arena, accounts->items[i].name);
    names[count] = NULL;
    return names;
}

void api_hand_over(struct call *call)
{
    struct sheet *sheet = arena_alloc(&call->arena, sizeof *sheet);
    sheet->hours = HOURS;
    sheet->enterprises = enterprises_of(call);
    sheet->page = wants_page(call->request);
    if (sheet->page)
        call->lang = LANG_ZH; /* as the printed sheet is */
    call->state = sheet;
    if (!call_query_int(call, "hours", 1, HOURS_MAX, &sheet->hours))
        return;
    call_audit(call, "hand-over", NULL);
    call_look(call, look, NULL);
}
