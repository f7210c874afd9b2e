/* The one setting of the house that is global: which language people read. */
#include "base/lang.h"

static enum lang lang_in_force = LANG_EN;
static _Thread_local enum lang spoken = LANG_AS_SET;

void lang_set(enum lang lang)
{
    lang_in_force = lang;
}

enum lang lang_get(void)
{
    return spoken == LANG_AS_SET ? lang_in_force : spoken;
}

enum lang lang_speak(enum lang lang)
{
    enum lang former = spoken;
    spoken = lang;
    return former;
}

const char *tr(const char *english, const char *chinese)
{
    return lang_get() == LANG_ZH ? chinese : english;
}
