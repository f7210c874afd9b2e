/* A sorted list with an end. */
#include "shell/cap_feed.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/cap.h"
#include "shell/cap_gateway.h"
#include <dirent.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CAP_BYTES_MAX = 1 << 20 };

struct entry {
    char *file, *identifier, *title, *summary, *author;
    instant_ms sent;
};
struct cap_feed {
    const struct cap_gateway *gateway;
    bool actual_only;
    struct entry *entries; /* newest first */
    int count;
};

/* ---- reading a message --------------------------------------------------------- */

static const xmlNode *child(const xmlNode *node, const char *name)
{
    const xmlNode *at = node ? node->children : NULL;
    while (at && (at->type != XML_ELEMENT_NODE || !str_equal((const char *)at->name, name)))
        at = at->next;
    return at;
}

/* Caller frees; NULL when there is none. */
static char *text_of(const xmlNode *node, const char *name)
{
    const xmlNode *found = child(node, name);
    xmlChar *text = found ? xmlNodeGetContent(found) : NULL;
    char *kept = text ? xstrdup((const char *)text) : NULL;
    xmlFree(text);
    return kept;
}

static void entry_release(struct entry *entry)
{
    free(entry->file);
    free(entry->identifier);
    free(entry->title);
    free(entry->summary);
    free(entry->author);
}

static bool read_entry(const struct cap_feed *feed, struct entry *entry, const char *file,
                       const void *bytes, size_t size)
{
    xmlDoc *document = xmlReadMemory(bytes, (int)size, file, NULL,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    const xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;
    const xmlNode *info = child(root, "info");
    char *sent = text_of(root, "sent"), *status = text_of(root, "status");
    *entry = (struct entry){.file = xstrdup(file),
                            .identifier = text_of(root, "identifier"),
                            .title = text_of(info, "headline"),
                            .summary = text_of(info, "description"),
                            .author = text_of(info, "senderName")};
    bool good = entry->identifier && sent && instant_parse_rfc3339(sent, &entry->sent) == 0 &&
                (!feed->actual_only || str_equal(status, "Actual"));
    free(sent);
    free(status);
    xmlFreeDoc(document);
    if (!good)
        entry_release(entry);
    return good;
}

/* ---- the list ----------------------------------------------------------------------- */

static void remove_at(struct cap_feed *feed, int at)
{
    entry_release(&feed->entries[at]);
    memmove(&feed->entries[at], &feed->entries[at + 1],
            (size_t)(--feed->count - at) * sizeof *feed->entries);
}

/* Equal instants by name, so that every reading of the folder gives the same feed. */
static bool is_newer(const struct entry *a, const struct entry *b)
{
    return a->sent != b->sent ? a->sent > b->sent : strcmp(a->file, b->file) > 0;
}

static void insert(struct cap_feed *feed, struct entry *entry)
{
    int at = 0;
    for (int i = 0; i < feed->count; i++)
        if (str_equal(feed->entries[i].file, entry->file))
            remove_at(feed, i--);
    while (at < feed->count && is_newer(&feed->entries[at], entry))
        at++;
    memmove(&feed->entries[at + 1], &feed->entries[at],
            (size_t)(feed->count++ - at) * sizeof *feed->entries);
    feed->entries[at] = *entry;
    if (feed->count > feed->gateway->feed_entries)
        remove_at(feed, feed->count - 1);
}

void cap_feed_add(struct cap_feed *feed, const char *file, const void *bytes, size_t size)
{
    struct entry entry;
    if (read_entry(feed, &entry, file, bytes, size))
        insert(feed, &entry);
}

static void add_file(struct cap_feed *feed, const char *name)
{
    struct findings findings = {0};
    char *path = xasprintf("%s/%s", feed->gateway->folder, name), *bytes;
    size_t size;
    if (file_read(path, CAP_BYTES_MAX, &bytes, &size, &findings) == 0) {
        cap_feed_add(feed, name, bytes, size);
        free(bytes);
    }
    findings_release(&findings);
    free(path);
}

struct cap_feed *cap_feed_new(const struct cap_gateway *gateway, bool actual_only)
{
    struct cap_feed *feed = xcalloc(1, sizeof *feed);
    DIR *folder = opendir(gateway->folder);
    feed->gateway = gateway;
    feed->actual_only = actual_only;
    feed->entries = xcalloc((size_t)gateway->feed_entries + 1, sizeof *feed->entries);
    for (struct dirent *file; folder && (file = readdir(folder));) {
        size_t size = strlen(file->d_name);
        if (size > 4 && file->d_name[0] != '.' && strcasecmp(file->d_name + size - 4, ".xml") == 0)
            add_file(feed, file->d_name);
    }
    if (folder)
        closedir(folder);
    return feed;
}

void cap_feed_free(struct cap_feed *feed)
{
    if (!feed)
        return;
    while (feed->count > 0)
        remove_at(feed, feed->count - 1);
    free(feed->entries);
    free(feed);
}

/* ---- printing -------------------------------------------------------------------------- */

static const char * or (const char *text, const char *instead)
{
    return text && *text ? text : instead;
}

void cap_feed_print(const struct cap_feed *feed, struct buf *buf)
{
    const struct cap_gateway *gateway = feed->gateway;
    const char *link = gateway->link ? gateway->link : "";
    size_t count = (size_t)feed->count;
    struct atom_entry *entries = xcalloc(count + 1, sizeof *entries);
    char **texts = xcalloc(2 * count + 2, sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        const struct entry *entry = &feed->entries[i];
        texts[2 * i] = xasprintf("urn:x-cap:%s,%s", gateway->sender, entry->identifier);
        texts[2 * i + 1] = xasprintf("%s%s", link, entry->file);
        entries[i] = (struct atom_entry){.id = texts[2 * i],
                                         .title = or (entry->title, entry->identifier),
                                         .summary = entry->summary,
                                         .updated = entry->sent,
                                         .link = texts[2 * i + 1]};
    }
    texts[2 * count] = xasprintf("urn:x-cap:%s", gateway->sender);
    texts[2 * count + 1] = xasprintf("%s%s", link, gateway->feed_file);
    struct atom_feed atom = {
        .id = texts[2 * count],
        .title = gateway->feed_title,
        .author = count > 0 ? or (feed->entries[0].author, gateway->sender) : gateway->sender,
        .link = texts[2 * count + 1],
        .updated = count > 0 ? feed->entries[0].sent : 0,
        .zone = 8 * HOUR_MS, /* of all China; instants are the same in any */
        .entries = entries,
        .entry_count = count,
    };
    atom_print(buf, &atom);
    for (size_t i = 0; i < 2 * count + 2; i++)
        free(texts[i]);
    free(texts);
    free(entries);
}
