/* The order of the elements is the schema's. */
#include "model/cap.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/xml.h"
#include "model/cap_check.h"
#include <stdio.h>

void cap_instant_print(struct buf *buf, instant_ms instant, span_ms zone)
{
    struct civil civil = civil_of(instant, zone);
    long minutes = (long)(zone / MINUTE_MS);
    char sign = minutes > 0 ? '+' : '-';
    buf_printf(buf, "%04d-%02d-%02dT%02d:%02d:%02d%c%02ld:%02ld", civil.year, civil.month,
               civil.day, civil.hour, civil.minute, civil.second, sign,
               (minutes < 0 ? -minutes : minutes) / 60, (minutes < 0 ? -minutes : minutes) % 60);
}

static void put_instant(struct xml *xml, const char *name, instant_ms instant, span_ms zone)
{
    struct buf text = {0};
    if (instant == INSTANT_NONE)
        return;
    cap_instant_print(&text, instant, zone);
    xml_text(xml, name, buf_str(&text));
    buf_release(&text);
}

static void put_words(struct xml *xml, const char *name, const struct cap_words *words)
{
    for (size_t i = 0; i < words->count; i++)
        xml_text(xml, name, words->items[i]);
}

static void put_values(struct xml *xml, const char *name, const struct cap_values *values)
{
    for (size_t i = 0; i < values->count; i++) {
        xml_open(xml, name);
        xml_text(xml, "valueName", values->items[i].name);
        xml_text(xml, "value", values->items[i].value);
        xml_close(xml);
    }
}

static void put_resource(struct xml *xml, const struct cap_resource *resource)
{
    xml_open(xml, "resource");
    xml_text(xml, "resourceDesc", resource->description);
    xml_text(xml, "mimeType", resource->media_type);
    xml_text(xml, "uri", resource->uri);
    xml_text(xml, "digest", resource->digest);
    xml_close(xml);
}

static void put_polygon(struct xml *xml, const struct cap_area *area)
{
    struct buf text = {0};
    const struct cap_point *first = &area->outline[0],
                           *last = &area->outline[area->point_count - 1];
    size_t open = first->lat != last->lat || first->lon != last->lon;
    for (size_t i = 0; i < area->point_count + open; i++) {
        const struct cap_point *point = &area->outline[i % area->point_count];
        buf_puts(&text, i > 0 ? " " : "");
        micro_print(&text, point->lat);
        buf_putc(&text, ',');
        micro_print(&text, point->lon);
    }
    xml_text(xml, "polygon", buf_str(&text));
    buf_release(&text);
}

static void put_area(struct xml *xml, const struct cap_area *area)
{
    xml_open(xml, "area");
    xml_text(xml, "areaDesc", area->description);
    if (area->point_count > 0)
        put_polygon(xml, area);
    put_values(xml, "geocode", &area->geocodes);
    xml_close(xml);
}

static void put_info(struct xml *xml, const struct cap_info *info, span_ms zone)
{
    xml_open(xml, "info");
    xml_text(xml, "language", info->language);
    put_words(xml, "category", &info->categories);
    xml_text(xml, "event", info->event);
    put_words(xml, "responseType", &info->responses);
    xml_text(xml, "urgency", info->urgency);
    xml_text(xml, "severity", info->severity);
    xml_text(xml, "certainty", info->certainty);
    xml_text(xml, "audience", info->audience);
    put_values(xml, "eventCode", &info->event_codes);
    put_instant(xml, "effective", info->effective, zone);
    put_instant(xml, "onset", info->onset, zone);
    put_instant(xml, "expires", info->expires, zone);
    xml_text(xml, "senderName", info->sender_name);
    xml_text(xml, "headline", info->headline);
    xml_text(xml, "description", info->description);
    xml_text(xml, "instruction", info->instruction);
    xml_text(xml, "web", info->web);
    xml_text(xml, "contact", info->contact);
    put_values(xml, "parameter", &info->parameters);
    for (size_t i = 0; i < info->resource_count; i++)
        put_resource(xml, &info->resources[i]);
    for (size_t i = 0; i < info->area_count; i++)
        put_area(xml, &info->areas[i]);
    xml_close(xml);
}

/* sender,identifier,sent of each, parted by blanks. */
static void put_references(struct xml *xml, const struct cap_alert *alert)
{
    struct buf text = {0};
    for (size_t i = 0; i < alert->reference_count; i++) {
        const struct cap_reference *reference = &alert->references[i];
        buf_printf(&text, "%s%s,%s,", i > 0 ? " " : "", reference->sender, reference->identifier);
        cap_instant_print(&text, reference->sent, alert->zone);
    }
    xml_text(xml, "references", alert->reference_count > 0 ? buf_str(&text) : NULL);
    buf_release(&text);
}

int cap_print(struct buf *buf, const struct cap_alert *alert, struct findings *findings)
{
    static const char *const statuses[] = {"Actual", "Exercise", "Test"};
    static const char *const types[] = {"Alert", "Update", "Cancel"};
    static const char *const scopes[] = {"Public", "Restricted", "Private"};
    int err = cap_check(alert, findings);
    if (err < 0)
        return err;
    struct xml *xml = xml_new();
    xml_open(xml, "alert");
    xml_attribute(xml, "xmlns", CAP_NAMESPACE);
    xml_text(xml, "identifier", alert->identifier);
    xml_text(xml, "sender", alert->sender);
    put_instant(xml, "sent", alert->sent, alert->zone);
    xml_text(xml, "status", statuses[alert->status]);
    xml_text(xml, "msgType", types[alert->type]);
    xml_text(xml, "source", alert->source);
    xml_text(xml, "scope", scopes[alert->scope]);
    xml_text(xml, "restriction", alert->restriction);
    xml_text(xml, "addresses", alert->addresses);
    put_words(xml, "code", &alert->codes);
    xml_text(xml, "note", alert->note);
    put_references(xml, alert);
    for (size_t i = 0; i < alert->info_count; i++)
        put_info(xml, &alert->infos[i], alert->zone);
    xml_close(xml);
    xml_done(xml, buf);
    return 0;
}

/* Atom ------------------------------------------------------------------------------------------
 */

static void put_link(struct xml *xml, const char *relation, const char *media_type,
                     const char *target)
{
    xml_open(xml, "link");
    xml_attribute(xml, "rel", relation);
    xml_attribute(xml, "type", media_type);
    xml_attribute(xml, "href", target);
    xml_close(xml);
}

static void put_updated(struct xml *xml, instant_ms instant, span_ms zone)
{
    struct buf text = {0};
    instant_print(&text, instant, zone);
    xml_text(xml, "updated", buf_str(&text));
    buf_release(&text);
}

void atom_print(struct buf *buf, const struct atom_feed *feed)
{
    struct xml *xml = xml_new();
    xml_open(xml, "feed");
    xml_attribute(xml, "xmlns", "http://www.w3.org/2005/Atom");
    xml_text(xml, "id", feed->id);
    xml_text(xml, "title", feed->title);
    put_updated(xml, feed->updated, feed->zone);
    xml_open(xml, "author");
    xml_text(xml, "name", feed->author);
    xml_close(xml);
    put_link(xml, "self", "application/atom+xml", feed->link);
    for (size_t i = 0; i < feed->entry_count; i++) {
        const struct atom_entry *entry = &feed->entries[i];
        xml_open(xml, "entry");
        xml_text(xml, "id", entry->id);
        xml_text(xml, "title", entry->title);
        put_updated(xml, entry->updated, feed->zone);
        xml_text(xml, "summary", entry->summary);
        put_link(xml, "alternate", CAP_MEDIA_TYPE, entry->link);
        xml_close(xml);
    }
    xml_close(xml);
    xml_done(xml, buf);
}
