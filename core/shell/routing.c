/* Routes, duty officers, and the ways they give. */
#include "shell/routing.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/url.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "model/schema.h"
#include "shell/conf.h"
#include "shell/settings.h"
#include <stdio.h>
#include <stdlib.h>

static const char *const recipient_words[] = {"enterprise", "site", "fleet", "office", NULL};
static const char *const role_words[] = {"duty", "deputy", "supervisor", NULL};

struct route {
    unsigned letters, recipients; /* bit sets; 0: all */
    const char *const *levels;
    int level_count; /* 0: all */
    int by[GATEWAYS_MAX + 1], fallback[GATEWAYS_MAX + 1];
    int by_count, fallback_count;
};
struct routing {
    struct arena arena;
    const struct gateways *gateways;
    struct route routes[ROUTES_MAX];
    int route_count;
    struct duty_officer duty[DUTY_MAX];
    size_t duty_count;
};

/* ---- reading --------------------------------------------------------------- */

struct route_nodes {
    const struct yaml *letters, *recipients, *levels, *by, *fallback;
};
static const struct field route_fields[] = {
    FIELD("letters", FIELD_TEXTS, offsetof(struct route_nodes, letters), .required = true, .low = 1,
          .words = letter_kind_words),
    FIELD("recipients", FIELD_TEXTS, offsetof(struct route_nodes, recipients),
          .words = recipient_words),
    FIELD("levels", FIELD_TEXTS, offsetof(struct route_nodes, levels)),
    FIELD("by", FIELD_TEXTS, offsetof(struct route_nodes, by), .required = true, .low = 1),
    FIELD("fallback", FIELD_TEXTS, offsetof(struct route_nodes, fallback)),
};
static const struct schema route_schema = {"a route", "路由", route_fields, 5, false};

static const struct field duty_fields[] = {
    FIELD("name", FIELD_TEXT, offsetof(struct duty_officer, name), .required = true),
    FIELD("phone", FIELD_TEXT, offsetof(struct duty_officer, phone)),
    FIELD("email", FIELD_TEXT, offsetof(struct duty_officer, email)),
    FIELD("webhook", FIELD_TEXT, offsetof(struct duty_officer, webhook)),
    FIELD("role", FIELD_WORD, offsetof(struct duty_officer, role), .words = role_words),
};
static const struct schema duty_schema = {"a duty officer", "值班人员", duty_fields, 5, false};

static unsigned bits_of(const struct yaml *list, const char *const *words)
{
    unsigned bits = 0;
    for (size_t i = 0; list && i < list->count; i++)
        bits |= 1u << schema_word(words, list->items[i]->text);
    return bits;
}

static int gateways_of(const struct routing *routing, const struct yaml *list, int *numbers,
                       struct findings *findings)
{
    int count = 0;
    for (size_t i = 0; list && i < list->count && count < GATEWAYS_MAX; i++) {
        int number = gateways_find(routing->gateways, list->items[i]->text);
        if (number >= 0)
            numbers[count++] = number;
        else
            findings_add(findings, SEV_ERROR, "D036", yaml_place(list->items[i]),
                         tr("gateways are named under `gateways:`", "发送网关在 gateways: 下定义"),
                         tr("there is no gateway “%s”", "没有名为“%s”的发送网关"),
                         list->items[i]->text);
    }
    return count;
}

static void read_route(struct routing *routing, const struct yaml *node, struct findings *findings)
{
    struct route_nodes nodes = {0};
    if (!schema_read(&route_schema, node, &nodes, findings))
        return;
    struct route *route = &routing->routes[routing->route_count++];
    route->letters = bits_of(nodes.letters, letter_kind_words);
    route->recipients = bits_of(nodes.recipients, recipient_words);
    schema_texts(&routing->arena, nodes.levels, &route->levels, &route->level_count);
    route->by_count = gateways_of(routing, nodes.by, route->by, findings);
    route->fallback_count = gateways_of(routing, nodes.fallback, route->fallback, findings);
}

/* The older form: everything that has a recipient becomes a file. */
static void add_spool_route(struct routing *routing)
{
    int spool = gateways_find(routing->gateways, "spool");
    if (spool < 0)
        return;
    struct route *route = &routing->routes[routing->route_count++];
    route->letters = 1u << LETTER_ORDER | 1u << LETTER_RELEASE | 1u << LETTER_TASK |
                     1u << LETTER_REMINDER | 1u << LETTER_ESCALATION;
    route->by[0] = spool;
    route->by_count = 1;
}

static struct contact contact_of(const struct duty_officer *officer)
{
    return (struct contact){officer->name, officer->phone, officer->webhook, officer->email};
}

static void read_duty(struct routing *routing, const struct yaml *list, struct findings *findings)
{
    for (size_t i = 0; list && i < list->count && routing->duty_count < DUTY_MAX; i++) {
        struct duty_officer *officer = &routing->duty[routing->duty_count];
        if (!schema_read(&duty_schema, list->items[i], officer, findings))
            continue;
        struct contact contact = contact_of(officer);
        contact_check(&contact, list->items[i], findings);
        routing->duty_count++;
    }
    if (list && list->count > DUTY_MAX)
        findings_add(findings, SEV_ERROR, "D037", yaml_place(list), NULL,
                     tr("more than %d duty officers", "值班人员超过 %d 名"), DUTY_MAX);
}

/* ---- ways ------------------------------------------------------------------- */

const char *contact_address(const struct contact *contact, enum address_kind kind)
{
    switch (kind) {
    case ADDRESS_WEBHOOK:
        return contact->webhook;
    case ADDRESS_EMAIL:
        return contact->email;
    case ADDRESS_PHONE:
        return contact->phone;
    default:
        return NULL;
    }
}

static bool is_known(const struct ways *ways, const struct way_out *way)
{
    for (int i = 0; i < ways->count; i++)
        if (ways->items[i].gateway == way->gateway &&
            str_equal(ways->items[i].address, way->address))
            return true;
    return false;
}

static void add_way(struct ways *ways, const struct way_out *way, const struct settings *settings)
{
    if (!way->address || ways->count == WAYS_MAX || is_known(ways, way))
        return;
    if (settings && settings_suspended(settings, way->gateway->name, way->address))
        ways->suspended++;
    else
        ways->items[ways->count++] = *way;
}

/* The contact that is meant, or else the first that can be reached this way. */
static const struct contact *contact_for(const struct routed *routed, enum address_kind kind)
{
    const struct recipient *recipient = routed->recipient;
    if (routed->contact < recipient->contact_count &&
        contact_address(&recipient->contacts[routed->contact], kind))
        return &recipient->contacts[routed->contact];
    for (int i = 0; i < recipient->contact_count; i++)
        if (contact_address(&recipient->contacts[i], kind))
            return &recipient->contacts[i];
    return NULL;
}

static void add_gateway(const struct routing *routing, const struct routed *routed, int number,
                        int rung, const struct settings *settings, struct ways *ways)
{
    const struct gateway *gateway = &routing->gateways->items[number];
    enum address_kind kind = gateway->channel->address;
    struct way_out way = {.gateway = gateway, .rung = rung};
    if (kind == ADDRESS_NONE) {
        way.address = "";
    } else if (routed->recipient && kind == ADDRESS_RECIPIENT) {
        way.address = routed->recipient->id;
    } else if (routed->recipient) {
        const struct contact *contact = contact_for(routed, kind);
        way.contact = contact ? contact->name : NULL;
        way.address = contact ? contact_address(contact, kind) : NULL;
    }
    add_way(ways, &way, settings);
}

static bool has_level(const struct route *route, const char *level)
{
    for (int i = 0; i < route->level_count; i++)
        if (str_equal(route->levels[i], level))
            return true;
    return route->level_count == 0;
}

static const struct route *route_for(const struct routing *routing, const struct routed *routed)
{
    for (int i = 0; i < routing->route_count; i++) {
        const struct route *route = &routing->routes[i];
        bool whom = route->recipients == 0 ||
                    (routed->recipient && route->recipients >> routed->recipient->kind & 1);
        if (route->letters >> routed->kind & 1 && whom && has_level(route, routed->level))
            return route;
    }
    return NULL;
}

static void add_officer_way(const struct duty_officer *officer, const struct gateway *gateway,
                            int rung, const struct settings *settings, struct ways *ways)
{
    struct contact contact = contact_of(officer);
    struct way_out way = {
        .gateway = gateway, .name = officer->name, .contact = officer->name, .rung = rung};
    enum address_kind kind = gateway->channel->address;
    way.address = kind == ADDRESS_NONE        ? ""
                  : kind == ADDRESS_RECIPIENT ? officer->name
                                              : contact_address(&contact, kind);
    add_way(ways, &way, settings);
}

/* The route's gateways, then its fallbacks; without a route all gateways that reach a person. */
static void add_officer(const struct routing *routing, const struct route *route,
                        const struct duty_officer *officer, int rung,
                        const struct settings *settings, struct ways *ways)
{
    int own = route ? route->by_count : (int)routing->gateways->count;
    for (int i = 0; i < own; i++) {
        const struct gateway *gateway = &routing->gateways->items[route ? route->by[i] : i];
        if (route || gateway->channel->address >= ADDRESS_WEBHOOK)
            add_officer_way(officer, gateway, rung, settings, ways);
    }
    for (int i = 0; route && i < route->fallback_count; i++)
        add_officer_way(officer, &routing->gateways->items[route->fallback[i]], rung + 1, settings,
                        ways);
}

/* Each role has two rungs. */
static void add_pages(const struct routing *routing, const struct routed *routed,
                      const struct settings *settings, struct ways *ways)
{
    const struct route *route = route_for(routing, routed);
    for (size_t i = 0; i < routing->duty_count; i++) {
        const struct duty_officer *officer = &routing->duty[i];
        add_officer(routing, route, officer, routed->everybody ? 0 : 2 * officer->role, settings,
                    ways);
    }
}

void routing_ways(const struct routing *routing, const struct routed *routed,
                  const struct settings *settings, struct ways *ways)
{
    if (routed->kind == LETTER_PAGE) {
        add_pages(routing, routed, settings, ways);
        return;
    }
    const struct route *route = route_for(routing, routed);
    for (int i = 0; route && i < route->by_count; i++)
        add_gateway(routing, routed, route->by[i], 0, settings, ways);
    for (int i = 0; route && i < route->fallback_count; i++)
        add_gateway(routing, routed, route->fallback[i], i + 1, settings, ways);
}

bool routing_takes(const struct routing *routing, enum letter_kind kind)
{
    if (kind == LETTER_PAGE && routing->duty_count > 0)
        return true;
    for (int i = 0; i < routing->route_count; i++)
        if (routing->routes[i].letters >> kind & 1)
            return true;
    return false;
}

void routing_host(const struct gateway *gateway, const char *address, char *ret, size_t size)
{
    struct url url;
    const char *problem;
    ret[0] = 0;
    if (gateway->channel->address == ADDRESS_WEBHOOK && url_read(&url, address, &problem) == 0)
        snprintf(ret, size, "%s:%u", url.host, (unsigned)url.port);
}

int routing_priority(enum letter_kind kind, int level, int level_count)
{
    int below = level >= 0 ? level_count - 1 - level : level_count;
    switch (kind) {
    case LETTER_CORRECTION:
    case LETTER_WITHDRAWAL:
        return 0;
    case LETTER_PAGE:
        return 2;
    case LETTER_REMINDER:
    case LETTER_ESCALATION:
        return 40 + below;
    case LETTER_TEST:
        return 90;
    default:
        return 10 + below;
    }
}

/* ---- the whole -------------------------------------------------------------- */

/* Whom an alarm does not reach is found out before the first alarm.  An alarm has no level. */
static void check_duty(const struct routing *routing, const struct yaml *list,
                       struct findings *findings)
{
    struct routed alarm = {.kind = LETTER_PAGE};
    const struct route *route = route_for(routing, &alarm);
    for (size_t i = 0; i < routing->duty_count; i++) {
        struct ways ways = {.count = 0};
        add_officer(routing, route, &routing->duty[i], 0, NULL, &ways);
        if (ways.count == 0)
            findings_add(
                findings, SEV_WARNING, "D028", yaml_place(list->items[i]),
                tr("add a gateway for the phone, email or webhook that is written here, and to the "
                   "route for `page` if there is one",
                   "请为其 phone、email 或 webhook 配置相应网关；如有 page 路由，须将该网关列入"),
                tr("no page reaches %s: no gateway has an address of theirs",
                   "值班人员 %s 收不到呼叫：没有可用其地址的网关"),
                routing->duty[i].name);
    }
}

/* Whether a route takes letters of this kind to anybody who acts on them; an office only looks on.
 */
static bool carries(const struct routing *routing, enum letter_kind kind)
{
    const unsigned acting =
        1u << RECIPIENT_ENTERPRISE | 1u << RECIPIENT_SITE | 1u << RECIPIENT_FLEET;
    for (int i = 0; i < routing->route_count; i++) {
        const struct route *route = &routing->routes[i];
        if (route->letters >> kind & 1 && (route->recipients == 0 || route->recipients & acting))
            return true;
    }
    return false;
}

/* An approved order without a way is found out before the approval. */
static void check_orders(const struct routing *routing, const struct yaml *at,
                         struct findings *findings)
{
    static const enum letter_kind kinds[] = {LETTER_ORDER, LETTER_RELEASE};
    for (size_t i = 0; at && i < sizeof kinds / sizeof *kinds; i++) {
        if (!carries(routing, kinds[i]))
            findings_add(findings, SEV_WARNING, "D027", yaml_place(at),
                         tr("add a route, as {letters: [order, release], by: [GATEWAY]}",
                            "请添加路由，例如 {letters: [order, release], by: [网关]}"),
                         tr("no route carries letters of kind `%s`: they reach no enterprise",
                            "没有路由发送 %s 类信件：企业收不到"),
                         letter_kind_name(kinds[i]));
    }
}

int routing_read(struct routing **ret_routing, const struct conf *conf,
                 const struct gateways *gateways, struct findings *findings)
{
    const struct yaml *routes = conf_part(conf, "routes"), *duty = conf_part(conf, "duty");
    struct routing *routing = xcalloc(1, sizeof *routing);
    size_t errors = findings->errors;
    routing->gateways = gateways;
    if (routes && routes->count >= ROUTES_MAX)
        findings_add(findings, SEV_ERROR, "D038", yaml_place(routes), NULL,
                     tr("more than %d routes", "路由超过 %d 条"), ROUTES_MAX - 1);
    for (size_t i = 0; routes && i < routes->count && i < ROUTES_MAX - 1; i++)
        read_route(routing, routes->items[i], findings);
    if (!routes)
        add_spool_route(routing);
    read_duty(routing, duty, findings);
    if (findings->errors == errors)
        check_duty(routing, duty, findings);
    if (findings->errors == errors)
        check_orders(routing, routes ? routes : conf_part(conf, "gateways"), findings);
    *ret_routing = routing;
    return findings->errors > errors ? ERR_INVALID : 0;
}

void routing_free(struct routing *routing)
{
    if (!routing)
        return;
    arena_release(&routing->arena);
    free(routing);
}

const struct gateways *routing_gateways(const struct routing *routing)
{
    return routing->gateways;
}

const struct duty_officer *routing_duty(const struct routing *routing, size_t *ret_count)
{
    *ret_count = routing->duty_count;
    return routing->duty;
}
