/* yujing run: the daemon; and, beside a running one, a look into its store.
 *
 * Shadow is the default: what would leave is recorded and stays. */
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/str.h"
#include "cli/cmd.h"
#include "cli/output.h"
#include "shell/effective.h"
#include "shell/loop.h"
#include "store/journal.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include <malloc.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

static const struct option options_run[] = {
    {'c', "config", OPTION_VALUE, "FILE", COMPLETE_FILE, {"the configuration", "配置文件"}, NULL},
    {0,
     "shadow",
     OPTION_FLAG,
     NULL,
     COMPLETE_NOTHING,
     {"decide and record, send nothing (the default)", "只判定和记录，不对外发送（默认）"},
     NULL},
    {0,
     "live",
     OPTION_FLAG,
     NULL,
     COMPLETE_NOTHING,
     {"orders leave by the configured channels", "指令经所配置的渠道实际发出"},
     NULL},
    {0,
     "show",
     OPTION_VALUE,
     "decisions|orders|facts",
     COMPLETE_NOTHING,
     {"print what the store holds, one JSON object a line, and exit",
      "逐行输出存储内容（JSON）后退出"},
     NULL},
    {0,
     "check",
     OPTION_FLAG,
     NULL,
     COMPLETE_NOTHING,
     {"look at configuration, accounts, policies and secrets, and exit",
      "检查配置、账户、预案与密钥后退出"},
     NULL},
    {0,
     "dump",
     OPTION_FLAG,
     NULL,
     COMPLETE_NOTHING,
     {"print the configuration with its defaults, secrets struck out, and exit",
      "输出完整配置（含默认值，密钥隐去）后退出"},
     NULL},
    {0},
};
static const struct example examples_run[] = {
    {"yujing run -c yujing.yaml", {"in shadow", "影子运行"}},
    {"yujing run -c yujing.yaml --live", {"for real", "实战运行"}},
    {"yujing run -c yujing.yaml --show orders",
     {"which orders there are, and their state", "查看指令及其状态"}},
    {0},
};
const struct verb verb_run = {
    .name = "run",
    .summary = {"the daemon: take in facts, decide, send orders",
                "守护进程：接收数据、判定、发送指令"},
    .synopsis = "-c FILE [--live | --shadow]",
    .examples = examples_run,
    .options = options_run,
    .completion = COMPLETE_NOTHING,
    .description =
        {"Facts come from the sources that the configuration opens: standard input (JSON Lines or "
         "CSV), a watched folder, loggers by HJ 212, HTTP, an MQTT broker. Each is written to the "
         "store, with the decisions and orders it led to, before its source is answered. Killed at "
         "any moment and started again, the daemon continues where it was.\n\n"
         "Only --live lets orders reach those they are for. A configuration with `drill: true` "
         "sends too, but by the ways out of the drill's own configuration, each text marked "
         "【演练】. Otherwise nothing leaves.\n\n"
         "SIGTERM ends it in order. Exit codes: 0 told to stop; 64 wrong use; 74 the disk failed; "
         "75 another process holds the store; 77 not permitted; 78 configuration or policy.",
         "数据来自配置中启用的来源：标准输入（JSON Lines 或 CSV）、受监视的文件夹、HJ 212 数采仪、"
         "HTTP、MQTT。每条数据连同由其产生的判定和指令写入存储之后，才向来源确认。"
         "任何时刻被强行终止，重启后都会从中断处继续。\n\n"
         "只有 --live 才会将指令发给有关单位。配置 `drill: true` 时也会发送，"
         "但只发往演练自有配置中的渠道，文本均带【演练】标记。除此之外不对外发送。\n\n"
         "SIGTERM 使其正常退出。退出码：0 正常停止；64 用法错误；74 磁盘故障；75 "
         "存储被其他进程占用；77 没有权限；78 配置或预案有误。"},
    .sysexits = true,
    .run = cmd_run,
};

/* ---- looking into the store -------------------------------------------- */

static int show_decision(void *arg, const struct ledger_row *row)
{
    (void)arg;
    puts(row->line);
    return 0;
}

static int show_fact(void *arg, int64_t seq, const struct fact *fact)
{
    (void)arg;
    (void)seq;
    struct buf line = {0};
    fact_print(&line, fact);
    puts(buf_str(&line));
    buf_release(&line);
    return 0;
}

static int show_order(void *arg, const struct consignment *consignment)
{
    (void)arg;
    struct buf line = {0};
    struct json_writer writer = {.buf = &line};
    jw_begin(&writer, '{');
    jw_key(&writer, "order");
    jw_text(&writer, consignment->key.letter);
    jw_key(&writer, "kind");
    jw_text(&writer, consignment->kind);
    jw_key(&writer, "to");
    jw_text(&writer, consignment->recipient);
    jw_key(&writer, "by");
    jw_text(&writer, consignment->key.gateway);
    jw_key(&writer, "address");
    jw_text(&writer, consignment->key.address);
    jw_key(&writer, "state");
    jw_text(&writer, outbox_state_name(consignment->state));
    jw_key(&writer, "attempts");
    jw_int(&writer, consignment->attempts);
    jw_end(&writer, '}');
    puts(buf_str(&line));
    buf_release(&line);
    return 0;
}

static int show(const struct conf *conf, const char *what, struct findings *findings)
{
    struct store *store;
    enum store_trouble trouble;
    struct store_options reader = {.reader = true};
    if (store_open(&store, conf->store, &reader, &trouble, findings) < 0)
        return access(conf->store, F_OK) < 0 ? EX_NOINPUT
               : trouble == STORE_FORBIDDEN  ? EX_NOPERM
                                             : EX_IOERR;
    int err;
    if (str_equal(what, "decisions"))
        err = ledger_read(store, 0, show_decision, NULL);
    else if (str_equal(what, "orders"))
        err = outbox_read(store, show_order, NULL);
    else
        err = journal_read(store, 0, show_fact, NULL);
    if (err < 0)
        verb_complain(&verb_run, "%s", store_message(store));
    store_close(store);
    return err < 0 ? EX_IOERR : output_finish(EX_OK);
}

/* ---- looking at the configuration --------------------------------------- */

static int check(const struct options *options)
{
    struct effective effective;
    struct findings findings = {0};
    effective_read(&effective, option_value(options, "config"), option_given(options, "live"),
                   &findings);
    findings_print(stdout, &findings, FORM_TEXT);
    int exit_code = findings.errors > 0 ? EX_CONFIG : EX_OK;
    effective_release(&effective);
    findings_release(&findings);
    return output_finish(exit_code);
}

static int dump(const struct options *options)
{
    struct buf yaml = {0};
    struct findings findings = {0};
    effective_print(&yaml, option_value(options, "config"), option_given(options, "live"),
                    &findings);
    fputs(buf_str(&yaml), stdout);
    findings_tell(&findings);
    int exit_code = findings.errors > 0 ? EX_CONFIG : EX_OK;
    buf_release(&yaml);
    findings_release(&findings);
    return output_finish(exit_code);
}

/* ---- running ----------------------------------------------------------- */

/* Large blocks go back to the system as soon as they are freed, and threads share their memory: a
 * daemon runs for months, and what one plan for a whole city took must not stay with it. */
static void keep_little(void)
{
    mallopt(M_MMAP_THRESHOLD, 256 << 10);
    mallopt(M_ARENA_MAX, 2);
}

static int run(const struct options *options, struct conf *conf)
{
    if (option_given(options, "check"))
        return check(options);
    if (option_given(options, "dump"))
        return dump(options);
    struct findings findings = {0};
    bool live = option_given(options, "live");
    const char *what = option_value(options, "show");
    int exit_code = EX_CONFIG;
    if (conf_read(conf, option_value(options, "config"), live, &findings) == 0)
        exit_code = what ? show(conf, what, &findings) : EX_OK;
    findings_tell(&findings);
    findings_release(&findings);
    if (exit_code != EX_OK || what)
        return exit_code;
    struct loop_options daemon = {
        .conf = conf,
        .live = live,
        .input = STDIN_FILENO,
        .output = STDOUT_FILENO,
        .clock = clock_wall(),
        .log = stderr,
    };
    keep_little();
    return loop_run(&daemon);
}

int cmd_run(int argc, char **argv)
{
    struct options options;
    struct conf conf = {0};
    int exit_code;
    if (!options_parse(&verb_run, argc, argv, &options, &exit_code))
        return exit_code;
    if (!option_given(&options, "config"))
        exit_code = verb_misuse(&verb_run, tr("yujing run -c FILE", "yujing run -c FILE"),
                                tr("which configuration?", "未指定配置文件"));
    else if (option_given(&options, "live") && option_given(&options, "shadow"))
        exit_code = verb_misuse(
            &verb_run, NULL,
            tr("--live and --shadow exclude each other", "--live 与 --shadow 不能同时使用"));
    else
        exit_code = run(&options, &conf);
    conf_release(&conf);
    options_release(&options);
    return exit_code;
}
