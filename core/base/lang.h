/* The two languages of the house.  The language is set once, by the command line; it touches only
 * what people read on a terminal or in a finding, never what a decision says. */
#ifndef BASE_LANG_H
#define BASE_LANG_H

enum lang { LANG_EN, LANG_ZH };

void lang_set(enum lang lang);
enum lang lang_get(void);
/* Both texts take the same printf arguments in the same order. */
const char *tr(const char *english, const char *chinese)
    __attribute__((format_arg(1), format_arg(2)));

#endif
