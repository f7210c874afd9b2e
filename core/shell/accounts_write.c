/* One form, so that two writings of equal accounts are equal bytes; comments are not kept. */
#include "shell/accounts_write.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A JSON string is a YAML one. */
static void put_text(struct buf *out, const char *indent, const char *key, const char *text)
{
    if (!text)
        return;
    buf_printf(out, "%s%s: ", indent, key);
    json_quote(out, text);
    buf_putc(out, '\n');
}

static void put_token(struct buf *out, const struct token *token)
{
    buf_printf(out, "      - sha256: %s\n        expires: ", token->sha256);
    instant_print(out, token->expires, 0);
    buf_putc(out, '\n');
    if (token->source_count == 0)
        return;
    buf_puts(out, "        sources: [");
    for (int i = 0; i < token->source_count; i++) {
        buf_puts(out, i > 0 ? ", " : "");
        json_quote(out, token->sources[i]);
    }
    buf_puts(out, "]\n");
}

static void put_account(struct buf *out, const struct account *account)
{
    put_text(out, "  - ", "name", account->name);
    buf_printf(out, "    role: %s\n", role_name(account->role));
    put_text(out, "    ", "recipient", account->recipient);
    put_text(out, "    ", "password", account->password);
    put_text(out, "    ", "seed", account->seed);
    if (account->disabled)
        buf_puts(out, "    disabled: true\n");
    if (account->token_count > 0)
        buf_puts(out, "    tokens:\n");
    for (int i = 0; i < account->token_count; i++)
        put_token(out, &account->tokens[i]);
}

int accounts_write(const struct accounts *accounts, const char *path, struct findings *findings)
{
    struct buf out = {0};
    buf_printf(&out,
               "# Accounts of yujing; written by `yujing account`.  Holds seeds of one-time codes: "
               "mode 0600.\nside: %s\naccounts:\n",
               accounts->drill ? "drill" : "live");
    for (int i = 0; i < accounts->count; i++)
        put_account(&out, &accounts->items[i]);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) /* writing keeps the mode of what was there */
        close(fd);
    /* No device can stand here: accounts are read before they are written, by file_read, which
     * refuses one. */
    int err = file_write_atomic(path, out.data, out.size, findings);
    if (err < 0 && fd >= 0)
        unlink(path);
    explicit_bzero(out.data, out.size);
    buf_release(&out);
    return err;
}

struct account *accounts_edit(struct accounts *accounts, const char *name, bool *ret_new)
{
    const struct account *old = accounts_find(accounts, name);
    size_t place = old ? (size_t)(old - accounts->items) : (size_t)accounts->count;
    size_t count = (size_t)accounts->count + !old;
    struct account *items = arena_alloc(&accounts->arena, count * sizeof *items);
    if (accounts->count > 0)
        memcpy(items, accounts->items, (size_t)accounts->count * sizeof *items);
    if (!old)
        items[place].name = arena_strdup(&accounts->arena, name);
    accounts->items = items;
    accounts->count = (int)count;
    *ret_new = !old;
    return &items[place];
}

void account_add_token(struct accounts *accounts, struct account *account,
                       const struct token *token)
{
    size_t count = (size_t)account->token_count;
    struct token *tokens = arena_alloc(&accounts->arena, (count + 1) * sizeof *tokens);
    if (count > 0)
        memcpy(tokens, account->tokens, count * sizeof *tokens);
    tokens[count] = *token;
    account->tokens = tokens;
    account->token_count++;
}
