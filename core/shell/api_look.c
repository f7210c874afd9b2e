/* Looking: state, decisions, journal, policies.  Nothing here writes. */
#include "base/xalloc.h"
#include "model/bundle.h"
#include "shell/api_inner.h"
#include "shell/conf.h"
#include "store/journal.h"
#include "store/ledger.h"
#include "store/lookup.h"
#include "store/reigns.h"
#include "store/shadows.h"
#include <stdlib.h>

/* ---- state ------------------------------------------------------------------- */

struct tallying {
    struct json_writer *writer;
    char *gateway; /* the object that is open; NULL: none */
};

static int add_tally(void *arg, const struct outbox_tally *tally)
{
    struct tallying *tallying = arg;
    if (!tallying->gateway || !str_equal(tallying->gateway, tally->gateway)) {
        if (tallying->gateway)
            jw_end(tallying->writer, '}');
        free(tallying->gateway);
        tallying->gateway = xstrdup(tally->gateway);
        jw_key(tallying->writer, tally->gateway);
        jw_begin(tallying->writer, '{');
    }
    put_int(tallying->writer, outbox_state_name(tally->state), tally->count);
    return 0;
}

static int print_outbox(struct json_writer *writer, const struct view *view)
{
    struct tallying tallying = {writer, NULL};
    jw_key(writer, "outbox");
    jw_begin(writer, '{');
    int err = outbox_tally(view->store, add_tally, &tallying);
    if (tallying.gateway)
        jw_end(writer, '}');
    free(tallying.gateway);
    jw_end(writer, '}');
    return err;
}

const char *api_mode(const struct api *api)
{
    if (api->host.conf->drill)
        return "drill";
    return api->host.effects == EFFECTS_LIVE ? "live" : "shadow";
}

/* As it was when the question was asked: the loop knows it, not this thread. */
static void print_health(const struct call *call, struct json_writer *writer)
{
    struct buf health = {0};
    health_print(&health, call->state);
    jw_key(writer, "health");
    jw_raw(writer, buf_str(&health));
    buf_release(&health);
}

static void look_at_status(struct call *call, const struct view *view)
{
    struct json_writer writer = {.buf = &call->out};
    struct buf engine = {0};
    const struct policy *policy = &view->live->bundle->policy;
    int64_t awaited = 0, overdue = 0, end = 0;
    engine_status(view->live->engine, &engine);
    jw_begin(&writer, '{');
    put_text(&writer, "mode", api_mode(call->api));
    put_text(&writer, "authority", policy->authority);
    put_text(&writer, "city", policy->city);
    put_instant(&writer, "clock", call_now(call, view), call->zone);
    print_health(call, &writer);
    put_text(&writer, "policy", generation_hash(view->live));
    put_text(&writer, "shadow", view->shadow ? generation_hash(view->shadow) : NULL);
    put_text(&writer, "paused", settings_paused(view->settings));
    jw_key(&writer, "engine");
    jw_raw(&writer, buf_str(&engine));
    int err = print_outbox(&writer, view);
    if (err == 0)
        err = chase_count(view->store, view->now, &awaited, &overdue);
    if (err == 0)
        err = lookup_end(view->store, &end);
    put_int(&writer, "unacknowledged", awaited);
    put_int(&writer, "overdue", overdue);
    put_int(&writer, "journal", end);
    jw_key(&writer, "proposals");
    engine_proposals(view->live->engine, (buf_clear(&engine), &engine));
    jw_raw(&writer, buf_str(&engine));
    jw_end(&writer, '}');
    buf_release(&engine);
    if (err < 0)
        call_deny_store(call, view);
}

void api_status(struct call *call)
{
    struct health *health = arena_alloc(&call->arena, sizeof *health);
    *health = call->api->host.health(call->api->host.host);
    call->state = health;
    call_look(call, look_at_status, NULL);
}

/* ---- pages of rows --------------------------------------------------------------- */

struct page {
    int64_t after, last;
    int max, count;
    struct json_writer writer;
};

/* {"KEY":[ */
static bool begin_page(struct call *call, const char *key)
{
    struct page *page = arena_alloc(&call->arena, sizeof *page);
    int64_t max = 100;
    if (!call_query_int(call, "after", 0, INT64_MAX, &page->after) ||
        !call_query_int(call, "max", 1, API_ROWS_MAX, &max))
        return false;
    page->max = (int)max;
    page->last = page->after;
    page->writer.buf = &call->out;
    call->state = page;
    jw_begin(&page->writer, '{');
    jw_key(&page->writer, key);
    jw_begin(&page->writer, '[');
    return true;
}

/* ],"next":N} */
static void end_page(struct call *call, const struct view *view, int answer)
{
    struct page *page = call->state;
    jw_end(&page->writer, ']');
    put_next(&page->writer, answer > 0, page->last);
    jw_end(&page->writer, '}');
    if (answer < 0)
        call_deny_store(call, view);
}

/* {"seq":N; false: the page is full, `next` begins with this row.  Rows of one fact stay together,
 * however many they are. */
static bool begin_row(struct page *page, int64_t seq)
{
    if (page->count >= page->max && seq != page->last)
        return false;
    page->count++;
    page->last = seq;
    jw_begin(&page->writer, '{');
    put_int(&page->writer, "seq", seq);
    return true;
}

/* ,"KEY":the JSON} */
static void end_row(struct page *page, const char *key, const char *json)
{
    jw_key(&page->writer, key);
    jw_raw(&page->writer, json);
    jw_end(&page->writer, '}');
}

static int add_decision(void *arg, const struct ledger_row *row)
{
    struct page *page = arg;
    if (!begin_row(page, row->seq))
        return 1;
    put_int(&page->writer, "number", row->number);
    end_row(page, "decision", row->line);
    return 0;
}

static void look_at_decisions(struct call *call, const struct view *view)
{
    struct page *page = call->state;
    end_page(call, view, ledger_read(view->store, page->after, add_decision, page));
}

void api_decisions(struct call *call)
{
    if (begin_page(call, "decisions"))
        call_look(call, look_at_decisions, NULL);
}

static int add_fact(void *arg, int64_t seq, const struct fact *fact)
{
    struct page *page = arg;
    struct buf event = {0};
    if (!begin_row(page, seq))
        return 1;
    fact_print(&event, fact);
    end_row(page, "event", buf_str(&event));
    buf_release(&event);
    return 0;
}

static void look_at_journal(struct call *call, const struct view *view)
{
    struct page *page = call->state;
    end_page(call, view, journal_read(view->store, page->after, add_fact, page));
}

void api_journal(struct call *call)
{
    char which[32];
    if (!begin_page(call, "facts"))
        return;
    snprintf(which, sizeof which, "after %lld", (long long)((struct page *)call->state)->after);
    call_audit(call, "journal", which);
    call_look(call, look_at_journal, NULL);
}

static int add_shadow(void *arg, const struct shadow_row *row)
{
    struct page *page = arg;
    if (!begin_row(page, row->seq))
        return 1;
    put_text(&page->writer, "policy", row->policy);
    end_row(page, "decision", row->line);
    return 0;
}

static void look_at_shadow(struct call *call, const struct view *view)
{
    struct page *page = call->state;
    end_page(call, view, shadow_read(view->store, page->after, add_shadow, page));
}

void api_shadow_decisions(struct call *call)
{
    if (begin_page(call, "decisions"))
        call_look(call, look_at_shadow, NULL);
}

/* ---- policies ---------------------------------------------------------------------- */

struct reigning {
    struct json_writer writer;
    span_ms zone;
};

static int add_reign(void *arg, const struct reign *reign)
{
    struct reigning *reigning = arg;
    jw_begin(&reigning->writer, '{');
    put_int(&reigning->writer, "seq", reign->seq);
    put_instant(&reigning->writer, "since", reign->since, reigning->zone);
    put_text(&reigning->writer, "policy", reign->hash);
    jw_end(&reigning->writer, '}');
    return 0;
}

static void look_at_generations(struct call *call, const struct view *view)
{
    struct reigning reigning = {{.buf = &call->out}, call->zone};
    struct json_writer *writer = &reigning.writer;
    jw_begin(writer, '{');
    put_text(writer, "in_force", generation_hash(view->live));
    put_text(writer, "shadow", view->shadow ? generation_hash(view->shadow) : NULL);
    jw_key(writer, "generations");
    jw_begin(writer, '[');
    int err = reigns_read(view->store, add_reign, &reigning);
    jw_end(writer, ']');
    jw_end(writer, '}');
    if (err < 0)
        call_deny_store(call, view);
}

void api_generations(struct call *call)
{
    call_look(call, look_at_generations, NULL);
}
