/* What the readers of a bundle's files share while it is being read.
 *
 * Each reader takes the root of one file and fills its part of the policy.  The order matters only
 * where one file refers to another: policy.yaml first, then series, measures and calendar, then the
 * registry, then the grid.  The names declared on the way stay here, so that later files are
 * checked against them. */
#ifndef MODEL_POLICY_READER_H
#define MODEL_POLICY_READER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/yaml.h"
#include "model/names.h"
#include "model/policy.h"

struct policy_reader {
    struct arena *arena;
    struct policy *policy;
    struct findings *findings;
    struct names levels, documents, stations, areas, measures, recipients;
    struct names districts, parks,
        industries; /* checked against only when declared in policy.yaml */
    bool has_districts, has_parks, has_industries;
    bool has_inventory, has_measures; /* the file is there, well or not */
    struct findings proof_findings;   /* of proof_check, until evidence_check tells them */
};
struct bundle_text;

void policy_reader_init(struct policy_reader *reader, struct arena *arena, struct policy *policy,
                        struct findings *findings);
void policy_reader_release(struct policy_reader *reader);

/* policy.yaml.  `standards` and `rules` are left to the bundle, which knows the files. */
void policy_read(struct policy_reader *reader, const struct yaml *root);
/* X002 when districts are declared and this scalar is none of them; `node` may be NULL. */
void policy_refer_district(struct policy_reader *reader, const struct yaml *node);
/* The dated figures inside: dates present and rising, documents known. */
void figures_check(struct policy_reader *reader, const struct yaml *figures);
/* `evidence` of policy.yaml, and of one measure: terms it does not name are the policy's. */
void evidence_read(struct policy_reader *reader, const struct yaml *node);
const struct evidence_terms *evidence_of_measure(struct policy_reader *reader,
                                                 const struct yaml *node);
/* `proof` of a line or of an entry; `node` may be NULL: none. */
void proof_read(struct policy_reader *reader, struct proof *proof, const struct yaml *node);
/* That the series and states it names exist; `owner` is the entry or line it stands in.  After the
 * series; told by evidence_check. */
void proof_check(struct policy_reader *reader, const struct proof *proof, const struct yaml *owner);
/* Once all is read: the series that the policy names for proofs exist. */
void evidence_check(struct policy_reader *reader);
/* `acknowledge`, `escalation` and `working_hours` of policy.yaml, each possibly NULL; after the
 * levels. */
void chase_read(struct policy_reader *reader, const struct yaml *acknowledge,
                const struct yaml *escalation, const struct yaml *working);
/* Once the registry is read: whom it names exists. */
void chase_check(struct policy_reader *reader);
void series_read(struct policy_reader *reader, const struct yaml *root);
void measures_read(struct policy_reader *reader, const struct yaml *root);
void calendar_read(struct policy_reader *reader, const struct yaml *root);
void inventory_read(struct policy_reader *reader, const struct yaml *root);
/* All files of registry/ at once: the recipients are sorted over all of them. */
void registry_read(struct policy_reader *reader, const struct bundle_text *texts, size_t count);
/* Their syntax alone, when nothing they refer to is known. */
void registry_look(struct policy_reader *reader, const struct bundle_text *texts, size_t count);
void grid_read(struct policy_reader *reader, const struct yaml *root);

#endif
