/* How orders are proved to be obeyed: terms, and the proofs of lines and entries.
 *
 * The terms say when what a meter shows counts (policy.yaml for all, measures.yaml for one
 * measure); a proof says which meter, and what it must show.  A proof that names no figure is
 * read, warned of and watches nothing: it must never find anybody guilty. */
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/policy_reader.h"
#include "model/schema.h"
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
static const char *const kind_names[] = {"power", "flow", "mark", "gate", NULL};
static const char *const untils[] = {"lift", "obeyed", NULL};

/* Terms ---------------------------------------------------------------------------------------- */

struct evidence_entry {
    struct evidence_policy policy;
    int until;
    const struct yaml *series, *source;
};
#define TERM(member) offsetof(struct evidence_entry, policy.terms.member)
#define WEEK (7 * (int64_t)DAY_MS)
#define TERM_FIELDS                                                                              \
    FIELD("staying", FIELD_SPAN, TERM(staying), .high = WEEK),                                   \
        FIELD("above_for", FIELD_SPAN, TERM(above_for), .high = WEEK),                           \
        FIELD("no_data_after", FIELD_SPAN, TERM(no_data_after), .low = SECOND_MS, .high = WEEK), \
        FIELD("until", FIELD_WORD, offsetof(struct evidence_entry, until), .words = untils),     \
        FIELD("source", FIELD_TEXT, FIELD_NOT_STORED), FIELD("note", FIELD_TEXT, FIELD_NOT_STORED)
static const struct field evidence_fields[] = {
    FIELD("within", FIELD_SPAN, TERM(within), .required = true, .low = SECOND_MS, .high = WEEK),
    TERM_FIELDS,
    FIELD("series", FIELD_MAP, offsetof(struct evidence_entry, series), .required = true),
};
static const struct schema evidence_schema = {"“evidence”", "“evidence”", evidence_fields,
                                              COUNT(evidence_fields), false};
static const struct field measure_fields[] = {
    FIELD("within", FIELD_SPAN, TERM(within), .low = SECOND_MS, .high = WEEK),
    TERM_FIELDS,
};
static const struct schema measure_schema = {"“evidence”", "“evidence”", measure_fields,
                                             COUNT(measure_fields), false};
static const struct field series_fields[] = {
    FIELD("power", FIELD_TEXT, PROOF_POWER * sizeof(const char *)),
    FIELD("flow", FIELD_TEXT, PROOF_FLOW * sizeof(const char *)),
    FIELD("mark", FIELD_TEXT, PROOF_MARK * sizeof(const char *)),
    FIELD("gate", FIELD_TEXT, PROOF_GATE * sizeof(const char *)),
};
static const struct schema series_schema = {"“series”", "“series”", series_fields, PROOF_KINDS,
                                            false};

/* A figure stands on a document, or on the note that it is for demonstration. */
static void check_source(struct policy_reader *reader, const struct yaml *node)
{
    const struct yaml *source = yaml_get(node, "source");
    if (source && source->kind == YAML_SCALAR)
        names_refer(&reader->documents, source->text, source, reader->findings);
}

void evidence_read(struct policy_reader *reader, const struct yaml *node)
{
    struct policy *policy = reader->policy;
    struct evidence_entry entry = {.policy.terms.no_data_after = policy->unknown_alarm};
    schema_read(&evidence_schema, node, &entry, reader->findings);
    if (entry.series)
        schema_read(&series_schema, entry.series, entry.policy.series, reader->findings);
    check_source(reader, node);
    entry.policy.terms.until_obeyed = entry.until == 1;
    policy->evidence = entry.policy;
}

const struct evidence_terms *evidence_of_measure(struct policy_reader *reader,
                                                 const struct yaml *node)
{
    struct evidence_entry entry = {.policy = reader->policy->evidence,
                                   .until = reader->policy->evidence.terms.until_obeyed};
    schema_read(&measure_schema, node, &entry, reader->findings);
    check_source(reader, node);
    entry.policy.terms.until_obeyed = entry.until == 1;
    struct evidence_terms *terms = arena_alloc(reader->arena, sizeof *terms);
    *terms = entry.policy.terms;
    return terms;
}

/* Proofs --------------------------------------------------------------------------------------- */

struct proof_entry {
    struct proof proof;
    const struct yaml *stopped;
};
#define PROOF(member) offsetof(struct proof_entry, proof.member)
#define METER_FIELDS                                                \
    FIELD("mn", FIELD_TEXT, PROOF(mn), .required = true),           \
        FIELD("point", FIELD_TEXT, PROOF(point), .required = true), \
        FIELD("series", FIELD_TEXT, PROOF(series)), FIELD("note", FIELD_TEXT, FIELD_NOT_STORED)
static const struct field power_fields[] = {
    METER_FIELDS,
    FIELD("stopped_below_kw", FIELD_MICRO, PROOF(stopped_below), .high = MICRO_MAX, .unit = "kW"),
    FIELD("stopped_below", FIELD_MICRO, PROOF(stopped_below), .high = MICRO_MAX),
    FIELD("normal_kw", FIELD_MICRO, PROOF(normal), .high = MICRO_MAX, .unit = "kW"),
};
static const struct field flow_fields[] = {
    METER_FIELDS,
    FIELD("stopped_below_m3h", FIELD_MICRO, PROOF(stopped_below), .high = MICRO_MAX,
          .unit = "m³/h"),
    FIELD("stopped_below", FIELD_MICRO, PROOF(stopped_below), .high = MICRO_MAX),
    FIELD("normal_m3h", FIELD_MICRO, PROOF(normal), .high = MICRO_MAX, .unit = "m³/h"),
};
static const struct field mark_fields[] = {
    METER_FIELDS,
    FIELD("stopped", FIELD_TEXTS, offsetof(struct proof_entry, stopped), .low = 1,
          .high = PROOF_STATES_MAX),
};
static const struct field gate_fields[] = {
    METER_FIELDS,
    FIELD("at_most", FIELD_INT, PROOF(at_most), .high = 1000000),
};
static const struct schema proof_schemas[PROOF_KINDS] = {
    {"a proof by power", "用电核查依据", power_fields, COUNT(power_fields), false},
    {"a proof by flow", "流量核查依据", flow_fields, COUNT(flow_fields), false},
    {"a proof by operating mark", "工况标记核查依据", mark_fields, COUNT(mark_fields), false},
    {"a proof by gate", "门禁核查依据", gate_fields, COUNT(gate_fields), false},
};
static const struct field kind_fields[] = {
    FIELD("power", FIELD_MAP, FIELD_NOT_STORED),
    FIELD("flow", FIELD_MAP, FIELD_NOT_STORED),
    FIELD("mark", FIELD_MAP, FIELD_NOT_STORED),
    FIELD("gate", FIELD_MAP, FIELD_NOT_STORED),
};
static const struct schema kind_schema = {"“proof”", "proof ", kind_fields, PROOF_KINDS, false};

static bool names_a_figure(const struct proof *proof)
{
    switch (proof->kind) {
    case PROOF_MARK:
        return proof->stopped_count > 0;
    case PROOF_GATE:
        return proof->at_most >= 0;
    default:
        return proof->stopped_below != MICRO_NONE || proof->normal != MICRO_NONE;
    }
}

static void warn_no_figure(struct policy_reader *reader, const struct proof *proof,
                           const struct yaml *node)
{
    static const char *const figures[PROOF_KINDS] = {
        "stopped_below_kw: 15", "stopped_below_m3h: 200", "stopped: [F]", "at_most: 0"};
    char *hint = xasprintf(tr("e.g. %s", "例如 %s"), figures[proof->kind]);
    findings_add(reader->findings, SEV_WARNING, "E018", yaml_place(node), hint,
                 tr("the proof says which meter, but not what it must show: nothing is watched",
                    "核查依据写明了监测点，却没有判定数值，无从核查"));
    free(hint);
}

void proof_read(struct policy_reader *reader, struct proof *proof, const struct yaml *node)
{
    struct proof_entry entry = {
        .proof = {.stopped_below = MICRO_NONE, .normal = MICRO_NONE, .at_most = -1}};
    *proof = entry.proof;
    if (!node || !schema_read(&kind_schema, node, NULL, reader->findings))
        return;
    if (node->count != 1) {
        findings_add(reader->findings, SEV_ERROR, "E009", yaml_place(node), NULL,
                     tr("a proof names exactly one of power, flow, gate, mark",
                        "核查依据须在 power、flow、gate、mark 中恰取其一"));
        return;
    }
    entry.proof.kind = (enum proof_kind)schema_word(kind_names, node->keys[0]->text);
    const struct yaml *meter = node->items[0];
    if (!schema_read(&proof_schemas[entry.proof.kind], meter, &entry, reader->findings))
        return;
    schema_texts(reader->arena, entry.stopped, &entry.proof.stopped, &entry.proof.stopped_count);
    if (!names_a_figure(&entry.proof))
        warn_no_figure(reader, &entry.proof, meter);
    *proof = entry.proof;
}

/* What they name ------------------------------------------------------------------------------- */

static int known_series(struct policy_reader *reader, const char *name, const struct yaml *node)
{
    const struct policy *policy = reader->policy;
    int number = policy_series(policy, name);
    if (number >= 0 || policy->series_count == 0)
        return number;
    const char **known = arena_alloc(reader->arena, policy->series_count * sizeof *known);
    for (size_t i = 0; i < policy->series_count; i++)
        known[i] = policy->series[i].name;
    const char *near = str_nearest(name, known, policy->series_count);
    char *hint = near ? xasprintf(tr("did you mean “%s”?", "是否想写 “%s”？"), near) : NULL;
    findings_add(reader->findings, SEV_ERROR, "X002", yaml_place(node), hint,
                 tr("there is no series “%s”", "没有序列 “%s”"), name);
    free(hint);
    return -1;
}

/* A mark is a state, everything else a number that arrives in readings. */
static bool fits(struct policy_reader *reader, enum proof_kind kind, int number,
                 const struct yaml *node)
{
    const struct series *series = &reader->policy->series[number];
    enum series_kind wanted = kind == PROOF_MARK ? SERIES_STATE : SERIES_MEASURED;
    if (series->kind == wanted)
        return true;
    findings_add(reader->findings, SEV_ERROR, "E019", yaml_place(node), NULL,
                 wanted == SERIES_STATE
                     ? tr("a mark is a state, “%s” is not", "工况标记须为状态序列，“%s”不是")
                     : tr("%2$s is shown by a measured series, “%1$s” is none",
                          "%2$s 须为监测数值序列，“%1$s”不是"),
                 series->name, kind_names[kind]);
    return false;
}

static void check_states(struct policy_reader *reader, const struct proof *proof,
                         const struct series *series, const struct yaml *node)
{
    const struct yaml *list = yaml_get(node, "stopped");
    for (int i = 0; i < proof->stopped_count; i++) {
        if (series_state(series, proof->stopped[i]) >= 0)
            continue;
        char *all = str_join(series->states, (size_t)series->state_count, ", ");
        char *hint = xasprintf(tr("known: %s", "已有：%s"), all);
        findings_add(reader->findings, SEV_ERROR, "X002", yaml_place(list->items[i]), hint,
                     tr("%s has no state “%s”", "%s 没有状态 “%s”"), series->name,
                     proof->stopped[i]);
        free(hint);
        free(all);
    }
}

static void check_proof(struct policy_reader *reader, const struct proof *proof,
                        const struct yaml *owner)
{
    if (!proof->mn)
        return;
    const struct yaml *meter = yaml_get(yaml_get(owner, "proof"), kind_names[proof->kind]);
    const struct yaml *own = yaml_get(meter, "series");
    const char *name = proof->series ? proof->series : reader->policy->evidence.series[proof->kind];
    int series = -1;
    if (own) {
        series = known_series(reader, name, own);
        if (series >= 0 && !fits(reader, proof->kind, series, own))
            series = -1;
    } else if (name) { /* said where the policy names it */
        series = policy_series(reader->policy, name);
    }
    if (series >= 0 && proof->kind == PROOF_MARK &&
        reader->policy->series[series].kind == SERIES_STATE)
        check_states(reader, proof, &reader->policy->series[series], meter);
}

void proof_check(struct policy_reader *reader, const struct proof *proof, const struct yaml *owner)
{
    struct findings *told = reader->findings;
    reader->findings = &reader->proof_findings;
    check_proof(reader, proof, owner);
    reader->findings = told;
}

void evidence_check(struct policy_reader *reader)
{
    const struct policy *policy = reader->policy;
    const struct yaml *names = yaml_get(yaml_get(policy->root, "evidence"), "series");
    for (enum proof_kind kind = 0; kind < PROOF_KINDS; kind++) {
        const struct yaml *node = yaml_get(names, kind_names[kind]);
        int series = policy->evidence.series[kind]
                         ? known_series(reader, policy->evidence.series[kind], node)
                         : -1;
        if (series >= 0)
            fits(reader, kind, series, node);
    }
    findings_join(reader->findings, &reader->proof_findings);
}
