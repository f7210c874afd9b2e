/* Looking at a daemon: what is in force, what waits, what was sent.  Written to be read at three in
 * the morning: what needs somebody stands first. */
#include "base/decimal.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cli/ctl.h"
#include "engine/decision_words.h"
#include "engine/plan.h"
#include <stdlib.h>
#include <string.h>

/* Text of others' making; its lines stay lines. */
void ctl_put(const char *text)
{
    char *copy = xstrdup(text), *rest = copy, *line = strsep(&rest, "\n");
    print_harmless(stdout, line);
    while ((line = strsep(&rest, "\n")) != NULL) {
        putchar('\n');
        print_harmless(stdout, line);
    }
    free(copy);
}

void ctl_head(const char *title)
{
    printf("%s%s%s\n", ink(stdout, INK_BOLD), title, ink_end(stdout));
}

const char *ctl_level(const char *level)
{
    static const struct ctl_word words[] = {{"yellow", {"yellow", "黄色"}},
                                            {"orange", {"orange", "橙色"}},
                                            {"red", {"red", "红色"}},
                                            {"blue", {"blue", "蓝色"}}};
    return *level ? ctl_find_word(words, sizeof words / sizeof *words, level) : tr("lift", "解除");
}

static const char *word_of_mode(const char *mode)
{
    if (str_equal(mode, "live"))
        return tr("LIVE", "实战");
    return str_equal(mode, "drill") ? tr("DRILL", "演练")
                                    : tr("shadow: nothing leaves", "影子运行：不对外发送");
}

/* What the plan does to the warning: a lift and a revision look alike otherwise. */
static const char *word_of_kind(const char *kind)
{
    static const struct ctl_word words[] = {
        {"issue", {"issue", "发布"}},      {"raise", {"raise to", "升级为"}},
        {"lower", {"lower to", "降级为"}}, {"lift", {"lift", "解除"}},
        {"reopen", {"reopen", "重启"}},    {"revise", {"revise", "调整"}}};
    return ctl_find_word(words, sizeof words / sizeof *words, kind);
}

static const char *word_of_change(const char *change)
{
    static const struct ctl_word words[] = {{"new", {"new", "新增"}},
                                            {"changed", {"changed", "调整"}},
                                            {"released", {"released", "解除"}}};
    return ctl_find_word(words, sizeof words / sizeof *words, change);
}

static const char *word_of_state(const char *state)
{
    if (str_equal(state, "held"))
        return tr("held", "暂缓");
    return str_equal(state, "first_signed") ? tr("one more signature", "待第二人签发")
                                            : tr("to be signed", "待签发");
}

/* ---- state ----------------------------------------------------------------------- */

static void print_warnings(const json_t *engine)
{
    const json_t *warnings = json_object_get(engine, "warnings");
    json_t *warning;
    size_t i;
    int open = 0;
    ctl_head(tr("Warnings", "在执行的预警"));
    json_array_foreach(warnings, i, warning)
    {
        const char *level = ctl_text(warning, "level");
        if (!*level)
            continue;
        open++;
        printf("  %s%s%s  ", ink(stdout, level_ink(level)), ctl_level(level), ink_end(stdout));
        ctl_put(ctl_text(warning, "title"));
        fputs("  ", stdout);
        ctl_put(ctl_text(warning, "episode"));
        printf("  %s %s  %s\n", tr("from", "生效"), ctl_time(warning, "begin"),
               json_is_true(json_object_get(warning, "under_way"))
                   ? tr("under way", "响应中")
                   : tr("announced", "已发布，未生效"));
    }
    if (open == 0)
        printf("  %s\n", tr("none", "无"));
}

static void print_name(const char *before, const char *name)
{
    fputs(before, stdout);
    ctl_put(name);
}

/* Who must sign, who has, until when it rests; ends the line. */
static void print_people(const json_t *proposal)
{
    bool signed_once = *ctl_text(proposal, "signed_by");
    if (json_is_true(json_object_get(proposal, "by_hand")))
        fputs(tr("  by hand", "  人工发起"), stdout);
    if (str_equal(ctl_text(proposal, "approve"), "two"))
        fputs(tr("  two must sign", "  须两人签发"), stdout);
    if (signed_once) {
        print_name(tr("  signed by ", "  已签发："), ctl_text(proposal, "signed_by"));
        fputs(tr(", one more is missing", "，尚缺一人"), stdout);
    }
    if (*ctl_text(proposal, "held_by")) {
        print_name(tr("  held by ", "  暂缓人："), ctl_text(proposal, "held_by"));
        printf(tr(" until %s", "，暂缓至 %s"), ctl_time(proposal, "until"));
        if (signed_once)
            fputs(tr(" (the signature stands, during the hold and after it)",
                     "（已有签发在暂缓期间及期满后均有效）"),
                  stdout);
    }
    if (json_is_true(json_object_get(proposal, "oversize")))
        fputs(tr("  UNUSUALLY LARGE", "  ！规模异常"), stdout);
    putchar('\n');
}

static void print_proposals(const json_t *proposals)
{
    json_t *proposal;
    size_t i;
    ctl_head(tr("Waiting for a signature", "待签发的方案"));
    if (json_array_size(proposals) == 0)
        printf("  %s\n", tr("none", "无"));
    json_array_foreach(proposals, i, proposal)
    {
        const char *level = ctl_text(proposal, "level");
        const json_t *counts = json_object_get(proposal, "counts");
        printf("  %.12s  %s%s%s%s  ", ctl_text(proposal, "hash"), ink(stdout, level_ink(level)),
               word_of_kind(ctl_text(proposal, "kind")), *level ? tr(" ", "") : "",
               *level ? ctl_level(level) : "");
        fputs(ink_end(stdout), stdout);
        ctl_put(ctl_text(proposal, "title"));
        printf(tr("  %lld orders  %s  since %s", "  指令 %lld 条  %s  自 %s"),
               (long long)ctl_int(counts, "orders"), word_of_state(ctl_text(proposal, "state")),
               ctl_time(proposal, "made"));
        print_people(proposal);
    }
}

static void print_outbox(const json_t *outbox)
{
    static const struct table_column columns[] = {
        {{"gateway", "网关"}, false},    {{"waiting", "待发"}, true}, {{"sending", "发送中"}, true},
        {{"delivered", "已送达"}, true}, {{"dead", "未送达"}, true},  {{"shadow", "影子"}, true}};
    static const char *const states[] = {"waiting", "sending", "delivered", "dead", "shadow"};
    const char *gateway;
    json_t *counts;
    struct table *table = table_new(columns, 6);
    json_object_foreach((json_t *)(uintptr_t)outbox, gateway, counts)
    {
        table_cell(table, INK_NONE, "%s", *gateway ? gateway : tr("(no way)", "（无渠道）"));
        for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
            int64_t count = ctl_int(counts, states[i]);
            table_cell(table, i == 3 && count > 0 ? INK_RED : INK_NONE, "%lld", (long long)count);
        }
    }
    ctl_head(tr("Letters", "信件"));
    if (table_rows(table) > 0)
        table_print(stdout, table, 2);
    else
        printf("  %s\n", tr("none", "无"));
    table_free(table);
}

static void print_paused(const json_t *object)
{
    if (!*ctl_text(object, "paused"))
        return;
    printf("%s!! %s%s ", ink(stdout, INK_RED), tr("DISPATCH IS PAUSED", "指令发送已暂停"),
           ink_end(stdout));
    ctl_put(ctl_text(object, "paused"));
    putchar('\n');
}

static void print_trouble(const json_t *health, const char *key, bool when, struct text words)
{
    const json_t *value = json_object_get(health, key);
    if (json_is_boolean(value) && json_is_true(value) == when)
        printf("%s!! %s%s\n", ink(stdout, INK_RED), text_of(words), ink_end(stdout));
}

static void print_troubles(const json_t *status)
{
    const json_t *health = json_object_get(status, "health");
    print_paused(status);
    print_trouble(health, "ready", false,
                  (struct text){"NOT READY: see the log", "系统未就绪，详见日志"});
    print_trouble(health, "room", false,
                  (struct text){"THE DISK IS FULL: nothing new is taken",
                                "磁盘空间不足，不再接收新数据和操作，请腾出空间"});
    print_trouble(health, "store_writable", false,
                  (struct text){"THE STORE CANNOT BE WRITTEN", "存储无法写入"});
    print_trouble(health, "clock", false,
                  (struct text){"THE CLOCK IS WRONG", "系统时钟有误，请核对对时"});
    print_trouble(health, "policy_fallback", true,
                  (struct text){"THE POLICY FOLDER IS BROKEN: the former policy goes on",
                                "政策包文件夹有误，仍执行原有预案版本"});
}

int ctl_status(struct ctl *ctl)
{
    json_t *status;
    int exit_code = ctl_get(ctl, &status, "status");
    if (exit_code != EXIT_OK)
        return exit_code;
    if (ctl->json) {
        ctl_print_json(status);
    } else {
        printf("%s%s%s  ", ink(stdout, INK_BOLD), word_of_mode(ctl_text(status, "mode")),
               ink_end(stdout));
        ctl_put(ctl_text(status, "authority"));
        printf("  %s  %s %.12s\n", ctl_time(status, "clock"), tr("policy", "预案版本"),
               ctl_text(status, "policy"));
        print_troubles(status);
        print_proposals(json_object_get(status, "proposals"));
        print_warnings(json_object_get(status, "engine"));
        print_outbox(json_object_get(status, "outbox"));
        printf(tr("  not yet acknowledged: %lld, %lld of them overdue\n",
                  "  未签收：%lld，其中逾期 %lld\n"),
               (long long)ctl_int(status, "unacknowledged"), (long long)ctl_int(status, "overdue"));
    }
    json_decref(status);
    return EXIT_OK;
}

int ctl_proposals(struct ctl *ctl)
{
    json_t *answer;
    int exit_code = ctl_get(ctl, &answer, "proposals");
    if (exit_code != EXIT_OK)
        return exit_code;
    if (ctl->json)
        ctl_print_json(answer);
    else
        print_proposals(json_object_get(answer, "proposals"));
    json_decref(answer);
    return EXIT_OK;
}

/* ---- one plan ---------------------------------------------------------------------- */

static micro figure(const json_t *share, const char *key)
{
    micro value = 0;
    (void)micro_of_double(json_number_value(json_object_get(share, key)), &value);
    return value;
}

/* Who signs reads the figure that the notice gives the public. */
void ctl_put_share(struct buf *line, const char *name, const json_t *json)
{
    struct share share = {.cut = figure(json, "cut"), .total = figure(json, "total")};
    struct buf cut = {0}, total = {0}, percent = {0};
    micro_print(&cut, share.cut);
    micro_print(&total, share.total);
    share_print(&percent, &share);
    buf_printf(line,
               tr("  %-5s cut %s of %s t/d (%s%%), required %lld%%\n",
                  "  %-5s 减排 %s / %s 吨/日（%s%%），要求 %lld%%\n"),
               name, buf_str(&cut), buf_str(&total), buf_str(&percent),
               (long long)ctl_int(json, "required_percent"));
    buf_release(&cut);
    buf_release(&total);
    buf_release(&percent);
}

static void print_shares(const json_t *shares)
{
    const char *name;
    json_t *share;
    struct buf lines = {0};
    json_object_foreach((json_t *)(uintptr_t)shares, name, share)
        ctl_put_share(&lines, name, share);
    fputs(buf_str(&lines), stdout);
    buf_release(&lines);
}

static void print_gateways(const json_t *plan)
{
    const json_t *gateways = json_object_get(plan, "gateways");
    json_t *gateway;
    size_t i;
    json_array_foreach(gateways, i, gateway)
    {
        const json_t *eta = json_object_get(gateway, "eta_seconds");
        if (ctl_int(gateway, "letters") == 0)
            continue;
        fputs("  ", stdout);
        ctl_put(ctl_text(gateway, "gateway"));
        printf(tr(": %lld letters, %lld before them", "：%lld 封，前面另有 %lld 封"),
               (long long)ctl_int(gateway, "letters"), (long long)ctl_int(gateway, "before"));
        if (json_is_integer(eta))
            printf(tr(", done in about %lld s", "，约 %lld 秒发完"),
                   (long long)json_integer_value(eta));
        putchar('\n');
    }
    if (ctl_int(plan, "unreachable") > 0)
        printf(tr("  %s%lld recipients have no address%s\n", "  %s%lld 家无可用地址%s\n"),
               ink(stdout, INK_RED), (long long)ctl_int(plan, "unreachable"), ink_end(stdout));
}

static void print_orders(const json_t *plan)
{
    const json_t *orders = json_object_get(plan, "orders");
    json_t *order;
    size_t i;
    json_array_foreach(orders, i, order)
    {
        printf("\n%s", ink(stdout, INK_BOLD));
        ctl_put(ctl_text(order, "to"));
        putchar(' ');
        ctl_put(ctl_text(order, "name"));
        printf("%s  %s\n", ink_end(stdout), word_of_change(ctl_text(order, "change")));
        ctl_put(ctl_text(order, "text"));
        putchar('\n');
    }
    int64_t total = ctl_int(plan, "total"), shown = (int64_t)json_array_size(orders);
    if (shown < total)
        printf(tr("\n(%lld of %lld orders; -o json has all)\n",
                  "\n（共 %2$lld 条，显示 %1$lld 条；-o json 可取全部）\n"),
               (long long)shown, (long long)total);
}

static void print_reasons(const json_t *reasons)
{
    json_t *reason;
    size_t i;
    json_array_foreach(reasons, i, reason)
    {
        struct buf words = {0};
        words_because(&words, json_string_value(reason));
        fputs("  ", stdout);
        ctl_put(buf_str(&words));
        putchar('\n');
        buf_release(&words);
    }
}

static void print_plan(const json_t *plan)
{
    const json_t *proposal = json_object_get(plan, "proposal");
    json_t *list = json_pack("[O]", proposal);
    printf("%s %s\n", tr("plan", "方案号"), ctl_text(proposal, "hash"));
    print_proposals(list);
    printf("%s\n", tr("because", "依据"));
    print_reasons(json_object_get(proposal, "because"));
    ctl_head(tr("Shares reached", "减排比例"));
    print_shares(json_object_get(proposal, "shares"));
    ctl_head(tr("By", "发送渠道"));
    print_gateways(plan);
    ctl_head(tr("Orders", "指令"));
    print_orders(plan);
    json_decref(list);
}

int ctl_show(struct ctl *ctl)
{
    const char *hash;
    json_t *plan;
    if (!ctl_operand(ctl, 0, (struct text){"a plan's hash", "方案号"}, &hash))
        return EXIT_MISUSE;
    char *segment = ctl_segment(hash);
    int exit_code = ctl_get(ctl, &plan, "proposals/%s?max=%d", segment, ctl->json ? 20000 : 20);
    free(segment);
    if (exit_code != EXIT_OK)
        return exit_code;
    if (ctl->json)
        ctl_print_json(plan);
    else
        print_plan(plan);
    json_decref(plan);
    return EXIT_OK;
}

/* ---- the shift ------------------------------------------------------------------------- */

/* What people did about the daemon itself. */
static void print_acts(const json_t *acts)
{
    json_t *row;
    size_t i;
    ctl_head(tr("What was done", "本班操作"));
    if (json_array_size(acts) == 0)
        printf("  %s\n", tr("nothing", "无"));
    json_array_foreach(acts, i, row)
    {
        printf("  %s  ", ctl_time(row, "at"));
        ctl_put(ctl_text(row, "words"));
        if (*ctl_text(row, "by"))
            print_name(tr("  by ", "  操作人："), ctl_text(row, "by"));
        if (*ctl_text(row, "note"))
            print_name(tr(": ", "，事由："), ctl_text(row, "note"));
        putchar('\n');
    }
}

static void print_refused(const json_t *refused)
{
    json_t *row;
    size_t i;
    if (json_array_size(refused) == 0)
        return;
    ctl_head(tr("Orders that cannot be obeyed", "无法执行的指令"));
    json_array_foreach(refused, i, row)
    {
        printf("  %s  ", ctl_time(row, "at"));
        ctl_put(*ctl_text(row, "name") ? ctl_text(row, "name") : ctl_text(row, "to"));
        printf("  %.12s", ctl_text(row, "letter"));
        print_name(tr(": ", "："), ctl_text(row, "reason"));
        if (*ctl_text(row, "by"))
            print_name(tr("  entered by ", "  录入人："), ctl_text(row, "by"));
        putchar('\n');
    }
}

static void print_suspended(const json_t *suspended)
{
    json_t *row;
    size_t i;
    if (json_array_size(suspended) == 0)
        return;
    ctl_head(tr("Suspended addresses: resume-dispatch GATEWAY/ADDRESS uses one again",
                "停用的地址，resume-dispatch 网关/地址 可恢复"));
    json_array_foreach(suspended, i, row)
    {
        fputs("  ", stdout);
        ctl_put(ctl_text(row, "address"));
        fputs("  ", stdout);
        ctl_put(ctl_text(row, "why"));
        putchar('\n');
    }
}

static void print_anchor(const json_t *anchor)
{
    if (json_is_object(anchor))
        printf(tr("Anchor of the journal, to be kept elsewhere: %s, fact %lld, %s\n",
                  "日志锚点，请另行留存：%s 第 %lld 条 %s\n"),
               ctl_text(anchor, "day"), (long long)ctl_int(anchor, "seq"),
               ctl_text(anchor, "chain"));
}

static void print_numbers(const json_t *answer)
{
    printf(tr("not acknowledged %lld (overdue %lld), refused %lld, undelivered %lld, to be sent "
              "%lld\n",
              "未签收 %lld（逾期 %lld），无法执行 %lld，未送达 %lld，待发 %lld\n"),
           (long long)ctl_int(answer, "unacknowledged_total"),
           (long long)ctl_int(answer, "overdue_total"), (long long)ctl_int(answer, "refused_total"),
           (long long)ctl_int(answer, "dead_total"), (long long)ctl_int(answer, "waiting_total"));
}

/* The page goes to a file or a printer as it is. */
int ctl_hand_over(struct ctl *ctl)
{
    json_t *answer, *row;
    size_t i;
    char query[1024];
    if (!ctl_query(ctl, query))
        return EXIT_MISUSE;
    const char *form = strstr(query, "form=");
    if (form && !str_starts(form, "form=html"))
        return verb_misuse(&verb_ctl, "form=html", "%s",
                           tr("the only other form is html", "其他格式仅有 html"));
    if (form) {
        char *path = xasprintf("hand-over?%s", query);
        int printed = ctl_print(ctl, path);
        free(path);
        return printed;
    }
    int exit_code = ctl_get_rows(ctl, "hand-over", &answer);
    if (exit_code != EXIT_OK || !answer)
        return exit_code;
    printf("%s  %s – %s  %s\n", tr("Shift hand-over", "值班交接"), ctl_time(answer, "from"),
           ctl_time(answer, "to"), word_of_mode(ctl_text(answer, "mode")));
    print_paused(answer);
    print_proposals(json_object_get(answer, "proposals"));
    print_warnings(json_object_get(answer, "engine"));
    print_numbers(answer);
    print_refused(json_object_get(answer, "refused"));
    print_suspended(json_object_get(answer, "suspended"));
    print_acts(json_object_get(answer, "acts"));
    ctl_head(tr("What happened", "本班事件"));
    if (json_array_size(json_object_get(answer, "events")) == 0)
        printf("  %s\n", tr("none", "无"));
    json_array_foreach(json_object_get(answer, "events"), i, row)
    {
        printf("  %s  ", ctl_time(row, "at"));
        ctl_put(ctl_text(row, "kind_words"));
        if (*ctl_text(row, "level") && !str_equal(ctl_text(row, "kind"), "act"))
            printf(" %s", ctl_level(ctl_text(row, "level")));
        fputs("  ", stdout);
        ctl_put(ctl_text(row, "words"));
        putchar('\n');
    }
    print_anchor(json_object_get(answer, "anchor"));
    json_decref(answer);
    return EXIT_OK;
}
