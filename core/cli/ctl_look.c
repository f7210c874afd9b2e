/* Looking at a daemon: what is in force, what waits, what was sent.  Written to be read at three in
 * the morning: what needs somebody stands first. */
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cli/ctl.h"
#include "engine/decision_words.h"
#include <stdlib.h>
#include <string.h>

/* Text of others' making; its lines stay lines. */
static void put(const char *text)
{
    char *copy = xstrdup(text), *rest = copy, *line = strsep(&rest, "\n");
    print_harmless(stdout, line);
    while ((line = strsep(&rest, "\n")) != NULL) {
        putchar('\n');
        print_harmless(stdout, line);
    }
    free(copy);
}

static void head(const char *title)
{
    printf("%s%s%s\n", ink(stdout, INK_BOLD), title, ink_end(stdout));
}

const char *ctl_level(const char *level)
{
    static const struct {
        const char *name;
        struct text text;
    } words[] = {{"yellow", {"yellow", "黄色"}},
                 {"orange", {"orange", "橙色"}},
                 {"red", {"red", "红色"}},
                 {"blue", {"blue", "蓝色"}}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_equal(words[i].name, level))
            return text_of(words[i].text);
    return *level ? level : tr("lift", "解除");
}

static const char *word_of_mode(const char *mode)
{
    if (str_equal(mode, "live"))
        return tr("LIVE", "实战");
    return str_equal(mode, "drill") ? tr("DRILL", "演练")
                                    : tr("shadow: nothing leaves", "影子运行：不对外发送");
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
    head(tr("Warnings", "在执行的预警"));
    json_array_foreach(warnings, i, warning)
    {
        const char *level = ctl_text(warning, "level");
        if (!*level)
            continue;
        open++;
        printf("  %s%s%s  ", ink(stdout, level_ink(level)), ctl_level(level), ink_end(stdout));
        put(ctl_text(warning, "episode"));
        printf("  %s %s  %s\n", tr("from", "生效"), ctl_time(warning, "begin"),
               json_is_true(json_object_get(warning, "under_way"))
                   ? tr("under way", "响应中")
                   : tr("announced", "已发布，未生效"));
    }
    if (open == 0)
        printf("  %s\n", tr("none", "无"));
}

static void print_proposals(const json_t *proposals)
{
    json_t *proposal;
    size_t i;
    head(tr("Waiting for a signature", "待签发的方案"));
    if (json_array_size(proposals) == 0)
        printf("  %s\n", tr("none", "无"));
    json_array_foreach(proposals, i, proposal)
    {
        const char *level = ctl_text(proposal, "level");
        const json_t *counts = json_object_get(proposal, "counts");
        printf("  %.12s  %s%s%s  ", ctl_text(proposal, "hash"), ink(stdout, level_ink(level)),
               ctl_level(level), ink_end(stdout));
        put(ctl_text(proposal, "rule"));
        printf(tr("  %lld orders  %s  since %s%s\n", "  指令 %lld 条  %s  自 %s%s\n"),
               (long long)ctl_int(counts, "orders"), word_of_state(ctl_text(proposal, "state")),
               ctl_time(proposal, "made"),
               json_is_true(json_object_get(proposal, "oversize"))
                   ? tr("  UNUSUALLY LARGE", "  ！规模异常")
                   : "");
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
    head(tr("Letters", "信件"));
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
    put(ctl_text(object, "paused"));
    putchar('\n');
}

static void print_troubles(const json_t *status)
{
    const json_t *health = json_object_get(status, "health");
    print_paused(status);
    if (!json_is_true(json_object_get(health, "ready")))
        printf("%s!! %s%s\n", ink(stdout, INK_RED),
               tr("NOT READY: see the log", "系统未就绪，请查看日志"), ink_end(stdout));
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
        put(ctl_text(status, "authority"));
        printf("  %s  %s %.12s\n", ctl_time(status, "clock"), tr("policy", "预案版本"),
               ctl_text(status, "policy"));
        print_troubles(status);
        print_proposals(json_object_get(status, "proposals"));
        print_warnings(json_object_get(status, "engine"));
        print_outbox(json_object_get(status, "outbox"));
        printf("  %s %lld\n", tr("not yet acknowledged:", "未签收："),
               (long long)ctl_int(status, "unacknowledged"));
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

static void print_shares(const json_t *shares)
{
    const char *name;
    json_t *share;
    json_object_foreach((json_t *)(uintptr_t)shares, name, share)
    {
        double cut = json_number_value(json_object_get(share, "cut"));
        double total = json_number_value(json_object_get(share, "total"));
        printf(tr("  %-5s cut %.3f of %.3f t/d (%.1f%%), required %lld%%\n",
                  "  %-5s 减排 %.3f / %.3f 吨/日（%.1f%%），要求 %lld%%\n"),
               name, cut, total, total > 0 ? cut / total * 100 : 0,
               (long long)ctl_int(share, "required_percent"));
    }
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
        put(ctl_text(gateway, "gateway"));
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
        put(ctl_text(order, "to"));
        putchar(' ');
        put(ctl_text(order, "name"));
        printf("%s  %s\n", ink_end(stdout), ctl_text(order, "change"));
        put(ctl_text(order, "text"));
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
        put(buf_str(&words));
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
    head(tr("Shares reached", "减排比例"));
    print_shares(json_object_get(proposal, "shares"));
    head(tr("By", "发送渠道"));
    print_gateways(plan);
    head(tr("Orders", "指令"));
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

/* ---- rows ----------------------------------------------------------------------------- */

/* "kind=order" "state=dead" → "kind=order&state=dead"; false: the complaint has been printed. */
static bool query_of(const struct ctl *ctl, char ret[1024])
{
    ret[0] = 0;
    for (int i = 0; i < ctl->options->operand_count; i++) {
        const char *operand = ctl->options->operands[i], *equal = strchr(operand, '=');
        size_t size = strlen(ret);
        if (!equal) {
            verb_misuse(&verb_ctl, tr("as kind=order state=dead", "如 kind=order state=dead"),
                        tr("“%s” is no filter", "“%s”不是筛选条件"), operand);
            return false;
        }
        char *value = ctl_segment(equal + 1);
        snprintf(ret + size, 1024 - size, "%s%.*s=%s", size > 0 ? "&" : "", (int)(equal - operand),
                 operand, value);
        free(value);
    }
    return true;
}

static int get_rows(struct ctl *ctl, const char *what, json_t **ret_answer)
{
    char query[1024];
    if (!query_of(ctl, query))
        return EXIT_MISUSE;
    int exit_code = ctl_get(ctl, ret_answer, "%s?%s", what, query);
    if (exit_code == EXIT_OK && ctl->json) {
        ctl_print_json(*ret_answer);
        json_decref(*ret_answer);
        *ret_answer = NULL;
    }
    return exit_code;
}

static void print_next(const json_t *answer)
{
    if (json_is_integer(json_object_get(answer, "next")))
        printf(tr("(more: after=%lld)\n", "（还有更多：after=%lld）\n"),
               (long long)ctl_int(answer, "next"));
}

int ctl_letters(struct ctl *ctl)
{
    static const struct table_column columns[] = {
        {{"letter", "编号"}, false}, {{"kind", "类别"}, false},  {{"to", "接收方"}, false},
        {{"at", "时间"}, false},     {{"state", "状态"}, false}, {{"receipt", "回执"}, false}};
    json_t *answer, *letter;
    size_t i;
    int exit_code = get_rows(ctl, "letters", &answer);
    if (exit_code != EXIT_OK || !answer)
        return exit_code;
    struct table *table = table_new(columns, 6);
    json_array_foreach(json_object_get(answer, "letters"), i, letter)
    {
        const char *state = ctl_text(letter, "state");
        table_cell(table, INK_NONE, "%s", ctl_text(letter, "letter"));
        table_cell(table, INK_NONE, "%s", ctl_text(letter, "kind"));
        table_cell(table, INK_NONE, "%s", ctl_text(letter, "to"));
        table_cell(table, INK_NONE, "%s", ctl_time(letter, "at"));
        table_cell(table, str_equal(state, "dead") ? INK_RED : INK_NONE, "%s", state);
        table_cell(table, INK_NONE, "%s", ctl_text(letter, "receipt"));
    }
    table_print(stdout, table, 0);
    table_free(table);
    print_next(answer);
    json_decref(answer);
    return EXIT_OK;
}

static void print_letter(const json_t *letter)
{
    json_t *row;
    size_t i;
    printf("%s  %s  ", ctl_text(letter, "letter"), ctl_text(letter, "kind"));
    put(ctl_text(letter, "to"));
    printf("  %s\n", ctl_time(letter, "at"));
    put(ctl_text(json_object_get(letter, "body"), "text"));
    putchar('\n');
    head(tr("Receipts", "回执"));
    json_array_foreach(json_object_get(letter, "receipts"), i, row)
    {
        printf("  %s  %s  ", ctl_time(row, "at"), ctl_text(row, "kind"));
        put(ctl_text(row, "channel"));
        putchar(' ');
        put(ctl_text(row, "reason"));
        putchar('\n');
    }
    head(tr("Ways", "渠道"));
    json_array_foreach(json_object_get(letter, "consignments"), i, row)
    {
        fputs("  ", stdout);
        put(ctl_text(row, "gateway"));
        putchar(' ');
        put(ctl_text(row, "address"));
        printf(tr("  %s, %lld attempts  ", "  %s，已试 %lld 次  "), ctl_text(row, "state"),
               (long long)ctl_int(row, "attempts"));
        put(ctl_text(row, "trouble"));
        putchar('\n');
    }
}

int ctl_letter(struct ctl *ctl)
{
    const char *id;
    json_t *letter;
    if (!ctl_operand(ctl, 0, (struct text){"a letter's id", "信件编号"}, &id))
        return EXIT_MISUSE;
    char *segment = ctl_segment(id);
    int exit_code = ctl_get(ctl, &letter, "letters/%s", segment);
    free(segment);
    if (exit_code != EXIT_OK)
        return exit_code;
    if (ctl->json)
        ctl_print_json(letter);
    else
        print_letter(letter);
    json_decref(letter);
    return EXIT_OK;
}

static int print_lines(struct ctl *ctl, const char *what, const char *list, const char *member)
{
    json_t *answer, *row;
    size_t i;
    int exit_code = get_rows(ctl, what, &answer);
    if (exit_code != EXIT_OK || !answer)
        return exit_code;
    json_array_foreach(json_object_get(answer, list), i, row)
    {
        char *line = json_dumps(json_object_get(row, member), JSON_COMPACT);
        printf("%lld ", (long long)ctl_int(row, "seq"));
        put(line);
        putchar('\n');
        free(line);
    }
    print_next(answer);
    json_decref(answer);
    return EXIT_OK;
}

int ctl_decisions(struct ctl *ctl)
{
    return print_lines(ctl, "decisions", "decisions", "decision");
}

int ctl_journal(struct ctl *ctl)
{
    return print_lines(ctl, "journal", "facts", "event");
}

int ctl_generations(struct ctl *ctl)
{
    json_t *answer, *row;
    size_t i;
    int exit_code = ctl_get(ctl, &answer, "policy/generations");
    if (exit_code != EXIT_OK)
        return exit_code;
    if (ctl->json) {
        ctl_print_json(answer);
    } else {
        json_array_foreach(json_object_get(answer, "generations"), i, row)
            printf("%zu  %s  %s\n", i + 1, ctl_time(row, "since"), ctl_text(row, "policy"));
        printf("%s %s\n", tr("in force:", "现行："), ctl_text(answer, "in_force"));
        if (*ctl_text(answer, "shadow"))
            printf("%s %s\n", tr("shadow:", "影子："), ctl_text(answer, "shadow"));
    }
    json_decref(answer);
    return EXIT_OK;
}

/* The page goes to a file or a printer as it is. */
int ctl_hand_over(struct ctl *ctl)
{
    json_t *answer, *row;
    size_t i;
    char query[1024];
    if (!query_of(ctl, query))
        return EXIT_MISUSE;
    if (strstr(query, "form=html")) {
        char *path = xasprintf("hand-over?%s", query);
        int printed = ctl_print(ctl, path);
        free(path);
        return printed;
    }
    int exit_code = get_rows(ctl, "hand-over", &answer);
    if (exit_code != EXIT_OK || !answer)
        return exit_code;
    printf("%s  %s – %s  %s\n", tr("Shift hand-over", "值班交接"), ctl_time(answer, "from"),
           ctl_time(answer, "to"), word_of_mode(ctl_text(answer, "mode")));
    print_paused(answer);
    print_proposals(json_object_get(answer, "proposals"));
    print_warnings(json_object_get(answer, "engine"));
    printf(tr("not acknowledged %lld, undelivered %lld, to be sent %lld\n",
              "未签收 %lld，未送达 %lld，待发 %lld\n"),
           (long long)ctl_int(answer, "unacknowledged_total"),
           (long long)ctl_int(answer, "dead_total"), (long long)ctl_int(answer, "waiting_total"));
    head(tr("What happened", "本班事件"));
    json_array_foreach(json_object_get(answer, "events"), i, row)
    {
        printf("  %s  ", ctl_time(row, "at"));
        put(ctl_text(row, "kind_words"));
        fputs("  ", stdout);
        put(ctl_text(row, "words"));
        putchar('\n');
    }
    json_decref(answer);
    return EXIT_OK;
}

/* ---- what happens --------------------------------------------------------------------- */

static void print_event(void *arg, const char *event, const char *id, const char *data)
{
    const struct ctl *ctl = arg;
    if (ctl->json)
        printf("{\"event\":\"%s\",\"id\":%s,\"data\":%s}\n", event, id ? id : "null", data);
    else if (!str_equal(event, "hello")) {
        printf("%s ", event);
        put(data);
        putchar('\n');
    }
    fflush(stdout);
}

int ctl_events(struct ctl *ctl)
{
    char query[1024];
    if (!query_of(ctl, query))
        return EXIT_MISUSE;
    int64_t after = str_starts(query, "after=") ? strtoll(query + 6, NULL, 10) : -1;
    return ctl_follow(ctl, after, print_event, ctl);
}
