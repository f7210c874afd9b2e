/* The vocabulary has three homes: the engine, scripts/meta.lua for editors, scripts/README.md for
 * people.  They must name the same words. */
#include "base/str.h"
#include "engine/sandbox.h"
#include "engine/script_case.h"
#include "engine/words.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_line(const char *text, const char *format, const char *word)
{
    char line[100];
    snprintf(line, sizeof line, format, word);
    return strstr(text, line) != NULL;
}

static bool is_plain_lua(const char *word)
{
    static const char *const plain[] = {"assert",   "error",    "ipairs", "math",
                                        "pairs",    "select",   "string", "table",
                                        "tonumber", "tostring", "type",   "utf8"};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (str_equal(plain[i], word))
            return true;
    }
    return false;
}

static struct sandbox *furnished(void)
{
    struct sandbox *box = sandbox_new(&sandbox_limits_default);
    words_load(box, NULL);
    return box;
}

Test(script_words, editors_and_people_are_told_of_every_word)
{
    size_t count, size;
    char *meta = script_case_read("scripts/meta.lua", &size);
    char *readme = script_case_read("scripts/README.md", &size);
    struct sandbox *box = furnished();
    const char *const *words = sandbox_words(box, &count);
    for (size_t i = 0; i < count; i++) {
        cr_expect(is_plain_lua(words[i]) || has_line(meta, "\nfunction %s(", words[i]) ||
                      has_line(meta, "\n%s = nil", words[i]),
                  "scripts/meta.lua does not know '%s'", words[i]);
        cr_expect(has_line(readme, "`%s`", words[i]), "scripts/README.md does not know '%s'",
                  words[i]);
    }
    sandbox_free(box);
    free(meta);
    free(readme);
}

Test(script_words, editors_are_told_of_no_other_word)
{
    size_t size, count;
    char *meta = script_case_read("scripts/meta.lua", &size);
    struct sandbox *box = furnished();
    const char *const *words = sandbox_words(box, &count);
    for (const char *at = meta; (at = strstr(at, "\nfunction ")) != NULL;) {
        at += strlen("\nfunction ");
        char *word = strndup(at, strspn(at, "abcdefghijklmnopqrstuvwxyz_0123456789"));
        bool known = strcspn(at, ".:") < strcspn(at, "(");
        for (size_t i = 0; i < count; i++)
            known = known || str_equal(words[i], word);
        cr_expect(known, "scripts/meta.lua invents '%s'", word);
        free(word);
    }
    sandbox_free(box);
    free(meta);
}

/* Every code the engine can give is explained, and none is explained that it cannot. */
Test(script_words, every_code_is_explained)
{
    size_t size;
    char *codes = script_case_read("core/engine/codes.h", &size);
    char *readme = script_case_read("scripts/README.md", &size);
    int count = 0;
    for (const char *at = codes; (at = strstr(at, " \"")) != NULL; count++) {
        char code[5] = "";
        memcpy(code, at + 2, 4);
        cr_expect(has_line(readme, "| %s |", code), "scripts/README.md does not explain %s", code);
        at += 2;
    }
    cr_expect(count > 40);
    free(codes);
    free(readme);
}

/* The keys the compiler accepts, asked by giving it a wrong one: the hint lists them. */
static void expect_fields(const char *meta, const char *script)
{
    struct script_case script_case = script_case_new(script);
    const struct finding *found = NULL;
    for (size_t i = 0; i < script_case.findings.count; i++) {
        if (strstr(script_case.findings.items[i].message, "zzzzzz"))
            found = &script_case.findings.items[i];
    }
    cr_assert(found && found->hint, "%s", script_case_findings(&script_case.findings));
    char *list = strdup(strchr(found->hint, ':') + 1), *rest = list;
    for (char *word = strtok_r(list, ", ", &rest); word; word = strtok_r(NULL, ", ", &rest))
        cr_expect(has_line(meta, "---@field %s", word), "scripts/meta.lua has no field '%s'", word);
    free(list);
    script_case_release(&script_case);
}

Test(script_words, editors_are_told_of_every_key)
{
    size_t size;
    char *meta = script_case_read("scripts/meta.lua", &size);
    expect_fields(meta, "return warning \"w\" { zzzzzz = 1 }");
    expect_fields(meta, "return watch \"w\" { zzzzzz = 1 }");
    expect_fields(meta, "return rota \"w\" { zzzzzz = 1 }");
    expect_fields(meta, "return watch \"w\" { per = stations {}, when = { zzzzzz = 1 } }");
    expect_fields(meta, "return watch \"w\" { per = stations {}, steps = { { zzzzzz = 1 } } }");
    expect_fields(meta, "return warning \"w\" { levels = { { \"yellow\", zzzzzz = 1 } } }");
    free(meta);
}
