/* What the two readers of a scenario's data share. */
#ifndef SHELL_SCENARIO_EVENT_H
#define SHELL_SCENARIO_EVENT_H

#include "shell/scenario_data.h"

struct schema;

/* A new fact, all zero; valid until the next call. */
struct fact *fact_list_add(struct fact_list *list);
/* T+9h or +30m as an instant.  False, with a finding. */
bool data_moment(const struct data_context *context, const struct yaml *node, const char *what,
                 instant_ms *ret);
/* A map, or every map of a list. */
bool data_each_map(struct data_context *context, const struct yaml *node, const char *what,
                   struct fact_list *list,
                   bool (*read)(struct data_context *, const struct yaml *, struct fact_list *));
/* Every key beside the schema's, which must be a series of the bundle; at least one is needed. */
bool data_each_series(struct data_context *context, const struct schema *schema,
                      const struct yaml *node, void *arg,
                      bool (*each)(struct data_context *, const struct series *,
                                   const struct yaml *, void *));
/* Gives the fact its source and a unique id. */
void data_identify(struct data_context *context, struct fact *fact);
/* False, with a finding at `at`, when the bundle has no such area. */
bool data_area(struct data_context *context, const struct yaml *at, const char *area);
/* True for what readings can be of: a station, a recipient, RECIPIENT/LINE or RECIPIENT/OUTLET. */
bool data_subject_known(const struct policy *policy, const char *name);

#endif
