/* What `yujing why` says, as text and as JSON. */
#include "cli/why_print.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/lang.h"
#include "cli/output.h"
#include "cli/reasons.h"
#include "cli/words.h"
#include "model/policy.h"
#include <stdio.h>
#include <string.h>

/* ---- text
 * ----------------------------------------------------------------------------------------------------------
 */

static void label(const char *text)
{
    printf("    %s", ink(stdout, INK_DIM));
    print_padded(stdout, text, 12);
    fputs(ink_end(stdout), stdout);
}

static void print_head(const struct policy *policy, instant_ms at, enum decision_kind kind,
                       const char *from, const char *level)
{
    struct buf when = {0};
    words_when(&when, at, policy->zone);
    printf("%s%s%s  %s", ink(stdout, INK_BOLD), buf_str(&when), ink_end(stdout), words_kind(kind));
    if (from || level)
        printf("  %s%s%s → %s%s%s", ink(stdout, level_ink(from)), words_level(policy, from),
               ink_end(stdout), ink(stdout, level_ink(level)), words_level(policy, level),
               ink_end(stdout));
    putchar('\n');
    buf_release(&when);
}

static void print_because(const char *const *because, int count)
{
    for (int i = 0; i < count; i++) {
        struct buf words = {0};
        words_because(&words, because[i]);
        label(i == 0 ? tr("because", "依据") : "");
        printf("%s\n", buf_str(&words));
        buf_release(&words);
    }
}

static void print_plan(const struct passage *passage)
{
    label(tr("plan", "方案"));
    printf("%s\n", passage->plan);
    label("");
    printf(tr("%zu bound; orders: %zu new, %zu changed, %zu released\n",
              "执行 %zu 家；指令：新增 %zu，变更 %zu，解除 %zu\n"),
           passage->bound, passage->orders_new, passage->orders_changed, passage->orders_released);
    if (passage->level && shares_known(passage->shares)) {
        label(tr("shares", "减排比例"));
        print_shares(stdout, passage->shares);
    }
}

static void print_passage(const struct policy *policy, const struct passage *passage)
{
    print_head(policy, passage->at, passage->kind, passage->from, passage->level);
    label(tr("episode", "过程"));
    printf("%s\n", passage->episode);
    if (passage->begin != INSTANT_NONE && passage->level) {
        struct buf begin = {0};
        bool ahead = passage->begin >= passage->at;
        words_when(&begin, ahead ? passage->begin : passage->at, policy->zone);
        if (!ahead) {
            buf_puts(&begin, tr(" (at once; the warning began ", "（即时；预警自"));
            words_when(&begin, passage->begin, policy->zone);
            buf_puts(&begin, tr(")", "起）"));
        }
        label(tr("in force", "生效"));
        printf("%s\n", buf_str(&begin));
        buf_release(&begin);
    }
    print_because(passage->because, passage->because_count);
    reasons_print(stdout, passage->trace, policy->zone);
    if (passage->planned)
        print_plan(passage);
    putchar('\n');
}

static void print_indented(const char *text)
{
    while (*text) {
        size_t size = strcspn(text, "\n");
        printf("      %.*s\n", (int)size, text);
        text += size + (text[size] == '\n');
    }
}

static void print_match(const struct inquiry *inquiry, const struct policy *policy,
                        const struct matched *match)
{
    print_head(policy, match->at, match->kind, NULL, NULL);
    label(tr("id", "编号"));
    printf("%s\n", match->id ? match->id : "");
    if (match->to) {
        label(tr("to", "对象"));
        printf("%s  %s\n", match->to, words_recipient(policy, match->to));
    }
    print_because(match->because, match->because_count);
    reasons_print(stdout, match->trace, policy->zone);
    if (match->text) {
        printf("    %s%s%s\n", ink(stdout, INK_DIM), tr("text", "内容"), ink_end(stdout));
        print_indented(match->text);
    }
    putchar('\n');
    if (match->passage > 0)
        print_passage(policy, &inquiry->chronicle.passages[match->passage - 1]);
}

void why_print_text(const struct inquiry *inquiry, const struct policy *policy,
                    const struct answer *answer)
{
    if (answer->passage)
        print_passage(policy, answer->passage);
    for (size_t i = 0; answer->episode && i < answer->episode->count; i++)
        print_passage(policy, &inquiry->chronicle.passages[answer->episode->passages[i]]);
    for (size_t i = 0; answer->matches && i < inquiry->count; i++)
        print_match(inquiry, policy, &inquiry->matches[i]);
}

/* ---- JSON
 * -------------------------------------------------------------------------------------------- */

static void write_common(struct json_writer *writer, const struct policy *policy, instant_ms at,
                         enum decision_kind kind, const char *const *because, int because_count,
                         const char *trace)
{
    jw_key(writer, "at");
    jw_instant(writer, at, policy->zone);
    jw_key(writer, "kind");
    jw_text(writer, decision_kind_name(kind));
    jw_key(writer, "because");
    jw_begin(writer, '[');
    for (int i = 0; i < because_count; i++)
        jw_text(writer, because[i]);
    jw_end(writer, ']');
    jw_key(writer, "trace");
    if (trace)
        jw_raw(writer, trace);
    else
        jw_null(writer);
}

static void write_passage(struct json_writer *writer, const struct policy *policy,
                          const struct passage *passage)
{
    jw_begin(writer, '{');
    jw_key(writer, "episode");
    jw_text(writer, passage->episode);
    jw_key(writer, "rule");
    jw_text(writer, passage->rule);
    jw_key(writer, "level");
    jw_text(writer, passage->level);
    jw_key(writer, "from");
    jw_text(writer, passage->from);
    jw_key(writer, "begin");
    if (passage->begin == INSTANT_NONE)
        jw_null(writer);
    else
        jw_instant(writer, passage->begin, policy->zone);
    jw_key(writer, "plan");
    jw_text(writer, passage->planned ? passage->plan : NULL);
    write_common(writer, policy, passage->at, passage->kind, passage->because,
                 passage->because_count, passage->trace);
    jw_end(writer, '}');
}

static void write_match(struct json_writer *writer, const struct policy *policy,
                        const struct matched *match)
{
    jw_begin(writer, '{');
    jw_key(writer, "id");
    jw_text(writer, match->id);
    jw_key(writer, "episode");
    jw_text(writer, match->episode);
    jw_key(writer, "rule");
    jw_text(writer, match->rule);
    jw_key(writer, "to");
    jw_text(writer, match->to);
    jw_key(writer, "measures");
    if (match->measures)
        jw_raw(writer, match->measures);
    else
        jw_null(writer);
    jw_key(writer, "text");
    jw_text(writer, match->text);
    write_common(writer, policy, match->at, match->kind, match->because, match->because_count,
                 match->trace);
    jw_end(writer, '}');
}

static void write_answer(struct json_writer *writer, const struct inquiry *inquiry,
                         const struct policy *policy, const struct answer *answer)
{
    const struct passage *passages = inquiry->chronicle.passages;
    if (answer->passage)
        write_passage(writer, policy, answer->passage);
    for (size_t i = 0; answer->episode && i < answer->episode->count; i++)
        write_passage(writer, policy, &passages[answer->episode->passages[i]]);
    for (size_t i = 0; answer->matches && i < inquiry->count; i++) {
        write_match(writer, policy, &inquiry->matches[i]);
        if (inquiry->matches[i].passage > 0)
            write_passage(writer, policy, &passages[inquiry->matches[i].passage - 1]);
    }
}

void why_print_json(const struct inquiry *inquiry, const struct policy *policy,
                    const struct answer *answer)
{
    struct buf buf = {0};
    struct json_writer writer = {.buf = &buf};
    jw_begin(&writer, '{');
    jw_key(&writer, "schema_version");
    jw_int(&writer, 1);
    jw_key(&writer, "id");
    jw_text(&writer, inquiry->id);
    jw_key(&writer, "decisions");
    jw_begin(&writer, '[');
    write_answer(&writer, inquiry, policy, answer);
    jw_end(&writer, ']');
    jw_end(&writer, '}');
    printf("%s\n", buf_str(&buf));
    buf_release(&buf);
}
