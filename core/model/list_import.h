/* What the files of the list's import share: a table being laid beside the registry. */
#ifndef MODEL_LIST_IMPORT_H
#define MODEL_LIST_IMPORT_H

#include "base/err.h"
#include "base/yaml.h"
#include "model/list_csv.h"
#include "model/names.h"

enum { LIST_HOMES_MAX = 256 }; /* districts remembered; a province has a hundred */
struct list_importer {
    const struct bundle *bundle;
    const struct policy *policy;
    const struct sheet *sheet;
    struct findings *findings;
    enum list_missing missing;
    struct list_diff *diff; /* its arena holds everything new */
    struct list_columns columns;
    int positions[LIST_COLUMNS_MAX]; /* of each column in the table, or -1 */
    struct names ids;                /* of the table, in order of first row */
    int *groups;                     /* row → number in ids, or -1 */
    struct names measures;           /* of the catalogue, for codes */
    struct intern districts;         /* whose home is known, and which it is */
    const char *homes[LIST_HOMES_MAX];
};
/* The rows of one enterprise. */
struct list_group {
    const struct sheet_row **rows;
    size_t count;
    const struct recipient *recipient; /* NULL: new */
};

/* The cell of a column in a row; one beyond the row's end is empty and stands at its last one. NULL
 * when the table has no such column. */
const struct sheet_cell *list_row_cell(const struct list_importer *importer,
                                       const struct sheet_row *row, int column);
struct place list_place(const struct list_importer *importer, const struct sheet_cell *cell);
/* The cell's text as a YAML value for this column, checked; NULL after a finding, or when the cell
 * is empty
 * (*ret_good tells).  `likely` is what stands there now, for hints; or NULL. */
const struct yaml *list_value(struct list_importer *importer, int column,
                              const struct sheet_row *row, const struct sheet_cell *cell,
                              const char *likely, bool *ret_good);
/* 9.12E+17: a code that a spreadsheet took for a figure. */
bool list_is_scientific(const char *text);
/* Of an id that nobody has: false, with a finding, when a spreadsheet damaged it or it seems to be
 * another's new name (list_identity.c). */
bool list_id_is_good(struct list_importer *importer, const struct list_group *group,
                     const char *id);
/* False, with a finding, when so many of all enterprises may not go without being asked. */
bool list_may_remove(struct list_importer *importer, size_t removed, size_t total);
/* True when a cell means what the registry has: the same text, figure or word. */
bool list_same(const struct list_column *column, const char *old, const char *new);
/* The new node of one enterprise, with its changes recorded in `change`; the old node when nothing
 * changed. */
const struct yaml *list_merge(struct list_importer *importer, const struct list_group *group,
                              struct list_change *change);
/* New texts for the files of the registry: `nodes` is parallel to the recipients (NULL: removed),
 * `added` are new entries.  Unchanged entries keep their bytes. */
void list_rewrite(struct list_importer *importer, const struct yaml *const *nodes,
                  const struct yaml *const *added, size_t added_count);
/* Which file a new entry of this district goes into: where most of that district stand. */
const char *list_home(struct list_importer *importer, const char *district);

#endif
