/* Secrets of others (a gateway's password, a signing key), which the configuration only names a
 * file for: the first line of it is the secret. */
#ifndef SHELL_SECRET_FILE_H
#define SHELL_SECRET_FILE_H

struct findings;
/* ERR_… with findings: it cannot be read, or is empty.  A file that everyone may read is worth a
 * warning (D064). */
int secret_file_read(char **ret_secret, const char *path, struct findings *findings);
void secret_file_free(char *secret); /* wiped first; NULL is fine */

#endif
