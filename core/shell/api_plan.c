/* Proposals: what waits for a signature, and what it would release: whom, with which words, by
 * which ways, and how long that takes. */
#include "base/err.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "engine/plan.h"
#include "model/bundle.h"
#include "shell/api_inner.h"
#include "shell/outgoing.h"
#include "shell/plan_fate.h"
#include "store/outbox.h"
#include <stdlib.h>
#include <string.h>

static void look_at_proposals(struct call *call, const struct view *view)
{
    struct buf list = {0};
    struct json_writer writer = {.buf = &call->out};
    engine_proposals(view->live->engine, &list);
    jw_begin(&writer, '{');
    put_text(&writer, "policy", generation_hash(view->live));
    jw_key(&writer, "proposals");
    jw_raw(&writer, buf_str(&list));
    jw_end(&writer, '}');
    buf_release(&list);
}

void api_proposals(struct call *call)
{
    call_look(call, look_at_proposals, NULL);
}

/* ---- one of them ----------------------------------------------------------------- */

struct load_of { /* of one gateway */
    int64_t waiting, more;
};
struct planning {
    const struct view *view;
    struct json_writer *writer;
    const char *level;
    int64_t after, max, place, printed;
    int64_t unreachable; /* orders without a way */
    struct load_of loads[GATEWAYS_MAX];
    struct ways ways;
};

/* The gateways that an order would go by at once. */
static void count_ways(struct planning *planning, const struct recipient *recipient,
                       enum letter_kind kind)
{
    const struct gateways *gateways = routing_gateways(planning->view->routing);
    struct routed routed = {.kind = kind, .recipient = recipient, .level = planning->level};
    struct ways *ways = &planning->ways;
    ways->count = ways->suspended = 0;
    routing_ways(planning->view->routing, &routed, planning->view->settings, ways);
    int first = ways->count > 0 ? ways->items[0].rung : 0;
    planning->unreachable += ways->count == 0;
    for (int i = 1; i < ways->count; i++)
        first = ways->items[i].rung < first ? ways->items[i].rung : first;
    for (int i = 0; i < ways->count; i++)
        if (ways->items[i].rung == first)
            planning->loads[ways->items[i].gateway - gateways->items].more++;
}

static void print_ways(struct planning *planning)
{
    struct json_writer *writer = planning->writer;
    jw_key(writer, "ways");
    jw_begin(writer, '[');
    for (int i = 0; i < planning->ways.count; i++) {
        jw_begin(writer, '{');
        put_text(writer, "gateway", planning->ways.items[i].gateway->name);
        put_int(writer, "rung", planning->ways.items[i].rung);
        jw_end(writer, '}');
    }
    jw_end(writer, ']');
}

static void add_order(void *arg, const struct order *order)
{
    static const char *const changes[] = {"new", "changed", "released"};
    struct planning *planning = arg;
    struct json_writer *writer = planning->writer;
    const struct registry *registry = &planning->view->live->bundle->policy.registry;
    const struct recipient *recipient = &registry->recipients[order->recipient];
    count_ways(planning, recipient,
               order->change == ORDER_RELEASED ? LETTER_RELEASE : LETTER_ORDER);
    if (planning->place++ < planning->after || planning->printed >= planning->max)
        return;
    planning->printed++;
    jw_begin(writer, '{');
    put_text(writer, "order", order->id);
    put_text(writer, "change", changes[order->change]);
    put_text(writer, "to", recipient->id);
    put_text(writer, "name", recipient->name);
    put_text(writer, "district", recipient->district);
    jw_key(writer, "measures");
    jw_raw(writer, order->measures);
    put_text(writer, "text", order->text);
    print_ways(planning);
    jw_end(writer, '}');
}

static int add_waiting(void *arg, const struct outbox_tally *tally)
{
    struct planning *planning = arg;
    int gateway = gateways_find(routing_gateways(planning->view->routing), tally->gateway);
    if (gateway >= 0 && (tally->state == OUTBOX_WAITING || tally->state == OUTBOX_SENDING))
        planning->loads[gateway].waiting += tally->count;
    return 0;
}

static void print_loads(struct planning *planning)
{
    const struct gateways *gateways = routing_gateways(planning->view->routing);
    struct json_writer *writer = planning->writer;
    jw_key(writer, "gateways");
    jw_begin(writer, '[');
    for (size_t i = 0; i < gateways->count; i++) {
        const struct load_of *load = &planning->loads[i];
        int64_t eta = outgoing_eta_ms(&gateways->items[i], load->waiting, load->more);
        jw_begin(writer, '{');
        put_text(writer, "gateway", gateways->items[i].name);
        put_int(writer, "letters", load->more);
        put_int(writer, "before", load->waiting);
        jw_key(writer, "eta_seconds");
        if (eta < 0)
            jw_null(writer);
        else
            jw_int(writer, (eta + SECOND_MS - 1) / SECOND_MS);
        jw_end(writer, '}');
    }
    jw_end(writer, ']');
    put_int(writer, "unreachable", planning->unreachable);
}

/* The proposal's own object out of the list; a reference of the list's; NULL: it is not there. */
static const json_t *find_proposal(const json_t *list, const char *hash)
{
    size_t i;
    json_t *proposal;
    json_array_foreach(
        list, i, proposal) if (str_starts(json_string_value(json_object_get(proposal, "hash")),
                                          hash)) return proposal;
    return NULL;
}

static int print_plan(struct call *call, const struct view *view, const json_t *proposal)
{
    struct planning *planning = call->state;
    struct json_writer writer = {.buf = &call->out};
    struct buf text = {0};
    planning->view = view;
    planning->writer = &writer;
    planning->level = json_string_value(json_object_get(proposal, "level"));
    json_canonical(&text, proposal);
    jw_begin(&writer, '{');
    jw_key(&writer, "proposal");
    jw_raw(&writer, buf_str(&text));
    buf_release(&text);
    jw_key(&writer, "orders");
    jw_begin(&writer, '[');
    int err = engine_proposal_orders(view->live->engine, call->params[0], add_order, planning);
    jw_end(&writer, ']');
    put_int(&writer, "total", planning->place);
    put_next(&writer, planning->after + planning->printed < planning->place,
             planning->after + planning->printed);
    if (err == 0)
        err = outbox_tally(view->store, add_waiting, planning);
    print_loads(planning);
    put_text(&writer, "policy", generation_hash(view->live));
    jw_end(&writer, '}');
    return err;
}

static void deny_plan(struct call *call, const struct view *view, int err)
{
    if (err == ERR_STORE)
        call_deny_store(call, view);
    else if (err == ERR_CONFLICT)
        call_deny(call, 409, "%s",
                  tr("the recipients hold other orders now: it must be proposed again",
                     "企业现行指令已有变化，须重新生成方案"));
    else
        call_deny(call, 409, "%s", err_str(err));
}

/* Who looks for a plan that has just been signed is told by whom. */
static void deny_unknown(struct call *call, const struct view *view)
{
    struct fact approval = {
        .kind = FACT_DECISION, .source = "look", .id = "", .subject = call->params[0]};
    struct buf why = {0};
    approval.decision = (struct decision_fact){
        .act = ACT_APPROVE, .by = call->who, .note = "look", .plan = call->params[0]};
    int known = plan_fate(view, &approval, call->zone, &why);
    int err = known > 0 ? ERR_INVALID : engine_act_check(view->live->engine, &approval, &why);
    call_deny(call, 404, "%s",
              err < 0 ? buf_str(&why) : tr("no such plan waits", "没有该方案号的待签发方案"));
    buf_release(&why);
}

static void look_at_plan(struct call *call, const struct view *view)
{
    struct buf text = {0};
    struct findings findings = {0};
    engine_proposals(view->live->engine, &text);
    json_t *list = json_read(buf_str(&text), text.size, "proposals", 1, &findings);
    const json_t *proposal = find_proposal(list, call->params[0]);
    if (proposal && strlen(call->params[0]) >= HASH_DIGITS_MIN) {
        int err = print_plan(call, view, proposal);
        if (err < 0)
            deny_plan(call, view, err);
    } else {
        deny_unknown(call, view);
    }
    json_decref(list);
    buf_release(&text);
    findings_release(&findings);
}

static void release(struct call *call)
{
    free(call->state);
}

void api_proposal(struct call *call)
{
    struct planning *planning = xcalloc(1, sizeof *planning);
    planning->max = 200;
    call->state = planning;
    call->release = release;
    if (call_query_int(call, "after", 0, INT64_MAX, &planning->after) &&
        call_query_int(call, "max", 1, 20000, &planning->max))
        call_look(call, look_at_plan, NULL);
}
