/* What people mistype in YAML, and words for what libyaml refuses.  For yaml*.c only. */
#ifndef BASE_YAML_WORDS_H
#define BASE_YAML_WORDS_H

#include "base/yaml.h"

/* A key with its value: full-width habits (Y009), null and non-scalar keys (Y017), merge keys
 * (Y003), too long ones (Y006), `{a:1}` (Y018).  False when the pair cannot be used. */
bool yaml_check_key(const struct yaml *key, const struct yaml *value, struct findings *findings);
/* A scalar that stands as a value: full-width figures (Y009), yes/no/on/off (Y010), a forgotten
 * space after a colon (Y018), a list item swallowed by the text above it (Y019).  Other nodes pass.
 */
void yaml_check_value(const struct yaml *node, bool in_list, bool spans_lines,
                      struct findings *findings);

/* True for a plain figure, date, time or span in full-width characters; yaml_check_value has said
 * Y009. */
bool yaml_is_fullwidth_figure(const struct yaml *node);

/* A name directly followed by a colon, ASCII or full-width, and by something that is neither a
 * space nor part of an address (//host, C:\, a::b): returns what follows the colon, or NULL. */
const char *yaml_after_tight_colon(const char *text);
/* Y018 for such a text, with its correction as the hint. */
void yaml_report_space(struct findings *findings, enum severity severity, struct place place,
                       const char *text, const char *after);

/* libyaml's complaint: the place of the problem, and of what it was reading then. */
struct yaml_trouble {
    const char *file;
    const char *text;
    size_t size;
    const char *problem;
    int line, col;
    int context_line, context_col;
};
/* One finding: Y001, or Y009, Y017 or Y018 when the line shows what was meant.  (yaml_explain.c) */
void yaml_explain(const struct yaml_trouble *trouble, struct findings *findings);

#endif
