/* Any bytes as a rule script: it must be refused or accepted in bounded time and memory, every
 * finding must have a line, and a second look must find the same. */
#include "base/err.h"
#include "base/str.h"
#include "engine/rule.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        __builtin_trap();
}

static void check_places(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        check(findings->items[i].line > 0);
        check(str_equal(findings->items[i].file, "fuzz.lua"));
        size_t length = strlen(findings->items[i].message);
        check(length > 0);
    }
}

static void check_same(const struct findings *a, const struct findings *b)
{
    check(a->count == b->count && a->errors == b->errors);
    for (size_t i = 0; i < a->count; i++) {
        check(a->items[i].line == b->items[i].line);
        check(str_equal(a->items[i].message, b->items[i].message));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct findings first = {0}, second = {0};
    int err = script_check("fuzz.lua", (const char *)data, size, &first);
    check((err < 0) == (first.errors > 0));
    check_places(&first);
    check(script_check("fuzz.lua", (const char *)data, size, &second) == err);
    check_same(&first, &second);
    findings_release(&first);
    findings_release(&second);
    return 0;
}
