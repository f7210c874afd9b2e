/* Looking for the words. */
#include "shell/drill_words.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "model/bundle.h"
#include <string.h>

static const char *const words[] = {"非演练", "不是演练", "非演习", "不是演习", "并非演练"};

static const char *find(const char *text, size_t size, const char **ret_at)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *at = memmem(text, size, words[i], strlen(words[i]));
        if (!at)
            continue;
        *ret_at = at;
        return words[i];
    }
    return NULL;
}

const char *drill_denied(const void *text, size_t size)
{
    const char *at;
    return find(text, size, &at);
}

static struct place place_of(const struct bundle_text *text, const char *at)
{
    struct place place = {text->shown, 1, 1};
    const char *line = text->data;
    for (const char *c = text->data; c < at; c++)
        if (*c == '\n') {
            place.line++;
            line = c + 1;
        }
    place.col = (int)str_chars(line, (size_t)(at - line)) + 1;
    return place;
}

int drill_words_check(const struct bundle *bundle, struct findings *findings)
{
    size_t errors = findings->errors;
    for (size_t i = 0; i < bundle->text_count; i++) {
        const struct bundle_text *text = &bundle->texts[i];
        const char *at;
        const char *word = str_ends(text->name, ".txt") ? find(text->data, text->size, &at) : NULL;
        if (word)
            findings_add(
                findings, SEV_ERROR, "D083", place_of(text, at),
                tr("take the words out, or use another policy for drills",
                   "请删去该用语，或为演练使用另一份预案"),
                tr("a notice that says “%s” is not for drills", "模板写有“%s”，不得用于演练"),
                word);
    }
    return findings->errors > errors ? ERR_INVALID : 0;
}
