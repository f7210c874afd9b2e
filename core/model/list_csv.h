/* The list as a table (应急减排清单): what staff edit in a spreadsheet.
 *
 * One row per production line, or per enterprise that has none.  Columns that name the enterprise
 * stand in each of its rows; sums, measures and contacts only in its first.  For each level there
 * is a column of words, which is computed, and a column of measure codes, which counts:
 *
 *     stop L1 L2; limit L3 percent=20 basis=按最大负荷; ban_trucks stage_at_most=4
 *
 * What the table has no column for (outlets, proofs, further contacts) is left as it stands in
 * YAML. */
#ifndef MODEL_LIST_CSV_H
#define MODEL_LIST_CSV_H

#include "model/bundle.h"
#include "model/sheet.h"

struct findings;

enum list_field {
    LIST_ID,
    LIST_NAME,
    LIST_CREDIT_CODE,
    LIST_DISTRICT,
    LIST_DISTRICT_NAME, /* computed */
    LIST_INDUSTRY,
    LIST_PARK,
    LIST_EMITS,
    LIST_GRADE,
    LIST_CLASS,
    LIST_DAY, /* index: emission */
    LIST_LINE_ID,
    LIST_LINE_NAME,
    LIST_LINE_DAY, /* index: emission */
    LIST_LINE_SAFE,
    LIST_WORDS, /* index: level; computed */
    LIST_CODES, /* index: level */
    LIST_CONTACT,
    LIST_PHONE,
};
enum list_place { LIST_EACH_ROW, LIST_FIRST_ROW, LIST_LINE_ROW, LIST_COMPUTED };
struct list_column {
    enum list_field field;
    enum list_place place;
    int index;
    const char *head; /* 企业名称 */
};
enum { LIST_COLUMNS_MAX = 48 };
struct list_columns {
    struct list_column items[LIST_COLUMNS_MAX];
    int count;
};
/* The columns of a policy; heads are in the arena. */
void list_columns(struct arena *arena, const struct policy *policy, struct list_columns *ret);
/* One cell: `line` is a position, or -1 for an enterprise without lines.  "" when nothing is
 * written. */
const char *list_cell(struct arena *arena, const struct policy *policy,
                      const struct list_column *column, const struct recipient *recipient,
                      int line);
/* The whole table as UTF-8 text, without a mark; sheet_encode makes bytes of it. */
void list_export(const struct policy *policy, struct buf *ret_text);

/* Words of the table for grade and class: B, 引领性, 保障类 …; NULL when there is no such word. */
const char *list_word_shown(enum list_field field, const char *word);
const char *list_word_read(enum list_field field, const char *shown);
/* Chinese name of an industry, or the word itself; and back, or NULL. */
const char *list_industry_shown(const struct policy *policy, const char *word);
const char *list_industry_read(const struct policy *policy, const char *shown);

/* Measure codes: a level's list of duties as one text, and back (a list of maps; NULL and
 * *ret_problem, in the arena, when it cannot be read). */
void list_codes_print(struct buf *buf, const struct yaml *duties);
const struct yaml *list_codes_read(struct arena *arena, const char *text, const char **ret_problem);

/* Differences ------------------------------------------------------------------------------------
 */

enum list_change_kind { LIST_ADDED, LIST_REMOVED, LIST_CHANGED };
struct list_cell_change {
    int line, col;         /* in the table's file; 0 when a row is gone */
    const char *reference; /* "H3", or "" */
    const char *head;      /* the column's head */
    const char *part;      /* the line's id, or NULL */
    const char *old, *new;
};
struct list_change {
    enum list_change_kind kind;
    const char *id, *name;
    const char *file; /* of the YAML, as shown */
    int line;         /* in it; 0 for a new entry */
    struct list_cell_change *cells;
    size_t count, capacity;
};
struct list_file {
    const char *name, *shown;
    char *data; /* new text, owned */
    size_t size;
};
struct list_diff {
    struct arena arena;
    struct list_change *changes; /* by id */
    size_t count, capacity;
    struct list_file *files; /* texts that would change */
    size_t file_count;
    size_t added, removed, changed;
};
/* What becomes of enterprises without a row. */
enum list_missing {
    LIST_MISSING_FEW,   /* they are removed, unless there are many or one seems to be renamed */
    LIST_MISSING_KEEP,  /* they stay */
    LIST_MISSING_REMOVE /* they are removed, as someone said expressly */
};
/* Compares a table with the bundle's registry.
 * Findings name the table's file, line and column; negative when one is an error.  Release in
 * either case. */
int list_import(const struct bundle *bundle, const struct sheet *sheet, enum list_missing missing,
                struct list_diff *ret_diff, struct findings *findings);
void list_diff_release(struct list_diff *diff);
/* Takes over the change's cells. */
void list_diff_add(struct list_diff *diff, const struct list_change *change);
/* A change of this entry, without cells yet. */
struct list_change list_change_of(const struct recipient *recipient, enum list_change_kind kind);

/* What changed between two registries, of all kinds of entries, key by key ("measures.orange"). The
 * bundles must outlive the diff; its files stay empty. */
void list_compare(const struct bundle *old, const struct bundle *new, struct list_diff *ret_diff);

#endif
