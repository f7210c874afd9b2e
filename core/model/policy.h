/* The policy: one authority's bundle of YAML, read into C.  All strings and nodes belong to the
 * bundle's arena and live as long as the bundle. */
#ifndef MODEL_POLICY_H
#define MODEL_POLICY_H

#include "base/decimal.h"
#include "base/when.h"
#include "model/aqi.h"
#include "model/chase_policy.h"
#include "model/registry.h"
#include "model/series.h"

struct yaml;

struct station {
    const char *id, *name, *district;
    int area;                /* position in areas, or -1 */
    const struct yaml *node; /* other attributes (group, lon, lat) for selectors */
};
struct area {
    const char *code, *name;
    int *stations; /* positions in policy.stations */
    int station_count;
};
/* A document the policy stands on. */
struct document {
    const char *key, *title, *number;
    int64_t date; /* days since 1970-01-01 */
};
/* One cell of the four-level patrol grid (县 乡 村 组). */
struct grid_cell {
    const char *id, *name, *level; /* group village town county */
    int parent;                    /* position, or -1 */
    double lon, lat;
    const char *office; /* recipient id that is told */
};
enum forecast_use { FORECAST_LOW, FORECAST_MID, FORECAST_HIGH };
/* `evidence` of policy.yaml. */
struct evidence_policy {
    struct evidence_terms terms;     /* within 0: nothing is watched */
    const char *series[PROOF_KINDS]; /* that readings of each kind of proof come as; or NULL */
};

/* A level of the authority's ladder, lowest first: yellow, orange, red.  `share` is what the list
 * must cut. */
struct level {
    const char *name;     /* yellow */
    const char *title;    /* 黄色 */
    const char *response; /* Ⅲ级 */
    int share_percent;    /* 10 20 30; 0: none is asked */
    const char *approve;  /* auto one two; NULL: as the rule says */
    const char *signer, *deputy;
};
struct calendar_span {
    const char *name;
    int64_t from_day, to_day;
}; /* both included */
struct calendar {
    struct calendar_span *holidays;
    size_t holiday_count;
    struct calendar_span *workdays;
    size_t workday_count; /* swapped workdays 调休 */
    struct calendar_span *seasons;
    size_t season_count; /* heating season and the like, dated */
};
bool calendar_workday(const struct calendar *calendar, int64_t day);

struct notice {
    const char *name;
    const char *text;
}; /* notices/NAME.txt */

struct policy {
    const char *authority, *city, *zone_name;
    const char *author; /* who wrote this bundle, and so may not approve under it; or NULL */
    span_ms zone;
    int64_t valid_from, valid_to;
    struct document *documents;
    size_t document_count;
    struct area *areas;
    size_t area_count;
    struct station *stations;
    size_t station_count;
    struct series *series;
    size_t series_count;
    struct level *levels;
    size_t level_count;
    struct aqi_standards standards;
    unsigned pollutants, required;      /* bit sets over enum pollutant */
    span_ms settle_after;               /* default 30m */
    micro stations_min_share;           /* default 0.75 */
    span_ms bulletin_max_age;           /* default 36h */
    span_ms unknown_alarm;              /* default 3h */
    enum forecast_use forecast_use;     /* default mid */
    int hours_min_day, hours_min_8h;    /* 20 and 6: GB 3095 table 4, from national/aqi.yaml */
    span_ms remind_after, deputy_after; /* approvals; default 30m and 60m */
    span_ms expires_after;              /* a proposal nobody acts on is filed; 0: never */
    int recipients_max;                 /* size limit of one plan; 0: none */
    micro times_usual;                  /* … against the rule's usual plan; 0: none */
    int list_percent_max;               /* … against the list; 0: none */
    struct evidence_policy evidence;
    struct chase_policy chase;
    const struct yaml *figures; /* `p` in scripts */
    struct calendar calendar;
    struct registry registry;
    struct inventory inventory;
    struct grid_cell *grid;
    size_t grid_count;
    struct notice *notices;
    size_t notice_count;
    const struct yaml *root; /* policy.yaml itself */
};

int policy_area(const struct policy *policy, const char *code);   /* position or -1 */
int policy_station(const struct policy *policy, const char *id);  /* position or -1 */
int policy_series(const struct policy *policy, const char *name); /* position or -1 */
int policy_level(const struct policy *policy, const char *name);  /* position or -1 */
/* True when readings of that name are somebody's: a station, an area, an entry of the registry, or
 * ENTRY/LINE, ENTRY/OUTLET. */
bool policy_knows_subject(const struct policy *policy, const char *name);
const struct document *policy_document(const struct policy *policy, const char *key);
const char *policy_notice(const struct policy *policy, const char *name); /* text or NULL */

/* A figure that may be dated: a scalar, or a list of {valid_from: DATE, value: X} in date order.
 * The node in force at the instant, or NULL before the first. */
const struct yaml *figure_at(const struct yaml *node, instant_ms now, span_ms zone);
bool figure_is_dated(const struct yaml *node);

#endif
