/* yujing account: who may do what on a daemon; its file is accounts.yaml.
 *
 * Secrets are shown once, when they are made: the file keeps only what proves them. */
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/str.h"
#include "cli/cmd.h"
#include "cli/output.h"
#include "model/schema.h"
#include "shell/accounts_write.h"
#include "shell/clock.h"
#include "shell/secret.h"
#include <string.h>
#include <unistd.h>

/* clang-format off */
static const struct example examples[] = {
    {"yujing account add accounts.yaml wang --role approver", {"a person: password and one-time code", "人员：口令和动态口令"}},
    {"yujing account add accounts.yaml gw --role source", {"a machine", "机器"}},
    {"yujing account token accounts.yaml gw --days 90", {"a token for it", "为其签发令牌"}},
    {"yujing account disable accounts.yaml wang", {"at once, without a restart", "立即停用，无须重启"}},
    {0},
};
static const struct action actions[] = {
    {"add", {"add FILE NAME --role ROLE", "新增：add 文件 账号 --role 角色"}},
    {"disable", {"disable FILE NAME", "停用：disable 文件 账号"}},
    {"token", {"token FILE NAME [--days N] [--source PREFIX]", "签发令牌：token 文件 账号 [--days N]"}},
    {"list", {"list FILE", "列出：list 文件"}},
    {0},
};
static const struct option options_account[] = {
    {0, "role", OPTION_VALUE, "ROLE", COMPLETE_NOTHING, {"of a new account, as approver", "新账号的角色，如 approver"}, NULL},
    {0, "recipient", OPTION_VALUE, "ID", COMPLETE_NOTHING, {"of an enterprise: whose letters it sees", "企业账号对应的减排清单编号"}, NULL},
    {0, "side", OPTION_VALUE, "live|drill", COMPLETE_NOTHING, {"of a new file", "新文件用于实战还是演练"}, "live"},
    {0, "days", OPTION_VALUE, "N", COMPLETE_NOTHING, {"until a token ends", "令牌有效天数"}, "365"},
    {0, "source", OPTION_LIST, "PREFIX", COMPLETE_NOTHING, {"a token may report as this", "令牌可使用的来源前缀"}, NULL},
    OPTION_OUTPUT("text|json"),
    {0},
};
const struct verb verb_account = {
    .name = "account",
    .summary = {"accounts of the daemon: people, enterprises, machines", "守护进程的账号：人员、企业、机器"},
    .synopsis = "add|disable|token|list FILE [NAME]",
    .examples = examples,
    .options = options_account,
    .actions = actions,
    .operands_min = 1,
    .operands_max = 2,
    .completion = COMPLETE_FILE,
    .description = {
        "People get a password and the seed of a one-time code, as an otpauth: address for an authenticator; machines (source, monitor) and "
        "enterprises get tokens. Each is shown once; the file keeps scrypt and SHA-256 of them, and the seed. It is written whole, with mode "
        "0600, and a running daemon takes it over within a second.\n\n"
        "Roles: author edits policies; approver signs plans; dispatcher acts by hand, corrects and withdraws; enterprise sees and answers its own "
        "letters; auditor reads everything; sysadmin keeps accounts and backups and sees no letters; planner steers drills; source reports; "
        "monitor scrapes. Nobody has two roles.\n\n"
        "What releases or stops something needs a log-in with a one-time code; tokens never suffice. A file with `side: drill` is refused by a "
        "living daemon, and the other way round.",
        "人员账号生成口令和动态口令种子（otpauth: 地址可导入验证器）；机器（source、monitor）和企业使用令牌。各项仅显示一次，文件中只保存 scrypt 与 "
        "SHA-256 摘要及种子。文件整体改写，权限 0600，运行中的守护进程一秒内自动生效。\n\n"
        "角色：author 编制，approver 审批，dispatcher 值班调度（人工发布、更正、撤回），enterprise 企业（查看并回执本单位信件），auditor 审计（只读），"
        "sysadmin 系统管理（账号与备份，不可查看信件），planner 演练导调，source 数据上报，monitor 监控。一人一个角色。\n\n"
        "凡发布或中止的操作均须以动态口令登录，令牌无效。写有 side: drill 的文件不能用于实战守护进程，反之亦然。"},
    .run = cmd_account,
};
/* clang-format on */

struct job {
    const struct options *options;
    const char *path, *name;
    struct accounts accounts;
    struct findings findings;
    struct json_writer writer;
    struct buf json; /* what is shown, once */
};

/* ---- reading and writing ----------------------------------------------------------- */

static bool read_file(struct job *job, bool may_be_new)
{
    if (may_be_new && access(job->path, F_OK) < 0) {
        job->accounts.drill = str_equal(option_value(job->options, "side"), "drill");
        return true;
    }
    if (accounts_read(&job->accounts, job->path, &job->findings) == 0)
        return true;
    findings_print(stderr, &job->findings, FORM_TEXT);
    return false;
}

static void show(struct job *job, const char *key, struct text words, const char *value)
{
    if (options_form(job->options) != FORM_TEXT) {
        jw_key(&job->writer, key);
        jw_text(&job->writer, value);
        return;
    }
    print_padded(stdout, text_of(words), 22);
    printf("%s\n", value);
}

/* Nothing is shown that was not written, and nothing written that could not be read again. */
static int write_file(struct job *job)
{
    struct accounts again = {0};
    if (accounts_write(&job->accounts, job->path, &job->findings) < 0 ||
        accounts_read(&again, job->path, &job->findings) < 0) {
        findings_print(stderr, &job->findings, FORM_TEXT);
        accounts_release(&again);
        return EXIT_RUNTIME;
    }
    accounts_release(&again);
    return EXIT_OK;
}

/* ---- add ------------------------------------------------------------------------------ */

/* 100 bits, in groups that can be read out. */
static void make_password(char ret[26])
{
    char letters[SEED_SIZE];
    secret_seed(letters);
    int filled = 0;
    for (int i = 0; i < 20; i++) {
        if (i > 0 && i % 4 == 0)
            ret[filled++] = '-';
        ret[filled++] = letters[i];
    }
    ret[filled] = 0;
    explicit_bzero(letters, sizeof letters);
}

static void give_password(struct job *job, struct account *account, char ret_password[26])
{
    char seed[SEED_SIZE], hash[PASSWORD_HASH_SIZE];
    make_password(ret_password);
    secret_seed(seed);
    secret_password_hash(ret_password, hash);
    account->password = arena_strdup(&job->accounts.arena, hash);
    account->seed = arena_strdup(&job->accounts.arena, seed);
    explicit_bzero(seed, sizeof seed);
}

static void show_new(struct job *job, const struct account *account, const char *password)
{
    show(job, "name", (struct text){"account", "账号"}, account->name);
    show(job, "role", (struct text){"role", "角色"}, role_name(account->role));
    if (!account->seed)
        return;
    char *uri =
        arena_printf(&job->accounts.arena, "otpauth://totp/yujing:%s?secret=%s&issuer=yujing",
                     account->name, account->seed);
    show(job, "password", (struct text){"password", "口令"}, password);
    show(job, "seed", (struct text){"one-time code seed", "动态口令种子"}, account->seed);
    show(job, "otpauth", (struct text){"for an authenticator", "验证器导入地址"}, uri);
}

/* What the file could not be read with must never get into it: a daemon keeps the old accounts
 * then, and nobody could be disabled. */
static bool can_be_named(const char *text)
{
    if (schema_is_id(text))
        return true;
    verb_misuse(&verb_account,
                tr("no blanks, slashes, commas, quotes or braces; at most 64 bytes",
                   "不得含空格、斜杠、逗号、引号、花括号，最长 64 字节"),
                tr("“%s” cannot be a name in the file", "“%s”不能用作账号或企业编号"), text);
    return false;
}

static int add(struct job *job)
{
    const char *word = option_value(job->options, "role");
    const char *recipient = option_value(job->options, "recipient");
    bool new;
    if (!word)
        return verb_misuse(&verb_account, tr("as --role dispatcher", "如 --role dispatcher"),
                           tr("a new account needs a role", "新增账号须指定角色"));
    int number = role_of(word);
    if (number < 0)
        return verb_misuse(&verb_account,
                           "author approver dispatcher enterprise auditor sysadmin planner source "
                           "monitor",
                           tr("there is no role %s", "没有角色 %s"), word);
    enum role role = (enum role)number;
    if ((role == ROLE_ENTERPRISE) != (recipient != NULL))
        return verb_misuse(&verb_account, tr("its id in the registry", "减排清单中的企业编号"),
                           tr("--recipient goes with the role enterprise, and only with it",
                              "--recipient 与角色 enterprise 须同时使用"));
    if (!can_be_named(job->name) || (recipient && !can_be_named(recipient)))
        return EXIT_MISUSE;
    if (!read_file(job, true))
        return EXIT_MISUSE;
    struct account *account = accounts_edit(&job->accounts, job->name, &new);
    if (!new) {
        verb_complain(&verb_account, tr("there is an account %s already", "账号 %s 已存在"),
                      job->name);
        return EXIT_FOUND;
    }
    account->role = role;
    account->recipient = recipient;
    char password[26] = "";
    if (!role_is_machine(role))
        give_password(job, account, password);
    int exit_code = write_file(job);
    if (exit_code == EXIT_OK)
        show_new(job, account, password);
    explicit_bzero(password, sizeof password);
    return exit_code;
}

/* ---- token, disable, list ---------------------------------------------------------------- */

static struct account *find(struct job *job)
{
    bool new;
    if (!read_file(job, false))
        return NULL;
    if (accounts_find(&job->accounts, job->name))
        return accounts_edit(&job->accounts, job->name, &new);
    verb_complain(&verb_account, tr("there is no account %s", "没有账号 %s"), job->name);
    return NULL;
}

static void read_sources(struct job *job, struct token *token)
{
    int count = option_count(job->options, "source"), position = 0;
    const char **sources = arena_alloc(&job->accounts.arena, (size_t)(count + 1) * sizeof *sources);
    for (int i = 0; i < count; i++)
        sources[i] = option_next(job->options, "source", &position);
    token->sources = sources;
    token->source_count = count;
}

static int token(struct job *job)
{
    int64_t days = 365;
    char text[TOKEN_SIZE], hex[HASH_HEX];
    unsigned char hash[HASH_BYTES];
    struct token made = {0};
    struct clock clock = clock_wall();
    struct buf ends = {0};
    if (!option_int(job->options, "days", 1, 3660, &days))
        return EXIT_MISUSE;
    struct account *account = find(job);
    if (!account)
        return EXIT_FOUND;
    secret_token(text);
    hash_of(text, strlen(text), hash);
    hash_hex(hash, hex);
    made.sha256 = arena_strdup(&job->accounts.arena, hex);
    made.expires = clock_now(&clock) / SECOND_MS * SECOND_MS + days * DAY_MS;
    read_sources(job, &made);
    account_add_token(&job->accounts, account, &made);
    instant_print(&ends, made.expires, 8 * HOUR_MS);
    int exit_code = write_file(job);
    if (exit_code == EXIT_OK) {
        show(job, "token", (struct text){"token", "令牌"}, text);
        show(job, "expires", (struct text){"until", "有效期至"}, buf_str(&ends));
    }
    explicit_bzero(text, sizeof text);
    buf_release(&ends);
    return exit_code;
}

static int disable(struct job *job)
{
    struct account *account = find(job);
    if (!account)
        return EXIT_FOUND;
    account->disabled = true;
    int exit_code = write_file(job);
    if (exit_code == EXIT_OK)
        show(job, "disabled", (struct text){"disabled", "已停用"}, account->name);
    return exit_code;
}

static void list_json(struct job *job)
{
    jw_key(&job->writer, "accounts");
    jw_begin(&job->writer, '[');
    for (int i = 0; i < job->accounts.count; i++) {
        const struct account *account = &job->accounts.items[i];
        jw_begin(&job->writer, '{');
        jw_key(&job->writer, "name");
        jw_text(&job->writer, account->name);
        jw_key(&job->writer, "role");
        jw_text(&job->writer, role_name(account->role));
        jw_key(&job->writer, "recipient");
        jw_text(&job->writer, account->recipient);
        jw_key(&job->writer, "code");
        jw_bool(&job->writer, account->seed != NULL);
        jw_key(&job->writer, "tokens");
        jw_int(&job->writer, account->token_count);
        jw_key(&job->writer, "disabled");
        jw_bool(&job->writer, account->disabled);
        jw_end(&job->writer, '}');
    }
    jw_end(&job->writer, ']');
}

static int list(struct job *job)
{
    static const struct table_column columns[] = {
        {{"account", "账号"}, false},  {{"role", "角色"}, false},  {{"of", "单位"}, false},
        {{"code", "动态口令"}, false}, {{"tokens", "令牌"}, true}, {{"state", "状态"}, false}};
    if (!read_file(job, false))
        return EXIT_MISUSE;
    if (options_form(job->options) != FORM_TEXT) {
        list_json(job);
        return EXIT_OK;
    }
    struct table *table = table_new(columns, 6);
    for (int i = 0; i < job->accounts.count; i++) {
        const struct account *account = &job->accounts.items[i];
        table_cell(table, INK_BOLD, "%s", account->name);
        table_cell(table, INK_NONE, "%s", role_title(account->role));
        table_cell(table, INK_NONE, "%s", account->recipient ? account->recipient : "");
        table_cell(table, INK_NONE, "%s", account->seed ? tr("yes", "有") : "");
        table_cell(table, INK_NONE, "%d", account->token_count);
        table_cell(table, account->disabled ? INK_RED : INK_NONE, "%s",
                   account->disabled ? tr("disabled", "停用") : "");
    }
    table_print(stdout, table, 0);
    table_free(table);
    return EXIT_OK;
}

/* ---- the verb ------------------------------------------------------------------------------ */

static int run(struct job *job)
{
    static const struct {
        const char *name;
        int operands;
        int (*run)(struct job *job);
    } works[] = {{"add", 2, add}, {"disable", 2, disable}, {"token", 2, token}, {"list", 1, list}};
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
        if (!str_equal(job->options->action, works[i].name))
            continue;
        return options_operands(job->options, works[i].operands) ? works[i].run(job) : EXIT_MISUSE;
    }
    return EXIT_MISUSE;
}

int cmd_account(int argc, char **argv)
{
    struct options options;
    int exit_code;
    if (!options_parse(&verb_account, argc, argv, &options, &exit_code))
        return exit_code;
    struct job job = {.options = &options,
                      .path = options.operands[0],
                      .name = options.operand_count > 1 ? options.operands[1] : NULL};
    bool json = options_form(&options) != FORM_TEXT;
    job.writer.buf = &job.json;
    jw_begin(&job.writer, '{');
    jw_key(&job.writer, "schema_version");
    jw_int(&job.writer, 1);
    exit_code = run(&job);
    jw_end(&job.writer, '}');
    if (json && exit_code == EXIT_OK)
        puts(buf_str(&job.json));
    if (job.json.data)
        explicit_bzero(job.json.data, job.json.size);
    buf_release(&job.json);
    accounts_release(&job.accounts);
    findings_release(&job.findings);
    options_release(&options);
    return output_finish(exit_code);
}
