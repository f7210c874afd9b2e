/* A rig for engine tests: a small bundle in memory, facts in a few words, decisions as text.
 *
 * Facts, one a line; T is local time (2015-11-01T16:00):
 *   @T s1,s2 pm25 168x24 90 - ?      hourly readings from T on; - absent, ? null, 168!D flagged D,
 * x repeats
 *   @T forecast aqi_day 2015-11-01 210 210..270 ? 180 [pm10]   issued T; [..] is the primary
 * pollutant
 *   @T directive orange until T2     or without `until`
 *   @T decide approve|hold|file|lift|override|break_glass by NAME [LEVEL] [until T2]
 *             [plan HASH|pending] [count N|all] [of SUBJECT] [mute]
 *                                    mute: without a note; pending: the plan that waits when it is
 *                                    decided, all: as many as it has orders
 *   @T incident straw_fire 123.4 41.8 0.9 id
 *   @T receipt done ORDER
 *   @T late T2 s1 pm25 168           a reading for the hour T2 that arrives at T
 *   @T tick                          runs the ticks up to T
 * Decisions come back one a line: `11-01T16:00 issue - yellow` (from, to), then with rig.words
 * their because. */
#ifndef TESTS_ENGINE_RIG_H
#define TESTS_ENGINE_RIG_H

#include "base/buf.h"
#include "engine/engine.h"
#include "model/bundle.h"

struct rig {
    const char *policy; /* lines added to policy.yaml, or NULL */
    const char *series; /* lines added to series.yaml, or NULL */
    const char *rule;   /* rule.lua; NULL: the ladder of the plan, with figures in place */
    const char *registry, *measures, *inventory, *calendar, *grid; /* or NULL */
    bool words;                                                    /* print the because too */
    bool by_fact;      /* proposals wait for decisions */
    bool proposals;    /* print proposals too, with the first 8 digits of their plan's hash */
    bool strict;       /* the engine is strict */
    int save_at;       /* n > 0: save and load into a new engine before every n-th fact */
    const char *kinds; /* print only these kinds, space separated; NULL: all of a replay */
    bool texts;        /* print tasks' texts too */
};
/* Plays the facts; the text is freed by the caller.  Findings or bad facts fail the test. */
char *rig_play(const struct rig *rig, const char *facts);
/* Plays and compares; on a difference shows both. */
void rig_expect(const struct rig *rig, const char *facts, const char *expected);
/* Bundle, program and engine for tests that step themselves. */
struct bundle *rig_bundle(const struct rig *rig);

#define LADDER_ISSUE                                                            \
    "  levels = {\n"                                                            \
    "    { \"yellow\", issue_when = any {\n"                                    \
    "        { timeline = \"aqi_day\", above = 200, lasting = \"24h\" },\n"     \
    "        { timeline = \"aqi_day\", above = 150, lasting = \"48h\" } } },\n" \
    "    { \"orange\", issue_when = any {\n"                                    \
    "        { timeline = \"aqi_day\", above = 200, lasting = \"48h\" },\n"     \
    "        { timeline = \"aqi_day\", above = 150, lasting = \"72h\" } } },\n" \
    "    { \"red\", issue_when = all {\n"                                       \
    "        { timeline = \"aqi_day\", above = 200, lasting = \"72h\" },\n"     \
    "        { timeline = \"aqi_day\", above = 300, lasting = \"24h\" } } } },\n"
#define LADDER_LIFT                                                    \
    "  lift_when = all { { observed = \"aqi_24h\", at_most = 150 },\n" \
    "                    { forecast = \"aqi_day\", at_most = 150, lasting = \"36h\" } },\n"

#endif
