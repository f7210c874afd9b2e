/* A public warning as CAP 1.2 (OASIS Common Alerting Protocol), and a list of such as an Atom feed.
 *
 * A pure function from what is to be said to bytes: equal alerts give equal bytes.  Everything is
 * borrowed while it is written; NULL leaves an element out.  What the schema lets through although
 * the standard forbids it (references, characters of identifiers, `sent`) is checked here. */
#ifndef MODEL_CAP_H
#define MODEL_CAP_H

#include "base/decimal.h"
#include "base/when.h"
#include <stddef.h>

struct buf;
struct findings;

#define CAP_NAMESPACE "urn:oasis:names:tc:emergency:cap:1.2"
#define CAP_MEDIA_TYPE "application/cap+xml"

/* A drill is EXERCISE; the national platform uses only ACTUAL and TEST, there a drill is TEST. */
enum cap_status { CAP_ACTUAL, CAP_EXERCISE, CAP_TEST };
enum cap_type { CAP_ALERT, CAP_UPDATE, CAP_CANCEL };
enum cap_scope { CAP_PUBLIC, CAP_RESTRICTED, CAP_PRIVATE };

/* A message that went before.  The national platform names the first one of the chain, CAP all of
 * them: the caller chooses which to give. */
struct cap_reference {
    const char *sender, *identifier;
    instant_ms sent;
};
/* <eventCode>, <parameter>, <geocode>: national fields such as senderCode or secClassification go
 * here under the names that the configuration gives them. */
struct cap_value {
    const char *name, *value;
};
struct cap_values {
    const struct cap_value *items;
    size_t count;
};
struct cap_words {
    const char *const *items;
    size_t count;
};
struct cap_point {
    micro lat, lon; /* WGS 84 */
};
struct cap_area {
    const char *description;
    const struct cap_point *outline; /* of a polygon, which is closed for you; at least three */
    size_t point_count;              /* 0: no polygon */
    struct cap_values geocodes;      /* e.g. {"210100", …} under the name of the code */
};
struct cap_resource {
    const char *description, *media_type, *uri, *digest; /* digest: SHA-1, 40 hex digits */
};

/* The same news in one language.  The words of the standard, such as "Env", "Prepare", "Severe",
 * are taken as text because a policy's levels are mapped to them by configuration. */
struct cap_info {
    const char *language; /* "zh-CN", "en-US" */
    struct cap_words categories, responses;
    const char *event;
    const char *urgency, *severity, *certainty;
    const char *audience;
    struct cap_values event_codes;
    instant_ms effective, onset, expires; /* INSTANT_NONE: not given */
    const char *sender_name, *headline, *description, *instruction, *web, *contact;
    struct cap_values parameters;
    const struct cap_resource *resources;
    size_t resource_count;
    const struct cap_area *areas;
    size_t area_count;
};
struct cap_alert {
    const char *identifier, *sender;
    instant_ms sent;
    span_ms zone; /* in which all instants are written */
    enum cap_status status;
    enum cap_type type;
    enum cap_scope scope;
    const char *source;
    const char *restriction; /* needed by CAP_RESTRICTED */
    const char *addresses;   /* needed by CAP_PRIVATE */
    struct cap_words codes;
    const char *note; /* why it was cancelled; what is practised */
    const struct cap_reference *references;
    size_t reference_count;
    const struct cap_info *infos;
    size_t info_count;
};

/* Adds the document.  ERR_INVALID, nothing added, and a finding (Q001) for everything that the
 * standard forbids. */
int cap_print(struct buf *buf, const struct cap_alert *alert, struct findings *findings);
/* 2015-11-08T16:30:00+08:00, whole seconds; UTC is written -00:00, never Z. */
void cap_instant_print(struct buf *buf, instant_ms instant, span_ms zone);

/* Atom ------------------------------------------------------------------------------------------
 */

struct atom_entry {
    const char *id; /* a URI that stays the same; urn:… is good */
    const char *title, *summary;
    instant_ms updated;
    const char *link; /* of the CAP message */
};
struct atom_feed {
    const char *id, *title, *author, *link; /* link: of the feed itself */
    instant_ms updated;
    span_ms zone;
    const struct atom_entry *entries; /* newest first */
    size_t entry_count;
};
void atom_print(struct buf *buf, const struct atom_feed *feed);

#endif
