/* Doing what was decided. */
#include "shell/acts.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/bundle.h"
#include "shell/pages.h"
#include "shell/settings.h"
#include "shell/template.h"
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

static int resume_dispatch(struct post *post, const struct fact *fact)
{
    char *address = fact->subject && strchr(fact->subject, '/')
                        ? xasprintf("suspended/%s", fact->subject)
                        : NULL;
    bool suspended = address && settings_get(post->settings, address);
    events_add(post->events, LOG_INFO, "dispatch.resumed",
               tr("%s is resumed by %s", "%s 由 %s 恢复"),
               suspended ? fact->subject : tr("dispatch", "发送"), fact->decision.by);
    int err = settings_set(post->settings, post->tx, suspended ? address : by_hand, NULL);
    free(address);
    return err;
}

/* ---- correct and withdraw --------------------------------------------------------- */

struct concerned { /* letters, by id */
    char **ids;
    size_t count, capacity;
};

static int add_concerned(void *arg, const struct letter_row *row)
{
    struct concerned *concerned = arg;
    int kind = letter_kind_of(row->kind);
    if (kind < 0 || kind > LETTER_ESCALATION)
        return 0;
    void *items = concerned->ids;
    xgrow(&items, concerned->count, &concerned->capacity, sizeof *concerned->ids);
    concerned->ids = items;
    concerned->ids[concerned->count++] = xstrdup(row->id);
    return 0;
}

static void add_one(void *arg, const struct letter_row *row)
{
    add_concerned(arg, row);
}

/* The subject is a letter, a plan or an episode. */
static int find_concerned(struct post *post, const struct fact *fact, struct concerned *concerned)
{
    const char *plan = fact->decision.plan;
    int err = fact->subject && !plan ? letter_look(post->store, fact->subject, add_one, concerned)
                                     : ERR_NOT_FOUND;
    if (err != ERR_NOT_FOUND)
        return err;
    struct letter_query by_plan = {.plan = plan ? plan : fact->subject};
    err = by_plan.plan ? letter_find(post->store, &by_plan, add_concerned, concerned) : 0;
    struct letter_query by_episode = {.episode = fact->subject};
    if (err == 0 && concerned->count == 0 && fact->subject)
        err = letter_find(post->store, &by_episode, add_concerned, concerned);
    return err;
}

struct correcting {
    struct post *post;
    const struct fact *fact;
    enum letter_kind kind;
    /* The letter in hand; owned. */
    char *recipient, *rule, *episode, *level;
    struct ways ways;
    char *texts[2 * WAYS_MAX]; /* addresses and contacts of the ways */
    int text_count;
    int unsent; /* consignments that had not left */
    int corrected, cancelled;
};

static char *copy(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static void take_letter(void *arg, const struct letter_row *row)
{
    struct correcting *correcting = arg;
    correcting->recipient = copy(row->recipient);
    correcting->rule = copy(row->rule);
    correcting->episode = copy(row->episode);
    correcting->level = copy(row->level);
}

static int take_way(void *arg, const struct consignment *consignment)
{
    struct correcting *correcting = arg;
    const struct gateways *gateways = routing_gateways(correcting->post->routing);
    int gateway = gateways_find(gateways, consignment->key.gateway);
    if (consignment->attempts == 0)
        correcting->unsent += consignment->state == OUTBOX_WAITING;
    if (consignment->attempts == 0 || gateway < 0 || correcting->ways.count == WAYS_MAX)
        return 0;
    char *address = xstrdup(consignment->key.address), *contact = copy(consignment->contact);
    correcting->texts[correcting->text_count++] = address;
    correcting->texts[correcting->text_count++] = contact;
    correcting->ways.items[correcting->ways.count++] = (struct way_out){
        .gateway = &gateways->items[gateway], .address = address, .contact = contact};
    return 0;
}

static void forget(struct correcting *correcting)
{
    free(correcting->recipient);
    free(correcting->rule);
    free(correcting->episode);
    free(correcting->level);
    for (int i = 0; i < correcting->text_count; i++)
        free(correcting->texts[i]);
    correcting->recipient = correcting->rule = correcting->episode = correcting->level = NULL;
    correcting->ways.count = correcting->text_count = correcting->unsent = 0;
}

static char *text_of(const struct correcting *correcting, const char *about)
{
    const struct post *post = correcting->post;
    const struct policy *policy = &post->generation->bundle->policy;
    const struct recipient *to = post_recipient(post, correcting->recipient);
    const struct decision_fact *decision = &correcting->fact->decision;
    struct buf issued = {0}, text = {0};
    instant_print_chinese(&issued, correcting->fact->arrival, policy->zone);
    const struct template_value values[] = {
        {"name", to ? to->name : NULL},
        {"order", about},
        {"text", decision->text ? decision->text : decision->note},
        {"note", decision->note},
        {"authority", policy->authority},
        {"issued", buf_str(&issued)},
        {NULL, NULL},
    };
    if (post->drill)
        buf_puts(&text, "【演练】");
    template_fill(&text,
                  template_text(policy, correcting->kind == LETTER_CORRECTION
                                            ? TEMPLATE_CORRECTION
                                            : TEMPLATE_WITHDRAWAL),
                  values);
    buf_release(&issued);
    return buf_detach(&text);
}

static int send_correction(struct correcting *correcting, const char *about)
{
    struct post *post = correcting->post;
    const struct recipient *to = post_recipient(post, correcting->recipient);
    char id[LETTER_ID_SIZE];
    letter_id(id, letter_kind_name(correcting->kind), correcting->fact->source,
              correcting->fact->id, about, NULL);
    char *text = text_of(correcting, about);
    char *references = correcting->recipient ? NULL : acts_references(post, correcting->episode);
    struct letter letter = {
        .id = id,
        .kind = correcting->kind,
        .about = about,
        .rule = correcting->rule,
        .episode = correcting->episode,
        .level = correcting->level,
        .to = correcting->recipient,
        .name = to ? to->name : NULL,
        .text = text,
        .references = references,
        .number = -1,
        .at = correcting->fact->arrival,
        .begin = INSTANT_NONE,
    };
    int err = post_by(post, &letter, &correcting->ways);
    free(references);
    free(text);
    return err;
}

static int correct_one(struct correcting *correcting, const char *about)
{
    struct post *post = correcting->post;
    int err = letter_look(post->store, about, take_letter, correcting);
    if (err == 0)
        err = outbox_of(post->store, about, take_way, correcting);
    if (err == 0 && correcting->ways.count > 0)
        err = send_correction(correcting, about);
    if (err == 0)
        err = letter_end(post->tx, about,
                         correcting->kind == LETTER_CORRECTION ? "corrected" : "withdrawn");
    if (err == 0)
        err = post_ended(post, about);
    correcting->corrected += correcting->ways.count;
    correcting->cancelled += correcting->unsent;
    forget(correcting);
    return err;
}

static int correct(struct post *post, const struct fact *fact, enum letter_kind kind)
{
    struct concerned concerned = {0};
    struct correcting *correcting = xcalloc(1, sizeof *correcting);
    *correcting = (struct correcting){.post = post, .fact = fact, .kind = kind};
    int err = find_concerned(post, fact, &concerned);
    for (size_t i = 0; i < concerned.count && err == 0; i++)
        err = correct_one(correcting, concerned.ids[i]);
    events_add(
        post->events, LOG_WARNING, letter_kind_name(kind),
        tr("%s by %s: %d consignments that were attempted are followed, %d that had not left "
           "are cancelled",
           "%s（%s）：对已发出的 %d 件逐一跟发，尚未发出的 %d 件取消"),
        kind == LETTER_CORRECTION ? tr("corrected", "更正") : tr("withdrawn", "撤回"),
        fact->decision.by, correcting->corrected, correcting->cancelled);
    for (size_t i = 0; i < concerned.count; i++)
        free(concerned.ids[i]);
    free(concerned.ids);
    free(correcting);
    return err;
}

struct references {
    struct buf text;
    span_ms zone;
};

static int add_reference(void *arg, const struct letter_row *row)
{
    struct references *references = arg;
    struct buf *buf = &references->text;
    bool public = !row->recipient && (str_equal(row->kind, letter_kind_name(LETTER_PUBLIC)) ||
                                      str_equal(row->kind, letter_kind_name(LETTER_CORRECTION)) ||
                                      str_equal(row->kind, letter_kind_name(LETTER_WITHDRAWAL)));
    if (!public)
        return 0;
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
    if (post->drill)
        buf_puts(&text, "【演练】");
    template_fill(&text, template_text(policy, TEMPLATE_TEST), values);
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

static bool is_ours(enum decision_act act)
{
    return !act_is_of_engine(act);
}

int acts_apply(struct post *post, const struct fact *fact)
{
    const struct decision_fact *decision = &fact->decision;
    if (is_ours(decision->act) && (!decision->note || !decision->note[0])) {
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
        return correct(post, fact, LETTER_CORRECTION);
    case ACT_WITHDRAW:
        return correct(post, fact, LETTER_WITHDRAWAL);
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
    struct references references = {.zone = post->generation->bundle->policy.zone};
    int err = episode ? letter_find(post->store, &query, add_reference, &references) : 0;
    char *text = err == 0 && references.text.size > 0 ? xstrdup(buf_str(&references.text)) : NULL;
    buf_release(&references.text);
    return text;
}
