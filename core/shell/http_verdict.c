/* Small answers, read once. */
#include "shell/http_verdict.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/str.h"
#include "shell/http_gateway.h"
#include "shell/status.h"
#include "shell/transfer.h"
#include <stdlib.h>
#include <string.h>

enum { STEP_BYTES_MAX = 128 };

/* One step of a pointer (RFC 6901), with ~1 and ~0 resolved; the rest of the pointer. */
static const char *next_step(const char *pointer, char step[STEP_BYTES_MAX])
{
    size_t size = 0;
    for (pointer++; *pointer && *pointer != '/'; pointer++) {
        char c = *pointer;
        if (c == '~' && (pointer[1] == '0' || pointer[1] == '1'))
            c = *++pointer == '1' ? '/' : '~';
        if (size + 1 < STEP_BYTES_MAX)
            step[size++] = c;
    }
    step[size] = 0;
    return pointer;
}

static const json_t *find(const json_t *value, const char *pointer)
{
    char step[STEP_BYTES_MAX];
    while (value && *pointer == '/') {
        pointer = next_step(pointer, step);
        if (json_is_array(value))
            value = *step && strspn(step, "0123456789") == strlen(step)
                        ? json_array_get(value, strtoul(step, NULL, 10))
                        : NULL;
        else
            value = json_object_get(value, step);
    }
    return value;
}

/* A scalar as text. */
static bool print(struct buf *text, const json_t *value)
{
    if (json_is_string(value))
        buf_puts(text, json_string_value(value));
    else if (json_is_integer(value))
        buf_printf(text, "%lld", (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        buf_puts(text, json_is_true(value) ? "true" : "false");
    else
        return false;
    return true;
}

static bool find_code(const struct http_success *success, const json_t *root, struct buf *code)
{
    for (int i = 0; i < success->at_count; i++)
        if (print(code, find(root, success->at[i])))
            return true;
    return false;
}

static bool is_listed(const struct http_success *success, const char *code)
{
    for (int i = 0; i < success->retry_count; i++)
        if (str_equal(success->retry[i], code))
            return true;
    return false;
}

static bool has_status(const struct http_success *success, long status)
{
    for (int i = 0; i < success->status_count; i++)
        if (success->statuses[i] == status)
            return true;
    return success->status_count == 0;
}

static enum outcome by_code(const struct http_success *success, const char *code, bool known,
                            const struct transfer_answer *answer, struct buf *trouble)
{
    if (known && str_equal(code, success->equals))
        return OUTCOME_DELIVERED;
    if (!known)
        buf_puts(trouble, tr("the gateway's answer cannot be understood", "无法理解网关的应答"));
    else
        buf_printf(trouble, tr("the gateway says %s", "网关返回 %s"), code);
    status_show(trouble, answer);
    return !known || is_listed(success, code) ? OUTCOME_RETRY : OUTCOME_REFUSED;
}

enum outcome http_verdict(const struct http_success *success, const struct transfer_answer *answer,
                          struct buf *ret_trouble, struct buf *ret_id)
{
    enum outcome outcome = status_outcome(answer, ret_trouble);
    struct findings findings = {0};
    struct buf code = {0};
    if (outcome == OUTCOME_DELIVERED && !has_status(success, answer->status)) {
        buf_printf(ret_trouble, tr("the server answered %ld", "对方返回 %ld"), answer->status);
        return OUTCOME_REFUSED;
    }
    json_t *root = success->at_count > 0 && !answer->trouble
                       ? json_read(answer->body, answer->size, "answer", 1, &findings)
                       : NULL;
    bool known = find_code(success, root, &code);
    if (outcome == OUTCOME_DELIVERED && success->at_count > 0)
        outcome = by_code(success, buf_str(&code), known, answer, ret_trouble);
    else if (outcome == OUTCOME_REFUSED && known && is_listed(success, buf_str(&code)))
        outcome = OUTCOME_RETRY; /* a 400 that says "too fast" */
    if (outcome == OUTCOME_DELIVERED && success->id)
        print(ret_id, find(root, success->id));
    json_decref(root);
    findings_release(&findings);
    buf_release(&code);
    return outcome;
}
