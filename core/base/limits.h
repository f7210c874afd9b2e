/* Every bound of the house, with its unit and its reason. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

enum {
    FINDINGS_MAX = 2000,           /* findings kept; a person reads fewer */
    FILE_BYTES_MAX = 64 << 20,     /* one policy, script or scenario file */
    FACT_FILE_BYTES_MAX = 1 << 30, /* one file of facts for a replay (a busy city's year) */
    FACT_LINE_BYTES_MAX = 1 << 20, /* one JSON line or CSV line */
    YAML_DEPTH_MAX = 32,           /* deepest honest policy file has 8 */
    YAML_NODES_MAX = 8000000,      /* 15,000 enterprises with 60,000 lines have about 2 million */
    YAML_KEY_BYTES_MAX = 256,      /* a longer key is a mistake or an attack */
    FACT_YEAR_MIN = 1980, /* no station, bulletin or list is older: an earlier year is a slip … */
    FACT_YEAR_MAX = 2200, /* … and so is one from here on */
    FACT_YEARS_APART_MAX = 10, /* from the middle of its file: 2051 for 2015 */
    JSON_DEPTH_MAX = 64,
    EVENTS_BATCH_MAX = 10000,        /* CloudEvents in one request: a city's hour and to spare */
    EVENTS_VALUES_MAX = 200000,      /* JSON values of one request: what so many events need */
    SCRIPT_BYTES_MAX = 256 << 10,    /* one Lua file */
    SCRIPT_MEMORY_MAX = 64 << 20,    /* hard ceiling of a Lua state, bytes */
    SCRIPT_CALL_BYTES_MAX = 8 << 20, /* allocated in one call, kept or not */
    SCRIPT_CALL_STEPS_MAX = 200000,  /* VM instructions and charged C steps of one call */
    SCRIPT_LOAD_STEPS_MAX =
        2000000, /* the same for loading one file; 4,096 rules take about 600,000 */
    SCRIPT_LOAD_BYTES_MAX = 64 << 20, /* allocated while one file loads, kept or not */
    SCRIPT_STACK_MAX = 1400,          /* values on a script's stack: some 250 calls deep */
    SCRIPT_STRING_MAX =
        64 << 10,              /* one text in a script: bounds what comparing two of them costs */
    AREA_STATIONS_MAX = 40,    /* keeps the exact means within 128 bits */
    BULLETIN_STEPS_MAX = 744,  /* values of one bulletin: a month of hours */
    BULLETINS_KEPT = 64,       /* bulletins remembered per area and series */
    READING_VALUES_MAX = 256,  /* values of one reading fact */
    STATION_HOURS_KEPT = 1024, /* how late a station's hour may still be corrected: 42 days */
    SERIES_STEPS_KEPT = 16384, /* steps of an area's own series kept: 1.8 years of hours */
    RULES_MAX = 4096,
    RECIPIENTS_MAX = 1000000, /* that a person may say a plan has */
    LEVELS_MAX = 8,
};

#endif
