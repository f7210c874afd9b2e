/* What the files of the rule compiler share: the program itself, and the compiler while it reads
 * one rule. Only program_*.c and script.c include this. */
#ifndef ENGINE_PROGRAM_H
#define ENGINE_PROGRAM_H

#include "base/arena.h"
#include "base/buf.h"
#include "engine/quick.h"
#include "engine/rule.h"
#include "engine/sandbox.h"
#include "engine/written.h"

/* What a where= call looks at, and where its function stands. */
struct where_view {
    const struct where_value *value;
    const struct recipient *recipient;
    const struct policy *policy; /* NULL: one script alone */
    span_ms zone;
    struct ratio shown; /* what stands in v.value; den 0: nothing */
};
struct where_function {
    bool is_short;             /* closure_is_short */
    const struct quick *quick; /* in the arena; or NULL */
};
struct program {
    struct arena arena;
    const struct bundle *bundle; /* NULL: one script alone */
    const struct policy *policy; /* NULL likewise */
    struct rule *rules;
    size_t count, capacity;
    struct sandbox *box;
    struct where_view view;
    char failure[640];                /* of the last where= call */
    struct where_function *functions; /* by number; those beyond the end are not short */
    size_t function_count, function_capacity;
};
/* Stack of the box between calls; index 1 is the box's own. */
enum { STACK_FUNCTIONS = 2, STACK_VALUE, STACK_VALUE_HIDDEN, STACK_VALUE_KEY, STACK_RECIPIENT };

/* level { "rule", at_least = … } waits until all rules are known. */
struct pending {
    size_t rule;
    const char *name;
    struct place at;
};
struct compiler {
    struct program *program;
    struct arena *arena;         /* the program's */
    const struct policy *policy; /* NULL: names of the bundle are not checked */
    struct findings *findings;
    struct rule *rule; /* being read */
    bool lifting;      /* in lift_when, where a forecast is looked at without counting steps */
    bool unsound;      /* the policy has errors of its own: see program_look */
    bool incomplete; /* some script did not give its rules: a rule that nobody knows may be there */
    struct pending *pending;
    size_t pending_count, pending_capacity;
};

/* ---- complaints ---- */

void complain(struct compiler *c, const char *code, const struct written *at, const char *hint,
              const char *format, ...) __attribute__((format(printf, 5, 6)));
void warn(struct compiler *c, const char *code, struct place at, const char *hint,
          const char *format, ...) __attribute__((format(printf, 5, 6)));
/* "no such …", with the nearest of `known` or the list of them as hint.  Of an unsound policy only
 * when the word stands nowhere in it: else what is wrong is the entry, and that was told. */
void complain_unknown(struct compiler *c, const char *code, const struct written *at,
                      const char *what, const char *word, const char *const *known, size_t count);

/* ---- slots (program_slot.c, program_figure.c) ---- */
/* Each returns false when the value is absent, broken or complained of. */

/* Complains of every name in the table that is not among `known`, and of items when there may be
 * none. */
void slot_known(struct compiler *c, const struct written *table, const char *what, int items_max,
                const char *const *known, size_t count);
#define SLOT_KNOWN(c, table, what, items_max, ...)                            \
    slot_known(c, table, what, items_max, (const char *const[]){__VA_ARGS__}, \
               sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))
/* The value under the key; complains when it is absent. */
const struct written *slot_needed(struct compiler *c, const struct written *table, const char *key);
bool slot_text(struct compiler *c, const struct written *value, const char **ret);
/* One text or a list of texts. */
bool slot_texts(struct compiler *c, const struct written *value, const char *const **ret,
                int *ret_count);
bool slot_int(struct compiler *c, const struct written *value, int low, int high, int *ret);
/* A number (may be a figure, dated or not, or limit{}). */
bool slot_number(struct compiler *c, const struct written *value, bool limit_allowed,
                 struct figure *ret);
/* A span longer than 0. */
bool slot_span(struct compiler *c, const struct written *value, struct figure *ret);
/* A span that is not dated. */
bool slot_plain_span(struct compiler *c, const struct written *value, span_ms *ret);
bool slot_metres(struct compiler *c, const struct written *value, micro *ret);
/* One of the words; gives its position. */
bool slot_choice(struct compiler *c, const struct written *value, const char *const *words,
                 int count, int *ret);
/* The function's number for script_where, after its check for state. */
bool slot_where(struct compiler *c, const struct written *value, int *ret);
/* How a complaint calls the value: "lasting", "item 2".  Static. */
const char *slot_called(const struct written *value);
/* Complains unless the value is broken; always false. */
bool slot_wrong_kind(struct compiler *c, const struct written *value, const char *wanted,
                     const char *hint);
/* The scalar behind a plain figure; complains of maps, lists and dated ones.  NULL also without a
 * bundle. */
const struct yaml *slot_plain_scalar(struct compiler *c, const struct written *value);
/* A figure's newest value, or its only one; MICRO_NONE for a limit or none. */
micro figure_newest(const struct figure *figure, bool span);

/* ---- names of the bundle (program_name.c); without a bundle every name is right ---- */

bool name_series(struct compiler *c, const struct written *value, int *ret);
bool name_level(struct compiler *c, const struct written *value, int *ret);
bool name_area(struct compiler *c, const struct written *value, int *ret);
bool name_pollutants(struct compiler *c, const struct written *value, unsigned *ret);
void name_basis(struct compiler *c, const struct written *value);
/* limit "nox": somebody in the registry, or figures.limits, must have it. */
void name_limit(struct compiler *c, const struct written *value, const char *name);
/* Attributes of selectors: the key must be one the kind has, the values ones that somebody has. */
void name_attribute(struct compiler *c, enum subject_kind kind, const struct written *value,
                    const struct selector_attribute *attribute);

/* ---- parts ---- */

/* NULL when the value is absent or wrong.  `views` is a bit set over enum clause_view. */
struct condition *read_condition(struct compiler *c, const struct written *value, unsigned views);
enum {
    VIEWS_WARNING = 1 << VIEW_OBSERVED | 1 << VIEW_FORECAST | 1 << VIEW_TIMELINE,
    VIEWS_WATCH = 1 << VIEW_OBSERVED | 1 << VIEW_FORECAST | 1 << VIEW_TIMELINE | 1 << VIEW_RECEIPT,
    VIEWS_ROTA = 1 << VIEW_FORECAST | 1 << VIEW_OBSERVED | 1 << VIEW_TIMELINE
};
/* `kinds` is a bit set over enum subject_kind. */
bool read_selector(struct compiler *c, const struct written *value, unsigned kinds,
                   struct selector *ret);
bool read_target(struct compiler *c, const struct written *value, struct target *ret);
void read_warning(struct compiler *c, const struct written *body);
void read_watch(struct compiler *c, const struct written *body);
void read_rota(struct compiler *c, const struct written *body);
/* What is well written and cannot be meant (program_sense.c). */
void check_sense(struct compiler *c, const struct rule *rule);
/* title, basis */
void read_heading(struct compiler *c, const struct written *body);

/* ---- program.c, script.c ---- */

void program_read_rule(struct compiler *c, const struct written *written, bool keep);
/* Makes the program's box and begins collecting; then scripts one by one; then resolves what
 * waited. */
void program_begin(struct program *program, struct compiler *c, struct findings *findings);
void program_load_script(struct compiler *c, const char *file, const char *text, size_t size);
void program_end(struct compiler *c);
/* Builds the views and the list of functions in the box; after words_load. */
void bind_view(struct program *program);
void bind_view_value(struct program *program); /* sets v.value */
/* The list in which where functions are kept, by number. */
void program_push_functions(lua_State *L);
/* v.value as Lua has it. */
struct slot bind_view_number(struct ratio value);
/* Remembers that a function's budget is known beforehand; `quick` may be NULL. */
void program_note_short(struct program *program, int number, const struct quick *quick);

#endif
