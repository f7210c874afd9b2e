/* yujing store: backup, restore, check, retention and upgrade of a store, beside the daemon. */
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "cli/cmd.h"
#include "cli/output.h"
#include "model/records.h"
#include "shell/clock.h"
#include "store/backup.h"
#include "store/retire.h"

enum { RETAIN_DAYS_MAX = 36500 };

/* clang-format off */
static const struct example examples[] = {
    {"yujing store backup store.db /mnt/backup/2026-11-24.db", {"a proved copy, also beside a running daemon", "校验过的副本，守护进程运行时也可以"}},
    {"yujing store restore /mnt/backup/2026-11-24.db store.db", {"and back again", "从备份恢复"}},
    {"yujing store check store.db", {"may a daemon start on it?", "核验能否据此启动"}},
    {"yujing store retain store.db archive/ --days 400", {"older facts go into an archive file", "较早的事实转入归档文件"}},
    {NULL, {NULL, NULL}},
};
static const struct action actions[] = {
    {"backup", {"copy and prove: backup STORE FILE", "备份并校验：backup STORE FILE"}},
    {"restore", {"the same from a backup: restore FILE STORE", "从备份恢复：restore FILE STORE"}},
    {"check", {"from the last anchor on, as a start does: check STORE", "自最近锚点起核验：check STORE"}},
    {"retain", {"archive what is older: retain STORE FOLDER --days N", "归档较早内容：retain STORE FOLDER --days N"}},
    {"upgrade", {"bring it to this version: upgrade STORE", "升级到本版本：upgrade STORE"}},
    {NULL, {NULL, NULL}},
};
static const struct option options_table[] = {
    {0, "days", OPTION_VALUE, "N", COMPLETE_NOTHING, {"retain: what stays at hand", "retain：保留天数"}, NULL},
    {0, NULL, OPTION_FLAG, NULL, COMPLETE_NOTHING, {NULL, NULL}, NULL},
};
static int64_t least_of(const char *option)
{
    return str_equal(option, "days") ? records_days_min() : 0;
}
const struct verb verb_store = {
    .name = "store",
    .summary = {"back up, restore, check, archive a store", "存储的备份、恢复、核验、归档"},
    .synopsis = "backup|restore|check|retain|upgrade STORE …",
    .examples = examples,
    .options = options_table,
    .least = least_of,
    .actions = actions,
    .operands_min = 1,
    .operands_max = 2,
    .completion = COMPLETE_FILE,
    .description = {
        "backup and check work beside a running daemon; retain and upgrade need the store to themselves. A copy gets its name only "
        "when its chain, every table and every page have been verified, and nothing is ever overwritten.\n\n"
        "retain writes facts, decisions and letters into a file whose name holds its SHA-256, reads it back, and only then deletes "
        "them. It goes up to an anchor, never beyond a snapshot or a letter under way. The chain goes on from there. Fewer days than "
        "the law wants logs kept are refused.\n\n"
        "Exit codes: 0 done; 1 damage; 2 wrong use; 4 the machine failed.",
        "backup 和 check 可与运行中的守护进程同时使用；retain 和 upgrade 须独占存储。副本的链条、各表、每一页都核验无误后才会命名，"
        "任何文件都不会被覆盖。\n\n"
        "retain 将事实、决定和信件写入文件（文件名含其 SHA-256），回读无误后才删除；止于锚点，不越过快照，也不越过仍在发送的信件。"
        "链条自此延续。少于法律规定的日志留存天数时，不予执行。\n\n"
        "退出码：0 完成；1 有损坏；2 用法错误；4 机器故障。"},
    .run = cmd_store,
};
/* clang-format on */

static int finish(struct findings *findings, int exit_code)
{
    findings_tell(findings);
    findings_release(findings);
    return output_finish(exit_code);
}

static int exit_of(enum store_trouble trouble)
{
    if (trouble == STORE_BROKEN)
        return EXIT_FOUND;
    return trouble == STORE_FULL ? EXIT_RUNTIME : EXIT_MISUSE;
}

/* ---- copies -------------------------------------------------------------------- */

static void show_progress(void *arg, int64_t done, int64_t of)
{
    struct progress *progress = arg;
    progress->total = (uint64_t)of;
    progress_at(progress, (uint64_t)done);
}

static int run_copy(const struct options *options)
{
    struct findings findings = {0};
    struct audit_report report = {0};
    struct progress progress;
    if (!options_operands(options, 2))
        return EXIT_MISUSE;
    progress_begin(&progress, (struct text){"copying", "复制"}, 1);
    int err = store_copy(options->operands[0], options->operands[1], show_progress, &progress,
                         &report, &findings);
    progress_end(&progress);
    if (err == 0)
        printf(tr("%s: %lld facts, to row %lld; verified\n",
                  "%s：事实 %lld 条，至第 %lld 行；已校验\n"),
               options->operands[1], (long long)report.facts, (long long)report.last);
    return finish(&findings, err == 0 ? EXIT_OK : EXIT_FOUND);
}

/* ---- check ----------------------------------------------------------------------- */

static int run_check(const struct options *options)
{
    struct findings findings = {0};
    struct store *store;
    enum store_trouble trouble = STORE_BROKEN;
    struct store_options reader = {.reader = true};
    struct audit_report report = {0};
    if (!options_operands(options, 1))
        return EXIT_MISUSE;
    if (store_open(&store, options->operands[0], &reader, &trouble, &findings) < 0)
        return finish(&findings, exit_of(trouble));
    int answer = audit_tail(store, &report, &findings);
    if (answer < 0)
        verb_complain(&verb_store, "%s", store_message(store));
    else
        printf(tr("rows %lld to %lld verified: %s\n", "已核验第 %lld 至 %lld 行：%s\n"),
               (long long)report.first, (long long)report.last,
               answer == 0 ? tr("sound", "完好") : tr("DAMAGED", "有损坏"));
    store_close(store);
    return finish(&findings, answer < 0 ? EXIT_RUNTIME : answer > 0 ? EXIT_FOUND : EXIT_OK);
}

/* ---- as the one writer -------------------------------------------------------------- */

/* The mode it was made for is whatever it says. */
static struct store *open_writer(const char *path, struct findings *findings, int *ret_exit)
{
    struct store *store = NULL;
    enum store_trouble trouble = STORE_BROKEN;
    struct store_options writer = {.any_mode = true, .zone = 8 * HOUR_MS};
    if (store_open(&store, path, &writer, &trouble, findings) == 0)
        return store;
    *ret_exit = exit_of(trouble);
    return NULL;
}

static int retire(struct store *store, const char *folder, int64_t days, struct findings *findings)
{
    struct clock clock = clock_wall();
    instant_ms now = clock_now(&clock);
    struct retirement gone = {0};
    if (store_retire(store, now - days * DAY_MS, now, folder, &gone, findings) < 0)
        return EXIT_FOUND;
    if (gone.file)
        printf(tr("rows %lld to %lld are in %s\n", "第 %lld 至 %lld 行已归档至 %s\n"),
               (long long)gone.first, (long long)gone.last, gone.file);
    else
        puts(tr("nothing is old enough to go", "没有可归档的内容"));
    retirement_release(&gone);
    return EXIT_OK;
}

static int run_retain(const struct options *options)
{
    struct findings findings = {0};
    int64_t days = 0;
    int exit_code = EXIT_MISUSE;
    if (!options_operands(options, 2) ||
        !option_int(options, "days", records_days_min(), RETAIN_DAYS_MAX, &days))
        return EXIT_MISUSE;
    if (days == 0)
        return verb_misuse(&verb_store, "--days 400",
                           tr("how many days stay at hand?", "未指定保留天数"));
    struct store *store = open_writer(options->operands[0], &findings, &exit_code);
    if (store)
        exit_code = retire(store, options->operands[1], days, &findings);
    store_close(store);
    return finish(&findings, exit_code);
}

static int run_upgrade(const struct options *options)
{
    struct findings findings = {0};
    int exit_code = EXIT_OK;
    if (!options_operands(options, 1))
        return EXIT_MISUSE;
    struct store *store = open_writer(options->operands[0], &findings, &exit_code);
    if (store)
        puts(tr("it has the schema of this version", "已是本版本的结构"));
    store_close(store);
    return finish(&findings, exit_code);
}

int cmd_store(int argc, char **argv)
{
    struct options options;
    int exit_code;
    if (!options_parse(&verb_store, argc, argv, &options, &exit_code))
        return exit_code;
    if (str_equal(options.action, "check"))
        exit_code = run_check(&options);
    else if (str_equal(options.action, "retain"))
        exit_code = run_retain(&options);
    else if (str_equal(options.action, "upgrade"))
        exit_code = run_upgrade(&options);
    else
        exit_code = run_copy(&options);
    options_release(&options);
    return exit_code;
}
