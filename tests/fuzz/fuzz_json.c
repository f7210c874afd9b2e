/* Any bytes as JSON; what is accepted must have a canonical form that is its own canonical form. */
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct findings findings = {0};
    struct buf once = {0}, twice = {0};
    json_t *value = json_read((const char *)data, size, "fuzz", 1, &findings);
    if (value) {
        json_canonical(&once, value);
        json_t *again = json_read(once.data, once.size, "fuzz", 1, &findings);
        if (!again)
            __builtin_trap();
        json_canonical(&twice, again);
        if (strcmp(buf_str(&once), buf_str(&twice)) != 0)
            __builtin_trap();
        json_decref(again);
    } else if (findings.count != 1) {
        __builtin_trap();
    }
    json_decref(value);
    buf_release(&once);
    buf_release(&twice);
    findings_release(&findings);
    return 0;
}
