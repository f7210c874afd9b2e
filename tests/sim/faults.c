/* Names of what goes wrong. */
#include "faults.h"
#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    int wanted;
} kinds[] = {
#define X(name, wanted) {#name, wanted},
    FAULT_KINDS(X)
#undef X
};
static const struct {
    const char *word, *text;
} breakages[] = {{"nothing", ""},
#define X(name, word, text) {word, text},
                 BREAKAGES(X)
#undef X
};

const char *fault_name(enum fault fault)
{
    return kinds[fault].name;
}

bool fault_is_wanted(enum fault fault, bool letters_leave)
{
    return kinds[fault].wanted == 1 || letters_leave;
}

const char *breakage_word(enum breakage breakage)
{
    return breakages[breakage].word;
}

const char *breakage_text(enum breakage breakage)
{
    return breakages[breakage].text;
}

int breakage_of(const char *word)
{
    for (int i = 0; i < BREAKAGES_END; i++)
        if (strcmp(breakages[i].word, word) == 0)
            return i;
    return -1;
}
