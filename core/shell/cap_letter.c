/* Every instant, name and word comes out of the letter or the configuration: equal letters give
 * equal documents. */
#include "shell/cap_letter.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "model/template.h"
#include "shell/cap_gateway.h"
#include "shell/channel.h"
#include <string.h>

enum { REFERENCES_MAX = 200 };

const char *const cap_letter_names[] = {
    "id",     "kind",  "episode", "level",       "level_title", "response",  "colour",  "type",
    "status", "stamp", "city",    "sender_code", "event_type",  "authority", "subject", NULL};

static const char *const types[] = {"ALERT", "UPDATE", "CANCEL"};
static const char *const statuses[] = {"Actual", "Exercise", "Test"};

struct drafting {
    const struct cap_gateway *gateway;
    const struct message *message;
    const struct cap_level *level;
    struct arena arena;
    struct cap_alert alert;
};

static const char *stamp_of(struct drafting *drafting, instant_ms at)
{
    struct civil civil = civil_of(at, drafting->message->zone);
    return arena_printf(&drafting->arena, "%04d%02d%02d%02d%02d%02d", civil.year, civil.month,
                        civil.day, civil.hour, civil.minute, civil.second);
}

static const char *lookup(void *arg, const char *name)
{
    struct drafting *drafting = arg;
    const struct message *message = drafting->message;
    const struct cap_gateway *gateway = drafting->gateway;
    const struct {
        const char *name, *value;
    } values[] = {
        {"id", message->id},
        {"kind", message->kind},
        {"episode", message->episode},
        {"level", message->level},
        {"level_title", message->level_title},
        {"response", message->response},
        {"colour", drafting->level ? drafting->level->colour : "UNKNOWN"},
        {"type", types[drafting->alert.type]},
        {"status", statuses[drafting->alert.status]},
        {"city", message->city},
        {"sender_code", gateway->sender_code},
        {"event_type", gateway->event_type},
        {"authority", message->authority},
        {"subject", message->subject},
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (str_equal(values[i].name, name))
            return values[i].value ? values[i].value : "";
    return stamp_of(drafting, message->at);
}

static const char *fill(struct drafting *drafting, const char *text)
{
    struct buf filled = {0};
    template_expand(&filled, text, TEMPLATE_HEADER, lookup, drafting);
    const char *kept = arena_strdup(&drafting->arena, buf_str(&filled));
    buf_release(&filled);
    return kept;
}

/* The identifier of any message of the chain follows from its id and instant alone. */
static const char *identifier_of(struct drafting *drafting, const char *id, instant_ms at)
{
    struct message other = {.id = id, .at = at, .zone = drafting->message->zone};
    struct drafting like = {.gateway = drafting->gateway, .message = &other};
    const char *filled = fill(&like, drafting->gateway->identifier);
    const char *kept = arena_strdup(&drafting->arena, filled);
    arena_release(&like.arena);
    return kept;
}

/* "ID,SENT ID,SENT …" */
static void add_references(struct drafting *drafting)
{
    const struct cap_gateway *gateway = drafting->gateway;
    struct cap_reference *items = arena_alloc(&drafting->arena, REFERENCES_MAX * sizeof *items);
    size_t count = 0, most = gateway->chain == CHAIN_FIRST ? 1 : REFERENCES_MAX;
    char *rest = arena_strdup(&drafting->arena, drafting->message->references), *one;
    while (count < most && (one = strsep(&rest, " ")) != NULL) {
        char *comma = strchr(one, ',');
        instant_ms sent;
        if (!comma || instant_parse_rfc3339(comma + 1, &sent) < 0)
            continue;
        *comma = 0;
        items[count++] =
            (struct cap_reference){gateway->sender, identifier_of(drafting, one, sent), sent};
    }
    drafting->alert.references = items;
    drafting->alert.reference_count = count;
}

static enum cap_type type_of(const struct message *message)
{
    const char *kind = message->decision_kind;
    if (!message->references || str_equal(kind, "issue") || str_equal(kind, "reopen") ||
        str_equal(message->kind, "test"))
        return CAP_ALERT;
    if (str_equal(kind, "lift") || str_equal(message->kind, "withdrawal"))
        return CAP_CANCEL;
    return CAP_UPDATE;
}

static void set_standing(struct drafting *drafting)
{
    const struct message *message = drafting->message;
    const struct cap_gateway *gateway = drafting->gateway;
    struct cap_alert *alert = &drafting->alert;
    if (message->drill)
        alert->status = gateway->drill == 0 ? CAP_EXERCISE : CAP_TEST;
    else
        alert->status = str_equal(message->kind, "test") ? CAP_TEST : CAP_ACTUAL;
    alert->scope = alert->status == CAP_ACTUAL ? CAP_PUBLIC : CAP_RESTRICTED;
    alert->restriction = alert->status == CAP_ACTUAL ? NULL : gateway->restriction;
    alert->type = type_of(message);
    if (alert->type != CAP_ALERT)
        add_references(drafting);
    if (alert->reference_count == 0)
        alert->type = CAP_ALERT;
}

static struct cap_values fill_values(struct drafting *drafting, const struct cap_value *values,
                                     int count)
{
    struct cap_value *filled = arena_alloc(&drafting->arena, (size_t)(count + 1) * sizeof *filled);
    size_t kept = 0;
    for (int i = 0; i < count; i++) {
        const char *value = fill(drafting, values[i].value);
        if (*value)
            filled[kept++] = (struct cap_value){values[i].name, value};
    }
    return (struct cap_values){filled, kept};
}

static void set_info(struct drafting *drafting, struct cap_info *info, struct cap_area *area)
{
    const struct cap_gateway *gateway = drafting->gateway;
    const struct message *message = drafting->message;
    const struct cap_level *level = drafting->level;
    bool over = str_equal(message->decision_kind, "lift");
    *area = (struct cap_area){
        .description = gateway->area ? gateway->area : message->city,
        .outline = gateway->outline,
        .point_count = gateway->outline_count,
        .geocodes = fill_values(drafting, gateway->geocodes, gateway->geocode_count),
    };
    *info = (struct cap_info){
        .language = gateway->language,
        .categories = gateway->categories,
        .responses = over ? gateway->all_clear : gateway->responses,
        .event = gateway->event,
        .urgency = over    ? "Past"
                   : level ? level->urgency
                           : "Unknown",
        .severity = level ? level->severity : "Unknown",
        .certainty = level ? level->certainty : "Unknown",
        .audience = gateway->audience,
        .event_codes = fill_values(drafting, gateway->event_codes, gateway->event_code_count),
        .effective = message->at,
        .onset = message->begin,
        .expires = gateway->valid > 0 ? message->at + gateway->valid : INSTANT_NONE,
        .sender_name = message->authority,
        .headline = message->subject,
        .description = message->text,
        .instruction = gateway->instruction,
        .web = gateway->web,
        .contact = gateway->contact,
        .parameters = fill_values(drafting, gateway->parameters, gateway->parameter_count),
        .areas = area,
        .area_count = area->description && *area->description ? 1 : 0,
    };
}

/* A name of letters, digits and . _ - that can stand in a comment, and is no hidden file. */
static void put_file_name(struct buf *buf, const char *name)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    buf_puts(buf, CAP_FILE_BEGIN);
    for (const char *at = name; *at; at++) {
        bool fits = strchr(good, *at) && !(at == name && *at == '.') &&
                    !(*at == '-' && at > name && at[-1] == '-');
        if (fits || ((unsigned char)*at & 0xc0) != 0x80)
            buf_putc(buf, fits ? *at : '_');
    }
    buf_puts(buf, CAP_FILE_END "\n");
}

int cap_gateway_print(struct buf *buf, const struct cap_gateway *gateway,
                      const struct message *message, struct findings *findings)
{
    struct drafting drafting = {.gateway = gateway, .message = message};
    struct cap_info info;
    struct cap_area area;
    for (int i = 0; i < gateway->level_count; i++)
        if (str_equal(gateway->levels[i].name, message->level))
            drafting.level = &gateway->levels[i];
    set_standing(&drafting);
    set_info(&drafting, &info, &area);
    drafting.alert.identifier = identifier_of(&drafting, message->id, message->at);
    drafting.alert.sender = gateway->sender;
    drafting.alert.sent = message->at;
    drafting.alert.zone = message->zone;
    drafting.alert.note = drafting.alert.type == CAP_CANCEL ? message->subject : NULL;
    drafting.alert.infos = &info;
    drafting.alert.info_count = 1;
    int err = cap_print(buf, &drafting.alert, findings);
    if (err == 0)
        put_file_name(buf, fill(&drafting, gateway->file));
    arena_release(&drafting.arena);
    return err;
}
