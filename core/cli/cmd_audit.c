/* yujing audit: whether a store still says what it was told; what it says, as lines; its anchors.
 */
#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cli/cmd.h"
#include "cli/output.h"
#include "store/audit.h"
#include "store/export.h"
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct example examples[] = {
    {"yujing audit verify store.db", {"the whole chain, every table, every page", "核验全部链条、各表与每一页"}},
    {"yujing audit verify store.db --anchors anchors.jsonl", {"and against the anchors kept elsewhere", "并与另行保存的锚点比对"}},
    {"yujing audit export store.db --since 2026-01-01 >facts.jsonl", {"facts, decisions and letters with their links", "导出事实、决定、信件及其链值"}},
    {"yujing audit anchors store.db", {"the head of the chain, day by day", "逐日列出链头"}},
    {NULL, {NULL, NULL}},
};
static const struct action actions[] = {
    {"verify", {"is it what was written? the first bad row of each table", "核验是否被改动，指出各表首个坏行"}},
    {"export", {"JSON Lines of facts, decisions and letters", "以 JSON Lines 导出事实、决定和信件"}},
    {"anchors", {"the anchors the store holds, one a line", "逐行列出存储中的锚点"}},
    {NULL, {NULL, NULL}},
};
static const struct option options_table[] = {
    {0, "from", OPTION_VALUE, "DAY", COMPLETE_NOTHING, {"verify: only what arrived from that day on", "verify：只核验该日起到达的内容"}, NULL},
    {0, "anchors", OPTION_VALUE, "FILE", COMPLETE_FILE, {"verify: the anchors kept elsewhere", "verify：另行保存的锚点文件"}, NULL},
    {0, "since", OPTION_VALUE, "T", COMPLETE_NOTHING, {"export: what arrived from then on", "export：自该时刻起到达"}, NULL},
    {0, "until", OPTION_VALUE, "T", COMPLETE_NOTHING, {"export: what arrived before", "export：在该时刻之前到达"}, NULL},
    OPTION_OUTPUT("text|json"),
    {0, NULL, OPTION_FLAG, NULL, COMPLETE_NOTHING, {NULL, NULL}, NULL},
};
const struct verb verb_audit = {
    .name = "audit",
    .summary = {"verify and export what a store remembers", "核验、导出存储中的记录"},
    .synopsis = "verify|export|anchors STORE",
    .examples = examples,
    .options = options_table,
    .actions = actions,
    .operands_min = 1,
    .operands_max = 1,
    .completion = COMPLETE_FILE,
    .description = {
        "Works beside a running daemon and changes nothing. Each fact, decision and letter is a link of one chain of hashes, and "
        "every page of the file carries a sum. A changed, deleted, added or moved row is named; a cut-off end is missed by the "
        "anchors; an end that was cut off and written anew is found by --anchors alone, so keep that file where the store is not.\n\n"
        "Instants without an offset are local (Asia/Shanghai).\n\n"
        "verify exits 0 when all is sound, 1 when something is not.",
        "可与运行中的守护进程同时使用，不作任何改动。每条事实、决定和信件都是同一条哈希链上的一环，文件每一页都带校验和。"
        "被改动、删除、添加或移动的行会逐一指明；末尾被截去时由锚点发现；截去后又重写的，只有 --anchors 能够发现，"
        "因此该文件应与存储分开保存。\n\n不带时区的时间按北京时间。\n\n一切完好时 verify 的退出码为 0，否则为 1。"},
    .run = cmd_audit,
};
/* clang-format on */

static const span_ms zone = 8 * HOUR_MS;

static int tell(struct findings *findings, int exit_code)
{
    findings_tell(findings);
    findings_release(findings);
    return exit_code;
}

static struct store *open_store(const char *path, int *ret_exit)
{
    struct store *store = NULL;
    struct findings findings = {0};
    enum store_trouble trouble = STORE_BROKEN;
    struct store_options options = {.reader = true, .audit = true};
    if (store_open(&store, path, &options, &trouble, &findings) < 0) {
        store = NULL;
        *ret_exit = trouble == STORE_BROKEN ? EXIT_FOUND : EXIT_MISUSE;
    }
    findings_print(stderr, &findings, FORM_TEXT);
    findings_release(&findings);
    return store;
}

static int refused(const struct store *store)
{
    verb_complain(&verb_audit, "%s", store_message(store));
    return EXIT_RUNTIME;
}

/* ---- verify ------------------------------------------------------------------ */

struct anchors {
    struct anchor *items;
    size_t count, capacity;
};

static int take_line(struct anchors *anchors, const char *path, int number, const char *line,
                     size_t size, struct findings *findings)
{
    void *items = anchors->items;
    if (size == 0 || strspn(line, " \t\r") >= size)
        return 0;
    xgrow(&items, anchors->count, &anchors->capacity, sizeof *anchors->items);
    anchors->items = items;
    if (anchor_parse(line, size, &anchors->items[anchors->count]) < 0) {
        findings_add(findings, SEV_ERROR, "D117", (struct place){path, number, 1},
                     tr("a line is as `yujing audit anchors` prints it",
                        "每行应如 yujing audit anchors 所列"),
                     "%s", tr("this is no anchor", "不是锚点"));
        return ERR_SYNTAX;
    }
    anchors->count++;
    return 0;
}

/* What was to be compared with is not there: that is no proof. */
static void tell_no_anchor(const char *path, struct findings *findings)
{
    findings_add(findings, SEV_ERROR, "D119", (struct place){path, 0, 0},
                 tr("`yujing audit anchors` prints the store's own; the file kept elsewhere is the "
                    "one to compare with",
                    "yujing audit anchors 可列出存储自身的锚点；须与另行保存的锚点文件比对"),
                 "%s",
                 tr("there is not one anchor in this file: it proves nothing",
                    "文件中没有任何锚点，不能证明日志未被改写"));
}

static int read_anchors(const char *path, struct anchors *ret, struct findings *findings)
{
    char *text;
    size_t size;
    int err = file_read(path, FILE_BYTES_MAX, &text, &size, findings);
    if (err < 0)
        return err;
    int number = 1;
    for (char *at = text; at < text + size; number++) {
        char *end = memchr(at, '\n', (size_t)(text + size - at));
        size_t length = (size_t)((end ? end : text + size) - at);
        if (take_line(ret, path, number, at, length, findings) < 0)
            err = ERR_SYNTAX;
        at += length + 1;
    }
    free(text);
    return err;
}

static void show_progress(void *arg, int64_t done, int64_t of)
{
    struct progress *progress = arg;
    progress->total = (uint64_t)of;
    progress_at(progress, (uint64_t)done);
}

static void print_json(const struct audit_report *report)
{
    struct buf line = {0};
    struct json_writer json = {.buf = &line};
    char hex[HASH_HEX];
    hash_hex(report->chain, hex);
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{"schema_version", 1},       {"first", report->first},
                   {"last", report->last},      {"facts", report->facts},
                   {"rows", report->rows},      {"anchors", report->anchors},
                   {"damages", report->damages}};
    jw_begin(&json, '{');
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        jw_key(&json, numbers[i].name);
        jw_int(&json, numbers[i].value);
    }
    jw_key(&json, "chain");
    jw_text(&json, hex);
    jw_end(&json, '}');
    puts(buf_str(&line));
    buf_release(&line);
}

static void print_text(const struct audit_report *report)
{
    char hex[HASH_HEX];
    hash_hex(report->chain, hex);
    printf(tr("%lld facts (%lld to %lld), %lld rows beside them, %lld anchors\n",
              "事实 %lld 条（第 %lld 至 %lld 条），关联行 %lld 条，锚点 %lld 个\n"),
           (long long)report->facts, (long long)report->first, (long long)report->last,
           (long long)report->rows, (long long)report->anchors);
    printf(tr("head of the chain: %s\n", "链头：%s\n"), hex);
    if (report->damages == 0)
        puts(tr("sound", "完好"));
    else
        printf(tr("DAMAGED in %d places\n", "发现 %d 处损坏\n"), report->damages);
}

static int verify(const struct options *options, struct store *store, struct audit_options *wanted)
{
    struct findings findings = {0};
    struct audit_report report = {0};
    struct progress progress;
    progress_begin(&progress, (struct text){"verifying", "核验"}, 1);
    wanted->progress = show_progress;
    wanted->arg = &progress;
    int answer = audit_verify(store, wanted, &report, &findings);
    progress_end(&progress);
    if (answer < 0) {
        findings_release(&findings);
        return refused(store);
    }
    if (options_form(options) == FORM_JSON)
        print_json(&report);
    else
        print_text(&report);
    return output_finish(tell(&findings, answer > 0 ? EXIT_FOUND : EXIT_OK));
}

static int run_verify(const struct options *options, struct store *store)
{
    struct findings findings = {0};
    struct anchors anchors = {0};
    struct audit_options wanted = {0};
    instant_ms from = INSTANT_NONE;
    const char *path = option_value(options, "anchors");
    if (!option_instant(options, "from", zone, &from))
        return verb_misuse_exit(&verb_audit);
    if (path && read_anchors(path, &anchors, &findings) < 0) {
        free(anchors.items);
        return tell(&findings, EXIT_MISUSE);
    }
    if (path && anchors.count == 0) {
        tell_no_anchor(path, &findings);
        return tell(&findings, EXIT_FOUND);
    }
    wanted.anchors = anchors.items;
    wanted.anchor_count = anchors.count;
    if (from != INSTANT_NONE)
        wanted.from = audit_seq_before(store, from);
    int exit_code = wanted.from < 0 ? refused(store) : verify(options, store, &wanted);
    free(anchors.items);
    return exit_code;
}

/* ---- export and anchors ----------------------------------------------------------- */

static int print_line(void *arg, const char *line, size_t size)
{
    (void)arg;
    return fwrite(line, 1, size, stdout) == size && putchar('\n') >= 0 ? 0 : ERR_IO;
}

static int run_export(const struct options *options, struct store *store)
{
    instant_ms since = INSTANT_NONE, until = INSTANT_NONE;
    struct export_counts counts;
    if (!option_instant(options, "since", zone, &since) ||
        !option_instant(options, "until", zone, &until))
        return verb_misuse_exit(&verb_audit);
    int64_t after = since == INSTANT_NONE ? 0 : audit_seq_before(store, since);
    int64_t last = until == INSTANT_NONE ? INT64_MAX : audit_seq_before(store, until);
    if (after < 0 || last < 0 ||
        export_lines(store, after, last, print_line, NULL, &counts) == ERR_STORE)
        return refused(store);
    return output_finish(EXIT_OK);
}

static int print_anchor(void *arg, const struct anchor *anchor)
{
    (void)arg;
    struct buf line = {0};
    anchor_print(&line, anchor);
    puts(buf_str(&line));
    buf_release(&line);
    return 0;
}

int cmd_audit(int argc, char **argv)
{
    struct options options;
    int exit_code;
    if (!options_parse(&verb_audit, argc, argv, &options, &exit_code))
        return exit_code;
    struct store *store = open_store(options.operands[0], &exit_code);
    if (store && str_equal(options.action, "verify"))
        exit_code = run_verify(&options, store);
    else if (store && str_equal(options.action, "export"))
        exit_code = run_export(&options, store);
    else if (store)
        exit_code =
            anchor_read(store, print_anchor, NULL) < 0 ? refused(store) : output_finish(EXIT_OK);
    store_close(store);
    options_release(&options);
    return exit_code;
}
