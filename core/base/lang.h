/* The two languages of the house.  The language is set once, by the command line; a thread may
 * speak another for one reader.  It touches only what people read on a terminal, in a finding or an
 * answer, never what a decision says. */
#ifndef BASE_LANG_H
#define BASE_LANG_H

enum lang { LANG_EN, LANG_ZH, LANG_AS_SET };

void lang_set(enum lang lang);
enum lang lang_get(void);
/* This thread speaks another from now on, or again the one that was set; returns what it spoke. */
enum lang lang_speak(enum lang lang);
/* Both texts take the same printf arguments in the same order. */
const char *tr(const char *english, const char *chinese)
    __attribute__((format_arg(1), format_arg(2)));

#endif
