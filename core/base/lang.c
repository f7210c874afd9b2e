/* The one setting of the house that is global: which language people read. */
#include "base/lang.h"

static enum lang lang_in_force = LANG_EN;

void lang_set(enum lang lang)
{
    lang_in_force = lang;
}

enum lang lang_get(void)
{
    return lang_in_force;
}

const char *tr(const char *english, const char *chinese)
{
    return lang_in_force == LANG_ZH ? chinese : english;
}
