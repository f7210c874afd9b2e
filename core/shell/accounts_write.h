/* Writing the accounts file: what `yujing account` changed, in one form, for the owner alone. */
#ifndef SHELL_ACCOUNTS_WRITE_H
#define SHELL_ACCOUNTS_WRITE_H

#include "shell/accounts.h"

/* Replaces the file as a whole, or leaves it; a new one is made with mode 0600.  ERR_IO with a
 * finding. */
int accounts_write(const struct accounts *accounts, const char *path, struct findings *findings);
/* A copy of the account of that name to be changed, in the arena; a new one, with nothing but its
 * name, when there is none. */
struct account *accounts_edit(struct accounts *accounts, const char *name, bool *ret_new);
/* One token more. */
void account_add_token(struct accounts *accounts, struct account *account,
                       const struct token *token);

#endif
