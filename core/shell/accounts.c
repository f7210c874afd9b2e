/* Roles and rights, and the accounts file. */
#include "shell/accounts.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/yaml.h"
#include "model/schema.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_BYTES = 4 << 20, ACCOUNTS_MAX = 20000 };

static const char *const role_words[ROLES + 1] = {"author",     "approver", "dispatcher",
                                                  "enterprise", "auditor",  "sysadmin",
                                                  "planner",    "source",   "monitor"};
static const char *const role_titles[ROLES][2] = {
    {"author", "编制"},
    {"approver", "审批"},
    {"duty officer", "值班调度"},
    {"enterprise", "企业"},
    {"auditor", "审计"},
    {"system administrator", "系统管理"},
    {"drill planner", "演练导调"},
    {"source", "数据来源"},
    {"monitor", "监控"},
};
static const char *const right_words[RIGHTS] = {"none",  "status",  "orders",   "own",    "ingest",
                                                "hold",  "approve", "dispatch", "policy", "reload",
                                                "audit", "admin",   "metrics",  "drill"};

#define MAY(right) (1u << RIGHT_##right)
/* Who approves does not edit, who edits does not release, who audits writes nothing, who
 * administers sees no letters. */
static const unsigned rights_of[ROLES] = {
    [ROLE_AUTHOR] = MAY(STATUS) | MAY(POLICY),
    [ROLE_APPROVER] = MAY(STATUS) | MAY(ORDERS) | MAY(HOLD) | MAY(APPROVE) | MAY(RELOAD),
    [ROLE_DISPATCHER] = MAY(STATUS) | MAY(ORDERS) | MAY(HOLD) | MAY(DISPATCH),
    [ROLE_ENTERPRISE] = MAY(OWN),
    [ROLE_AUDITOR] = MAY(STATUS) | MAY(ORDERS) | MAY(AUDIT) | MAY(METRICS),
    [ROLE_SYSADMIN] = MAY(STATUS) | MAY(ADMIN) | MAY(METRICS),
    [ROLE_PLANNER] = 0,
    [ROLE_SOURCE] = MAY(INGEST),
    [ROLE_MONITOR] = MAY(METRICS),
};
static const unsigned planner_in_drill =
    MAY(STATUS) | MAY(ORDERS) | MAY(HOLD) | MAY(INGEST) | MAY(DRILL);

const char *right_name(enum right right)
{
    return right_words[right];
}

const char *role_name(enum role role)
{
    return role_words[role];
}

const char *role_title(enum role role)
{
    return tr(role_titles[role][0], role_titles[role][1]);
}

int role_of(const char *name)
{
    int role = schema_word(role_words, name);
    return role < 0 ? ERR_NOT_FOUND : role;
}

bool role_may(enum role role, enum right right, bool drill)
{
    if (right == RIGHT_NONE)
        return true;
    unsigned rights = role == ROLE_PLANNER && drill ? planner_in_drill : rights_of[role];
    return rights >> right & 1;
}

bool role_is_machine(enum role role)
{
    return role == ROLE_SOURCE || role == ROLE_MONITOR;
}

bool right_needs_code(enum right right)
{
    return right == RIGHT_APPROVE || right == RIGHT_DISPATCH || right == RIGHT_RELOAD;
}

/* ---- the file ---------------------------------------------------------- */

struct read_account {
    struct account account;
    int role;
    const struct yaml *tokens;
};
struct read_token {
    const char *sha256;
    const struct yaml *expires, *sources;
};
#define ACCOUNT(member) offsetof(struct read_account, member)
static const struct field account_fields[] = {
    FIELD("name", FIELD_ID, ACCOUNT(account.name), .required = true),
    FIELD("role", FIELD_WORD, ACCOUNT(role), .required = true, .words = role_words),
    FIELD("password", FIELD_TEXT, ACCOUNT(account.password)),
    FIELD("seed", FIELD_TEXT, ACCOUNT(account.seed)),
    FIELD("recipient", FIELD_ID, ACCOUNT(account.recipient)),
    FIELD("disabled", FIELD_BOOL, ACCOUNT(account.disabled)),
    FIELD("tokens", FIELD_LIST, ACCOUNT(tokens), .low = 0, .high = 16),
};
static const struct field token_fields[] = {
    FIELD("sha256", FIELD_TEXT, offsetof(struct read_token, sha256), .required = true),
    FIELD("expires", FIELD_NODE, offsetof(struct read_token, expires), .required = true),
    FIELD("sources", FIELD_TEXTS, offsetof(struct read_token, sources), .low = 1, .high = 64),
};
struct read_top {
    const struct yaml *accounts;
    int side;
};
static const char *const side_words[] = {"live", "drill", NULL};
static const struct field top_fields[] = {
    FIELD("side", FIELD_WORD, offsetof(struct read_top, side), .words = side_words),
    FIELD("accounts", FIELD_LIST, offsetof(struct read_top, accounts), .required = true, .low = 1,
          .high = ACCOUNTS_MAX),
};
#define SCHEMA(english_, chinese_, fields_)                          \
    {                                                                \
        .english = english_, .chinese = chinese_, .fields = fields_, \
        .count = sizeof(fields_) / sizeof *(fields_)                 \
    }
static const struct schema account_schema = SCHEMA("an account", "账号", account_fields);
static const struct schema token_schema = SCHEMA("a token", "令牌", token_fields);
static const struct schema top_schema = SCHEMA("the accounts", "账号文件", top_fields);

static bool is_hash(const char *text)
{
    return strlen(text) == HASH_HEX - 1 && strspn(text, "0123456789abcdef") == HASH_HEX - 1;
}

static void read_token(struct arena *arena, const struct yaml *node, struct token *ret_token,
                       struct findings *findings)
{
    struct read_token read = {0};
    if (!schema_read(&token_schema, node, &read, findings))
        return;
    if (!is_hash(read.sha256))
        findings_add(findings, SEV_ERROR, "U003", yaml_place(yaml_get(node, "sha256")),
                     tr("`yujing account token NAME` makes one", "请用 yujing account token 生成"),
                     tr("not the SHA-256 of a token", "不是令牌的 SHA-256"));
    ret_token->sha256 = read.sha256;
    yaml_instant(read.expires, 0, &ret_token->expires, findings);
    schema_texts(arena, read.sources, &ret_token->sources, &ret_token->source_count);
}

/* What a role must and must not have. */
static void check_account(const struct account *account, const struct yaml *node,
                          struct findings *findings)
{
    if ((account->role == ROLE_ENTERPRISE) != (account->recipient != NULL))
        findings_add(findings, SEV_ERROR, "U004", yaml_place(node),
                     tr("`recipient:` is the registry id whose orders it sees",
                        "recipient 为减排清单编号，账号只能查看该企业的指令"),
                     tr("an enterprise's account names its recipient, and no other does",
                        "企业账号须写明 recipient，其他账号不得填写"));
    if (role_is_machine(account->role) && account->password)
        findings_add(findings, SEV_ERROR, "U005", yaml_place(node),
                     tr("give it a token", "请使用令牌"),
                     tr("a machine has no password", "机器账号不设口令"));
}

static void read_account(struct arena *arena, const struct yaml *node, struct account *ret_account,
                         struct findings *findings)
{
    struct read_account read = {0};
    if (!schema_read(&account_schema, node, &read, findings))
        return;
    read.account.role = (enum role)read.role;
    int count = read.tokens ? (int)read.tokens->count : 0;
    struct token *tokens = arena_alloc(arena, (size_t)(count + 1) * sizeof *tokens);
    for (int i = 0; i < count; i++)
        read_token(arena, read.tokens->items[i], &tokens[i], findings);
    read.account.tokens = tokens;
    read.account.token_count = count;
    check_account(&read.account, node, findings);
    *ret_account = read.account;
}

static void check_names(const struct accounts *accounts, const struct yaml *list,
                        struct findings *findings)
{
    for (int i = 0; i < accounts->count; i++)
        for (int j = 0; accounts->items[i].name && j < i; j++)
            if (accounts->items[j].name &&
                str_equal(accounts->items[i].name, accounts->items[j].name)) {
                findings_add(findings, SEV_ERROR, "U002", yaml_place(list->items[i]),
                             tr("names are unique", "账号名称不得重复"),
                             tr("account %s stands here twice", "账号 %s 重复"),
                             accounts->items[i].name);
                break;
            }
}

static bool is_private(const char *path, struct findings *findings)
{
    struct stat stat_;
    if (stat(path, &stat_) < 0 || (stat_.st_mode & 077) == 0)
        return true; /* a file that is not there is file_read's to tell */
    findings_add(findings, SEV_ERROR, "U001", (struct place){.file = path},
                 tr("chmod 600", "请执行 chmod 600"),
                 tr("others may read the accounts file", "账号文件可被其他用户读取"));
    return false;
}

static int read_list(struct accounts *accounts, const struct yaml *list, struct findings *findings)
{
    struct account *items = arena_alloc(&accounts->arena, (size_t)list->count * sizeof *items);
    for (int i = 0; i < (int)list->count; i++)
        read_account(&accounts->arena, list->items[i], &items[i], findings);
    accounts->items = items;
    accounts->count = (int)list->count;
    check_names(accounts, list, findings);
    return findings->errors > 0 ? ERR_INVALID : 0;
}

int accounts_read(struct accounts *ret_accounts, const char *path, struct findings *findings)
{
    char *text;
    size_t size;
    memset(ret_accounts, 0, sizeof *ret_accounts);
    if (!is_private(path, findings))
        return ERR_INVALID;
    int err = file_read(path, FILE_BYTES, &text, &size, findings);
    if (err < 0)
        return err;
    const char *name = arena_strdup(&ret_accounts->arena, path);
    const struct yaml *root = yaml_read(&ret_accounts->arena, name, text, size, findings);
    free(text);
    struct read_top top = {0};
    if (!root || !schema_read(&top_schema, root, &top, findings))
        return ERR_INVALID;
    ret_accounts->drill = top.side == 1;
    return read_list(ret_accounts, top.accounts, findings);
}

void accounts_release(struct accounts *accounts)
{
    arena_release(&accounts->arena);
    memset(accounts, 0, sizeof *accounts);
}

/* ---- finding ----------------------------------------------------------- */

const struct account *accounts_find(const struct accounts *accounts, const char *name)
{
    for (int i = 0; i < accounts->count; i++)
        if (str_equal(accounts->items[i].name, name))
            return &accounts->items[i];
    return NULL;
}

/* All are compared, so that the time says nothing about where the right one stands. */
const struct account *accounts_of_token(const struct accounts *accounts, const char *token,
                                        instant_ms now, const struct token **ret_token)
{
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX];
    const struct account *found = NULL;
    hash_of(token, strlen(token), hash);
    hash_hex(hash, hex);
    for (int i = 0; i < accounts->count; i++)
        for (int j = 0; j < accounts->items[i].token_count; j++) {
            const struct token *kept = &accounts->items[i].tokens[j];
            if (!secret_equal(kept->sha256, hex) || now >= kept->expires)
                continue;
            found = &accounts->items[i];
            *ret_token = kept;
        }
    return found && !found->disabled ? found : NULL;
}

bool token_may_speak_for(const struct token *token, const char *source)
{
    for (int i = 0; i < token->source_count; i++)
        if (str_starts(source, token->sources[i]))
            return true;
    return token->source_count == 0;
}
