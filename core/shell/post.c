/* Making letters. */
#include "shell/post.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/bundle.h"
#include "store/letters.h"
#include "store/outbox.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { HOST_SIZE = 300 };

struct posting {
    struct post *post;
    const struct letter *letter;
    const struct ways *ways;
    struct buf body, subject;
    struct message message;
    int first_rung; /* what is sent at once */
    int put;
};

static const struct policy *policy_of(const struct post *post)
{
    return &post->generation->bundle->policy;
}

const struct recipient *post_recipient(const struct post *post, const char *id)
{
    const struct registry *registry = &policy_of(post)->registry;
    int number = id ? registry_find(registry, id) : -1;
    return number >= 0 ? &registry->recipients[number] : NULL;
}

void post_fill(struct buf *buf, const struct post *post, enum template_kind kind,
               const struct template_value *values)
{
    if (post->drill)
        buf_puts(buf, "【演练】");
    template_fill(buf, template_text(policy_of(post), kind), values);
}

/* ---- consignments ----------------------------------------------------------- */

static enum outbox_state state_of(const struct posting *posting, const struct way_out *way)
{
    if (posting->post->effects == EFFECTS_NONE)
        return OUTBOX_SHADOW;
    return way->rung == posting->first_rung ? OUTBOX_WAITING : OUTBOX_RESERVE;
}

/* A letter as one way wants it. */
struct printed {
    struct buf bytes; /* empty: the letter's own */
    bool good;
};

static void print_way(struct posting *posting, const struct way_out *way, struct printed *printed)
{
    struct post *post = posting->post;
    const struct channel *channel = way->gateway->channel;
    struct message message = posting->message;
    message.contact = way->contact;
    message.address = way->address;
    if (way->name)
        message.name = way->name;
    printed->good =
        !channel->render || channel->render(way->gateway->conf, &message, &printed->bytes) == 0;
    if (!printed->good)
        events_add(
            post->events, LOG_ALARM, "letter.unprintable",
            tr("letter %s cannot be made for gateway %s", "信件 %s 无法按网关 %s 的格式生成"),
            message.id, way->gateway->name);
}

static int put_way(struct posting *posting, const struct way_out *way,
                   const struct printed *printed)
{
    const struct policy *policy = policy_of(posting->post);
    const struct message *message = &posting->message;
    char host[HOST_SIZE];
    routing_host(way->gateway, way->address, host, sizeof host);
    int level = message->level ? policy_level(policy, message->level) : -1;
    struct consignment consignment = {
        .key = {message->id, way->gateway->name, way->address},
        .contact = way->contact,
        .host = host,
        .rung = way->rung,
        .priority = routing_priority(posting->letter->kind, level, (int)policy->level_count),
        .state = state_of(posting, way),
        .bytes = printed->bytes.size > 0 ? buf_str(&printed->bytes) : NULL,
        .size = printed->bytes.size,
    };
    posting->put++;
    return outbox_put(posting->post->tx, &consignment);
}

/* A page is to the officers on duty: who is to reach them by hand needs their names. */
static void put_addressee(struct buf *buf, const struct posting *posting)
{
    const struct letter *letter = posting->letter;
    size_t count = 0;
    const struct duty_officer *duty = routing_duty(posting->post->routing, &count);
    if (letter->name || letter->to)
        buf_puts(buf, letter->name ? letter->name : letter->to);
    else if (letter->kind != LETTER_PAGE || count == 0)
        buf_puts(buf, tr("nobody", "（未指明）"));
    else
        for (size_t i = 0; i < count; i++)
            buf_printf(buf, "%s%s", i > 0 ? tr(", ", "、") : "", duty[i].name);
}

/* In shadow a letter without a way is still a letter that was decided. */
static int put_nowhere(struct posting *posting)
{
    struct post *post = posting->post;
    const struct letter *letter = posting->letter;
    if (post->effects == EFFECTS_NONE) {
        struct consignment nowhere = {
            .key = {letter->id, "", ""}, .host = "", .state = OUTBOX_SHADOW};
        return outbox_put(post->tx, &nowhere);
    }
    struct buf addressee = {0};
    put_addressee(&addressee, posting);
    events_add(post->events, LOG_ALARM,
               letter->kind == LETTER_PAGE ? "page.undeliverable" : "letter.undeliverable",
               posting->ways->suspended > 0
                   ? tr("letter %s (%s) to %s has only suspended addresses; reach them by hand",
                        "信件 %s（%s）致 %s：地址均已停用，请人工通知")
                   : tr("letter %s (%s) to %s has no address on any way; reach them by hand",
                        "信件 %s（%s）致 %s：各渠道均无可用地址，请人工通知"),
               letter->id, letter_kind_name(letter->kind), buf_str(&addressee));
    buf_release(&addressee);
    return 0;
}

/* The first rung is the first that can be printed: else the letter would wait on one that is not
 * there. */
static int put_ways(struct posting *posting)
{
    const struct ways *ways = posting->ways;
    struct printed *printed = xcalloc((size_t)ways->count + 1, sizeof *printed);
    int err = 0;
    posting->first_rung = INT_MAX;
    for (int i = 0; i < ways->count; i++) {
        print_way(posting, &ways->items[i], &printed[i]);
        if (printed[i].good && ways->items[i].rung < posting->first_rung)
            posting->first_rung = ways->items[i].rung;
    }
    for (int i = 0; i < ways->count; i++) {
        if (err == 0 && printed[i].good)
            err = put_way(posting, &ways->items[i], &printed[i]);
        buf_release(&printed[i].bytes);
    }
    free(printed);
    if (err == 0 && posting->put == 0)
        err = put_nowhere(posting);
    return err;
}

/* ---- letters ----------------------------------------------------------------- */

static int put_letter(struct posting *posting)
{
    const struct letter *letter = posting->letter;
    struct letter_row row = {
        .id = letter->id,
        .kind = letter_kind_name(letter->kind),
        .about = letter->about,
        .recipient = letter->to,
        .rule = letter->rule,
        .episode = letter->episode,
        .level = letter->level,
        .plan = letter->plan,
        .number = letter->number,
        .at = letter->at,
        .body = posting->body.data,
        .size = posting->body.size,
    };
    int answer = letter_put(posting->post->tx, &row);
    if (answer == 0 && letter->kind <= LETTER_RELEASE && letter->to && letter->episode)
        answer = letter_supersede(posting->post->tx, &row);
    return answer;
}

static bool may_acknowledge(const struct letter *letter)
{
    return letter->to && (letter->kind <= LETTER_TASK || letter->kind == LETTER_REMINDER);
}

/* A reminder is acknowledged by acknowledging its order. */
static char *ack_url(const struct post *post, const struct letter *letter)
{
    if (!post->ack || !may_acknowledge(letter))
        return NULL;
    return post->ack->link(post->ack->arg, letter->about ? letter->about : letter->id, letter->to);
}

int post_by(struct post *post, const struct letter *letter, const struct ways *ways)
{
    const struct bundle *bundle = post->generation->bundle;
    struct posting posting = {.post = post, .letter = letter, .ways = ways};
    letter_print(&posting.body, letter, &bundle->policy, bundle->hash);
    char *url = ack_url(post, letter);
    letter_message(&posting.message, letter, &bundle->policy, &posting.body, &posting.subject);
    posting.message.ack_url = url;
    posting.message.drill = post->drill;
    int answer = put_letter(&posting);
    if (answer == ERR_CONFLICT)
        events_add(post->events, LOG_ALARM, "order.conflict",
                   tr("letter %s was made again with other bytes; the first stand",
                      "信件 %s 重复生成且内容不同，以首次为准"),
                   letter->id);
    post->letters += answer == 0;
    int err = answer == 0 ? put_ways(&posting) : answer == ERR_STORE ? ERR_STORE : 0;
    buf_release(&posting.body);
    buf_release(&posting.subject);
    free(url);
    return err;
}

/* Of several recipients ("a,b") each has ways of its own. */
static void add_recipients(struct post *post, const char *to, struct routed *routed,
                           struct ways *ways)
{
    char *names = xstrdup(to), *rest = names, *id;
    while ((id = strsep(&rest, ",")) != NULL) {
        routed->recipient = post_recipient(post, id);
        if (routed->recipient)
            routing_ways(post->routing, routed, post->settings, ways);
    }
    free(names);
}

int post_letter_to(struct post *post, const struct letter *letter, int contact, bool everybody)
{
    struct ways *ways = xcalloc(1, sizeof *ways);
    struct routed routed = {
        .kind = letter->kind, .level = letter->level, .contact = contact, .everybody = everybody};
    if (letter->to)
        add_recipients(post, letter->to, &routed, ways);
    else
        routing_ways(post->routing, &routed, post->settings, ways);
    int err = post_by(post, letter, ways);
    free(ways);
    return err;
}

static int add_ended(void *arg, const struct letter_row *row)
{
    intern_add(arg, row->id);
    return 0;
}

int post_ended(struct post *post, const char *letter)
{
    struct letter_query query = {.about = letter};
    if (!post->ended)
        return 0;
    intern_add(post->ended, letter);
    return letter_find(post->store, &query, add_ended, post->ended);
}

int post_letter(struct post *post, const struct letter *letter)
{
    return post_letter_to(post, letter, 0, false);
}
