#include "post_box.h"
#include "base/buf.h"
#include "base/xalloc.h"
#include "shell/chase.h"
#include "shell/routing.h"
#include "store/db.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const struct channel hook = {.kind = "hook", .address = ADDRESS_WEBHOOK};
static const struct channel mail = {.kind = "mail", .address = ADDRESS_EMAIL};
static const struct channel sms = {.kind = "sms", .address = ADDRESS_PHONE};

/* As a feed: what kind of message, and which came before it. */
static int print_public(const void *conf, const struct message *message, struct buf *ret_bytes)
{
    (void)conf;
    buf_printf(ret_bytes, "%s/%s after %s: %s", message->kind,
               message->decision_kind ? message->decision_kind : "-",
               message->references ? message->references : "none", message->subject);
    return 0;
}

static const struct channel file = {
    .kind = "file", .address = ADDRESS_NONE, .render = print_public};

static struct gateway gateway(const char *name, const struct channel *channel)
{
    struct gateway made = memory_gateway();
    made.name = name;
    made.channel = channel;
    made.attempts_max = 12;
    made.concurrency = 64;
    return made;
}

void post_make(struct post_box *box, const char *routes, const char *with)
{
    memset(box, 0, sizeof *box);
    struct shell_box *shell = &box->shell;
    shell_make_with(shell, NULL, with);
    box->gateways[0] = gateway("hook", &hook);
    box->gateways[1] = gateway("mail", &mail);
    box->gateways[2] = gateway("sms", &sms);
    box->gateways[3] = gateway("file", &file);
    shell->gateways = (struct gateways){.items = box->gateways, .count = POST_GATEWAYS};
    shell->options.timing = TIME_BY_CLOCK;
    shell->options.clock = clock_fake_set(&shell->now, &box->steady);
    shell->now = shell->facts[0]->arrival;
    pipeline_free(shell->pipeline);
    shell_route(shell, routes);
    shell_open(shell);
    post_turn(box, NULL, 0);
}

static void forget_flying(struct post_box *box)
{
    for (size_t i = 0; i < box->flying_count; i++)
        parcel_free(box->flying[i].parcel);
    box->flying_count = 0;
}

void post_remove(struct post_box *box)
{
    forget_flying(box);
    free(box->flying);
    buf_release(&box->sent_log);
    buf_release(&box->events);
    shell_remove(&box->shell);
}

void post_crash(struct post_box *box)
{
    forget_flying(box);
    shell_crash(&box->shell);
    post_turn(box, NULL, 0);
}

static void launch(struct post_box *box, struct parcel *parcels)
{
    while (parcels) {
        struct parcel *parcel = parcels;
        parcels = parcel->next;
        parcel->next = NULL;
        box->sent++;
        buf_printf(&box->sent_log, "%s %s %s %s\n", parcel->kind, parcel->gateway, parcel->address,
                   parcel->id);
        void *items = box->flying;
        xgrow(&items, box->flying_count, &box->flying_capacity, sizeof *box->flying);
        box->flying = items;
        box->flying[box->flying_count++] = (struct flying){parcel, box->steady + POST_LATENCY_MS};
    }
}

static struct parcel *land(struct post_box *box)
{
    struct parcel *back = NULL, **end = &back;
    size_t kept = 0;
    for (size_t i = 0; i < box->flying_count; i++) {
        struct parcel *parcel = box->flying[i].parcel;
        if (box->flying[i].back > box->steady) {
            box->flying[kept++] = box->flying[i];
            continue;
        }
        parcel->outcome = box->answer ? box->answer(box, parcel) : OUTCOME_DELIVERED;
        bool delivered = parcel->outcome == OUTCOME_DELIVERED;
        parcel->trouble = delivered ? NULL : xstrdup("no route");
        parcel->retry_after_ms = delivered ? -1 : box->retry_after_ms ? box->retry_after_ms : -1;
        box->delivered += delivered;
        *end = parcel;
        end = &parcel->next;
    }
    box->flying_count = kept;
    return back;
}

void post_turn(struct post_box *box, const struct fact *const *facts, size_t count)
{
    struct delivery delivery = {.facts = facts, .count = count};
    struct turn turn = {.returned = land(box)};
    turn.deliveries = count > 0 ? &delivery : NULL;
    cr_assert_eq(pipeline_turn(box->shell.pipeline, &turn), 0, "%s",
                 store_message(box->shell.box.store));
    for (size_t i = 0; i < turn.events.count; i++)
        buf_printf(&box->events, "%s: %s\n", turn.events.items[i].name, turn.events.items[i].text);
    launch(box, turn.parcels);
    turn.parcels = NULL;
    box->due = turn.attempt_due;
    if (turn.tick_due != INSTANT_NONE && (box->due == INSTANT_NONE || turn.tick_due < box->due))
        box->due = turn.tick_due;
    box->more = turn.more;
    parcels_free(turn.returned);
    turn_release(&turn);
}

void post_run(struct post_box *box, instant_ms until)
{
    post_turn(box, NULL, 0);
    for (int turns = 0; turns < 200000; turns++) {
        instant_ms next = box->more ? box->shell.now : box->due;
        for (size_t i = 0; i < box->flying_count; i++) {
            instant_ms back = box->shell.now + (box->flying[i].back - box->steady);
            if (next == INSTANT_NONE || back < next)
                next = back;
        }
        if (next == INSTANT_NONE || next > until)
            next = until;
        if (next > box->shell.now) {
            box->steady += next - box->shell.now;
            box->shell.now = next;
        }
        bool over = box->shell.now >= until;
        post_turn(box, NULL, 0);
        if (over && !box->more)
            return;
    }
    cr_assert(false, "it never comes to rest");
}

static void put_letter(struct post_box *box, const struct letter *letter, const char *address)
{
    struct shell_box *shell = &box->shell;
    struct settings *settings = settings_new();
    struct events events = {0};
    struct store_tx *tx = NULL;
    cr_assert_eq(store_begin(shell->box.store, shell->now, &tx), 0);
    struct post post = {
        .store = shell->box.store,
        .tx = tx,
        .generation = pipeline_generation(shell->pipeline),
        .routing = shell->routing,
        .settings = settings,
        .events = &events,
        .effects = EFFECTS_LIVE,
        .now = shell->now,
    };
    if (address) {
        struct ways *ways = xcalloc(1, sizeof *ways);
        ways->items[ways->count++] =
            (struct way_out){.gateway = &box->gateways[0], .address = address};
        cr_assert_eq(post_by(&post, letter, ways), 0);
        free(ways);
    } else {
        cr_assert_eq(post_letter(&post, letter), 0);
        if (letter->kind == LETTER_ORDER)
            cr_assert_eq(chase_begin(&post, letter), 0);
    }
    cr_assert_eq(store_commit(tx), 0);
    events_release(&events);
    settings_free(settings);
}

void post_order(struct post_box *box, const char *id, const char *level, const char *address)
{
    struct letter letter = {.id = id,
                            .kind = LETTER_ORDER,
                            .rule = "haze",
                            .episode = id,
                            .level = level,
                            .to = "210102-0001",
                            .text = "关于停产的通知\n立即停产",
                            .number = -1,
                            .at = box->shell.now,
                            .begin = INSTANT_NONE};
    put_letter(box, &letter, address);
}

void post_other(struct post_box *box, enum letter_kind kind, const char *id, const char *episode)
{
    struct letter letter = {.id = id,
                            .kind = kind,
                            .rule = "haze",
                            .episode = episode,
                            .level = "red",
                            .to = kind == LETTER_PUBLIC ? NULL : "210102-0001",
                            .text = "关于预警的通知\n另一封信",
                            .number = -1,
                            .at = box->shell.now,
                            .begin = INSTANT_NONE};
    put_letter(box, &letter, NULL);
}

static const struct fact *read_fact(struct post_box *box, const char *type, const char *subject,
                                    const char *data)
{
    static int number;
    struct buf text = {0};
    buf_printf(&text,
               "{\"specversion\":\"1.0\",\"type\":\"%s\",\"source\":\"people\",\"id\":\"%d\","
               "\"time\":\"2015-11-01T00:00:00Z\",",
               type, ++number);
    if (subject)
        buf_printf(&text, "\"subject\":\"%s\",", subject);
    buf_printf(&text, "\"data\":{%s}}", data);
    const struct fact *fact = shell_fact(&box->shell, buf_str(&text));
    buf_release(&text);
    return fact;
}

const struct fact *post_act(struct post_box *box, const char *act, const char *subject,
                            const char *more)
{
    char *data = xasprintf("\"act\":\"%s\",\"by\":\"值班员\",\"note\":\"演示\"%s%s", act,
                           more ? "," : "", more ? more : "");
    const struct fact *fact = read_fact(box, "decision", subject ? subject : "daemon", data);
    free(data);
    return fact;
}

const struct fact *post_receipt(struct post_box *box, const char *letter, const char *kind)
{
    char *data = xasprintf("\"kind\":\"%s\",\"by\":\"厂长\",\"reason\":\"检修中\"", kind);
    const struct fact *fact = read_fact(box, "receipt", letter, data);
    free(data);
    return fact;
}

int post_count(const struct post_box *box, const char *words)
{
    int count = 0;
    for (const char *at = buf_str(&box->sent_log); (at = strstr(at, words)) != NULL; at++)
        count++;
    return count;
}

bool post_told(const struct post_box *box, const char *event)
{
    return strstr(buf_str(&box->events), event) != NULL;
}

int64_t post_rows(struct post_box *box, const char *sql)
{
    return shell_count(&box->shell, sql);
}

int number_from(const char *name, int usual)
{
    const char *text = getenv(name);
    return text ? (int)strtol(text, NULL, 10) : usual;
}
