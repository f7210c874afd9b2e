/* Doing what was decided. */
#include "shell/acts.h"
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/bundle.h"
#include "shell/correction.h"
#include "shell/pages.h"
#include "shell/settings.h"
#include "store/letters.h"
#include "store/outbox.h"
#include <stdlib.h>
#include <string.h>

static const char by_hand[] = "paused";

/* ---- pause and resume ---------------------------------------------------------- */

static int pause_dispatch(struct post *post, const struct fact *fact)
{
    const struct decision_fact *decision = &fact->decision;
    char *who = xasprintf("%s: %s", decision->by, decision->note ? decision->note : "");
    events_add(post->events, LOG_WARNING, "dispatch.paused",
               tr("dispatch is paused by %s; only pages and corrections leave",
                  "发送已由 %s 暂停；仅呼叫与更正照常发出"),
               who);
    int err = settings_set(post->settings, post->tx, by_hand, who);
    free(who);
    return err;
}

/* Who names an address means that address alone: a mistyped one, or one somebody else has taken up
 * meanwhile, must not let everything go that was paused. */
static int resume_dispatch(struct post *post, const struct fact *fact)
{
    bool one = fact->subject && strchr(fact->subject, '/'); /* else all of dispatch */
    char *address = one ? xasprintf(SUSPENDED_SETTING "%s", fact->subject) : NULL;
    int err = 0;
    if (!address || settings_get(post->settings, address)) {
        events_add(post->events, LOG_INFO, "dispatch.resumed",
                   tr("%s is resumed by %s", "%s 由 %s 恢复"),
                   address ? fact->subject : tr("dispatch", "发送"), fact->decision.by);
        err = settings_set(post->settings, post->tx, address ? address : by_hand, NULL);
    }
    free(address);
    return err;
}

/* ---- CAP's chain ---------------------------------------------------------------------- */

struct references {
    struct store *store;
    struct buf text;
    span_ms zone;
};

/* Or will, in its turn: before whatever refers to it. */
static int leaves(void *arg, const struct consignment *consignment)
{
    (void)arg;
    return consignment->attempts > 0 || consignment->state != OUTBOX_CANCELLED;
}

/* Of what was cancelled before it left nobody knows: it is no link of the chain. */
static int add_reference(void *arg, const struct letter_row *row)
{
    struct references *references = arg;
    struct buf *buf = &references->text;
    bool public = !row->recipient && (str_equal(row->kind, letter_kind_name(LETTER_PUBLIC)) ||
                                      str_equal(row->kind, letter_kind_name(LETTER_CORRECTION)) ||
                                      str_equal(row->kind, letter_kind_name(LETTER_WITHDRAWAL)));
    int left = public ? outbox_of(references->store, row->id, leaves, NULL) : 0;
    if (left <= 0)
        return left;
    buf_printf(buf, "%s%s,", buf->size > 0 ? " " : "", row->id);
    instant_print(buf, row->at, references->zone);
    return 0;
}

/* ---- test ------------------------------------------------------------------------------- */

static const char *test_address(const struct post *post, const struct gateway *gateway,
                                const char **ret_name)
{
    size_t count;
    const struct duty_officer *duty = routing_duty(post->routing, &count);
    *ret_name = NULL;
    if (gateway->channel->address == ADDRESS_NONE)
        return "";
    if (gateway->channel->address == ADDRESS_RECIPIENT)
        return "test";
    for (size_t i = 0; i < count; i++) {
        struct contact contact = {
            .phone = duty[i].phone, .webhook = duty[i].webhook, .email = duty[i].email};
        const char *address = contact_address(&contact, gateway->channel->address);
        *ret_name = duty[i].name;
        if (address)
            return address;
    }
    return NULL;
}

static int test_gateway(struct post *post, const struct fact *fact, const struct gateway *gateway)
{
    const struct policy *policy = &post->generation->bundle->policy;
    struct ways *ways = xcalloc(1, sizeof *ways);
    struct way_out way = {.gateway = gateway};
    char id[LETTER_ID_SIZE];
    struct buf text = {0}, issued = {0};
    way.address = test_address(post, gateway, &way.name);
    if (way.address)
        ways->items[ways->count++] = way;
    instant_print_chinese(&issued, fact->arrival, policy->zone);
    const struct template_value values[] = {{"gateway", gateway->name},
                                            {"authority", policy->authority},
                                            {"issued", buf_str(&issued)},
                                            {NULL, NULL}};
    post_fill(&text, post, TEMPLATE_TEST, values);
    letter_id(id, "test", fact->source, fact->id, gateway->name, NULL);
    struct letter letter = {.id = id,
                            .kind = LETTER_TEST,
                            .name = gateway->name,
                            .text = buf_str(&text),
                            .number = -1,
                            .at = fact->arrival,
                            .begin = INSTANT_NONE};
    int err = post_by(post, &letter, ways);
    buf_release(&issued);
    buf_release(&text);
    free(ways);
    return err;
}

static int test(struct post *post, const struct fact *fact)
{
    const struct gateways *gateways = routing_gateways(post->routing);
    int only = fact->subject ? gateways_find(gateways, fact->subject) : -1, err = 0;
    for (size_t i = 0; i < gateways->count && err == 0; i++)
        if (only < 0 || only == (int)i)
            err = test_gateway(post, fact, &gateways->items[i]);
    return err;
}

/* ---- which ---------------------------------------------------------------------------------- */

static int page_break_glass(struct post *post, const struct fact *fact)
{
    const struct decision_fact *decision = &fact->decision;
    char *text =
        xasprintf(tr("By: %s\nReason: %s\nPlan: %s\nLevel: %s\n",
                     "签发人：%s\n事由：%s\n方案号：%s\n级别：%s\n"),
                  decision->by, decision->note ? decision->note : "-",
                  decision->plan ? decision->plan : "-", decision->level ? decision->level : "-");
    char *key = xasprintf("break_glass/%s/%s", fact->source, fact->id);
    int err = page_everybody(post, key,
                             tr("Break-glass: one person has decided what needs two",
                                "紧急越权签发：由一人代行双人签发"),
                             text);
    free(key);
    free(text);
    return err;
}

int acts_apply(struct post *post, const struct fact *fact)
{
    const struct decision_fact *decision = &fact->decision;
    if (!act_is_of_engine(decision->act) && (!decision->note || !decision->note[0])) {
        events_add(post->events, LOG_WARNING, "act.refused",
                   tr("%s by %s has no note: nothing is done", "%s（%s）未写明事由，不予执行"),
                   decision_act_name(decision->act), decision->by);
        return 0;
    }
    switch (decision->act) {
    case ACT_PAUSE:
        return pause_dispatch(post, fact);
    case ACT_RESUME:
        return resume_dispatch(post, fact);
    case ACT_CORRECT:
    case ACT_WITHDRAW:
        return correction_apply(post, fact);
    case ACT_TEST:
        return test(post, fact);
    case ACT_BREAK_GLASS:
        return page_break_glass(post, fact);
    default:
        return 0;
    }
}

char *acts_references(struct post *post, const char *episode)
{
    struct letter_query query = {.episode = episode};
    struct references references = {.store = post->store,
                                    .zone = post->generation->bundle->policy.zone};
    int err = episode ? letter_find(post->store, &query, add_reference, &references) : 0;
    char *text = err == 0 && references.text.size > 0 ? xstrdup(buf_str(&references.text)) : NULL;
    buf_release(&references.text);
    return text;
}
