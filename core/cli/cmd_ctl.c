/* yujing ctl: the control of a running daemon, over its API. */
#include "base/lang.h"
#include "base/str.h"
#include "cli/ctl.h"

/* clang-format off */
static const struct example examples[] = {
    {"yujing ctl approve 3f9a… --note \"会商同意\"", {"sign a plan that `status` shows", "签发 status 列出的方案"}},
    {0},
};
static const struct action actions[] = {
    {"status", {"what is in force, what waits, what is on its way", "总览：预警、待签发方案、发送情况"}},
    {"proposals", {"the plans that wait for a signature", "待签发的方案"}},
    {"show", {"show HASH: a plan: shares, gateways, every order's text", "show 方案号：减排比例、渠道、指令全文"}},
    {"approve", {"approve HASH --note WHY: sign it; the number of orders is asked for", "approve 方案号 --note 事由：签发，须确认指令条数"}},
    {"hold", {"hold HASH --until T --note WHY: not now", "hold 方案号 --until 时刻 --note 事由：暂缓"}},
    {"file", {"file HASH --note WHY: not at all", "file 方案号 --note 事由：归档，不予签发"}},
    {"issue", {"issue RULE/AREA --level L --note WHY: by hand", "issue 规则/地区 --level 级别 --note 事由：人工发布或调整"}},
    {"lift", {"lift RULE/AREA/START --note WHY: by hand", "lift 规则/地区/起始 --note 事由：人工解除"}},
    {"break-glass", {"break-glass HASH, or RULE/AREA --level L: one person for two; everybody is called", "break-glass 方案号，或 规则/地区 --level 级别：紧急情况下一人签发，将通知全体值班人员"}},
    {"correct", {"correct LETTER|PLAN|EPISODE --text T --note WHY: to exactly those it was sent to", "correct 信件|方案|过程 --text 更正内容 --note 事由：更正，发给原接收方"}},
    {"withdraw", {"withdraw LETTER|PLAN|EPISODE [--text REASON] --note WHY: the reason is sent, the note is not", "withdraw 信件|方案|过程 [--text 原因] --note 事由：撤回；原因写入信件，事由仅内部留存"}},
    {"pause-dispatch", {"nothing leaves but pages and corrections", "暂停发送，仅呼叫与更正照常发出"}},
    {"resume-dispatch", {"resume-dispatch [GATEWAY/ADDRESS]: go on; or with a suspended address again", "resume-dispatch [网关/地址]：恢复发送，或恢复停用的地址"}},
    {"letters", {"letters [kind=order] [state=dead] [recipient=ID] [episode=ID] [plan=HASH] [after=N]", "letters [kind=order] [state=dead] [recipient=编号] [episode=过程] [plan=方案] [after=N]：信件"}},
    {"letter", {"letter ID: its text, its ways, its receipts", "letter 编号：全文、渠道、回执"}},
    {"ack", {"ack LETTER [acknowledged|refused|done]: what was said by telephone", "ack 信件 [acknowledged|refused|done]：登记电话回执"}},
    {"reload", {"reload --note WHY: take the policy folder over; --check: only its effect", "reload --note 事由：启用预案文件夹；--check 只看影响"}},
    {"rollback", {"rollback HASH --note WHY: back to a policy that was in force", "rollback 版本 --note 事由：回退到曾经生效的版本"}},
    {"generations", {"which policy was in force since when", "历次生效的预案版本"}},
    {"shadow", {"shadow [HASH|none] --note WHY: a policy that decides beside and sends nothing", "shadow [版本|none] --note 事由：影子预案，并行判定、不发送"}},
    {"hand-over", {"hand-over [hours=12] [form=html]: the shift's sheet", "hand-over [hours=12] [form=html]：值班交接单"}},
    {"events", {"events [after=SEQ]: follow what happens", "events [after=序号]：持续显示事件"}},
    {"decisions", {"decisions [after=SEQ]", "decisions [after=序号]：判定记录"}},
    {"journal", {"journal [after=SEQ]: the facts (auditors)", "journal [after=序号]：事实记录（审计）"}},
    {"ask-logger", {"ask-logger MN QUESTION [begin=T end=T] --note WHY: time, set_time, hours, minutes, days, realtime, state …", "ask-logger MN 请求 [begin=时刻 end=时刻] --note 事由：反控数采仪，time、set_time、hours、minutes、days、realtime、state 等"}},
    {"self-check", {"self-check [GATEWAY] --note WHY: a test letter by every gateway", "self-check [网关] --note 事由：逐网关发送测试信件"}},
    {"backup", {"a proved copy of the store, now", "立即备份并校验存储"}},
    {"login", {"login NAME: password and code are asked for, or read from standard input", "login 账号：输入口令和动态口令（也可由标准输入读取）"}},
    {"logout", {"end the session", "退出登录"}},
    {0},
};
static const struct option options_ctl[] = {
    {0, "url", OPTION_VALUE, "URL", COMPLETE_NOTHING, {"of the daemon (http://127.0.0.1:8452)", "守护进程地址（http://127.0.0.1:8452）"}, NULL},
    {0, "token-file", OPTION_VALUE, "FILE", COMPLETE_FILE, {"the session or token to show", "会话或令牌文件"}, NULL},
    {'n', "note", OPTION_VALUE, "WHY", COMPLETE_NOTHING, {"why, for the record: every act says so", "事由，每项操作必填，仅内部留存"}, NULL},
    {0, "level", OPTION_VALUE, "LEVEL", COMPLETE_NOTHING, {"issue, break-glass: yellow, orange, red …; none lifts", "issue、break-glass：级别；none 为解除"}, NULL},
    {0, "until", OPTION_VALUE, "T", COMPLETE_NOTHING, {"hold: a time, or 2h", "hold：时刻，或 2h"}, NULL},
    {0, "text", OPTION_VALUE, "TEXT", COMPLETE_NOTHING, {"what is sent: the right words (correct), the reason (withdraw)", "写入信件：更正内容（correct），撤回原因（withdraw，可不填）"}, NULL},
    {0, "count", OPTION_VALUE, "N", COMPLETE_NOTHING, {"the number of orders that was seen", "已核对的指令条数"}, NULL},
    {'y', "yes", OPTION_FLAG, NULL, COMPLETE_NOTHING, {"do not ask", "不再询问"}, NULL},
    {0, "check", OPTION_FLAG, NULL, COMPLETE_NOTHING, {"reload: only show the effect", "reload：只显示影响"}, NULL},
    OPTION_OUTPUT("text|json"),
    {0},
};
const struct verb verb_ctl = {
    .name = "ctl",
    .summary = {"control a running daemon: sign, correct, look", "控制运行中的守护进程：签发、更正、查看"},
    .synopsis = "ACTION [ID] [--note WHY]",
    .examples = examples,
    .options = options_ctl,
    .actions = actions,
    .operands_min = 0,
    .operands_max = 8,
    .completion = COMPLETE_NOTHING,
    .description = {
        "Where the daemon is and who asks stands in /etc/yujing/ctl.yaml (url, token_file, ca_file), or in --url and --token-file. Signing, "
        "correcting, pausing and reloading need a log-in with a one-time code: `yujing ctl login NAME`.\n\n"
        "approve, issue, lift and break-glass say what they will do and ask once: of a plan for the number of orders, of a level by hand for a yes; a script gives --count N, or --yes, and by hand --yes. An act whose answer was lost is "
        "asked for again under the same key, and done once.\n\n"
        "Exit codes: 0 done; 1 the daemon refuses, and says why; 2 wrong use; 4 it cannot be reached, or has failed.",
        "地址和令牌写在 /etc/yujing/ctl.yaml（url、token_file、ca_file），或由 --url、--token-file 指定。签发、更正、暂停、启用预案等操作须以动态口令登录："
        "yujing ctl login 账号。\n\n"
        "approve、issue、lift、break-glass 先说明后果，再确认一次：按方案的须输入指令条数，人工指定级别的须输入 yes；脚本中用 --count N 或 --yes，人工指定级别的用 --yes。未收到应答的操作以同一幂等键重试，只执行一次。\n\n"
        "退出码：0 已执行；1 守护进程拒绝并说明原因；2 用法错误；4 无法连接或运行失败。"},
    .run = cmd_ctl,
};
/* clang-format on */

static const struct {
    const char *name;
    ctl_action *run;
    int operands_max; /* more are not overlooked: who signs two plans in one command signs one */
} works[] = {
    {"status", ctl_status, 0},
    {"proposals", ctl_proposals, 0},
    {"show", ctl_show, 1},
    {"approve", ctl_approve, 1},
    {"hold", ctl_hold, 1},
    {"file", ctl_file, 1},
    {"issue", ctl_issue, 1},
    {"lift", ctl_lift, 1},
    {"break-glass", ctl_break_glass, 1},
    {"correct", ctl_correct, 1},
    {"withdraw", ctl_withdraw, 1},
    {"pause-dispatch", ctl_pause, 0},
    {"resume-dispatch", ctl_resume, 1},
    {"letters", ctl_letters, 8},
    {"letter", ctl_letter, 1},
    {"ack", ctl_ack, 2},
    {"reload", ctl_reload, 0},
    {"rollback", ctl_rollback, 1},
    {"generations", ctl_generations, 0},
    {"shadow", ctl_shadow, 1},
    {"hand-over", ctl_hand_over, 2},
    {"events", ctl_events, 1},
    {"decisions", ctl_decisions, 8},
    {"journal", ctl_journal, 8},
    {"ask-logger", ctl_ask_logger, 4},
    {"self-check", ctl_self_check, 1},
    {"backup", ctl_backup, 0},
    {"login", ctl_login, 1},
    {"logout", ctl_logout, 0},
};

static int one_too_many(const struct options *options, int most)
{
    return verb_misuse(&verb_ctl, tr("see `yujing man ctl`", "参见 yujing man ctl"),
                       tr("one operand too many: %s", "多余的参数：%s"), options->operands[most]);
}

int cmd_ctl(int argc, char **argv)
{
    struct options options;
    struct ctl ctl;
    int exit_code;
    if (!options_parse(&verb_ctl, argc, argv, &options, &exit_code))
        return exit_code;
    exit_code = EXIT_MISUSE;
    if (ctl_open(&ctl, &options))
        for (size_t i = 0; i < sizeof works / sizeof *works; i++)
            if (str_equal(works[i].name, options.action))
                exit_code = options.operand_count > works[i].operands_max
                                ? one_too_many(&options, works[i].operands_max)
                                : works[i].run(&ctl);
    ctl_close(&ctl);
    options_release(&options);
    return output_finish(exit_code);
}
