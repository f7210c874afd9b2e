/* The loop around a filter's answers, and what their questions have in common. */
#include "cli/filter.h"
#include "base/err.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "cli/cmd.h"
#include "cli/lines.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int filter_run(const struct verb *verb, filter_answer *answer, void *arg)
{
    struct lines lines = {0};
    struct buf out = {0};
    const char *text;
    size_t size;
    enum line_answer line;
    while ((line = lines_next(&lines, &text, &size)) != LINE_NONE) {
        buf_clear(&out);
        if (line == LINE_TOO_LONG)
            filter_refuse(&out, tr("the line is too long", "该行过长"));
        else
            answer(arg, text, size, &out);
        buf_putc(&out, '\n');
        fwrite(out.data, 1, out.size, stdout);
        if (ferror(stdout))
            break; /* main says so */
    }
    int error = lines.error;
    lines_release(&lines);
    buf_release(&out);
    if (error == 0)
        return EXIT_OK;
    verb_complain(verb, tr("cannot read standard input: %s", "无法读取标准输入：%s"),
                  strerror(error));
    return EXIT_MISUSE;
}

void filter_refuse(struct buf *out, const char *problem)
{
    struct json_writer json = {.buf = out};
    jw_begin(&json, '{');
    jw_key(&json, "error");
    jw_text(&json, problem);
    jw_end(&json, '}');
}

json_t *filter_object(const char *text, size_t size, struct buf *out)
{
    struct findings findings = {0};
    json_t *object = json_read(text, size, "-", 1, &findings);
    if (!object) {
        filter_refuse(out, findings.items[0].message);
    } else if (!json_is_object(object)) {
        filter_refuse(out, tr("a line must be one JSON object", "每行应为一个 JSON 对象"));
        json_decref(object);
        object = NULL;
    }
    findings_release(&findings);
    return object;
}

const char *filter_text(const json_t *object, const char *key, struct buf *out)
{
    const char *text = json_string_value(json_object_get(object, key));
    if (text)
        return text;
    char *problem = xasprintf(tr("`%s` must be given, as text", "应给出文字 `%s`"), key);
    filter_refuse(out, problem);
    free(problem);
    return NULL;
}
