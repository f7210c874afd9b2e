/* Read, cut, and wiped again. */
#include "shell/secret_file.h"
#include "base/err.h"
#include "base/file.h"
#include "base/lang.h"
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SECRET_BYTES_MAX = 4096 };

int secret_file_read(char **ret_secret, const char *path, struct findings *findings)
{
    struct place place = {.file = path};
    struct stat info;
    char *text;
    size_t size;
    int err = file_read(path, SECRET_BYTES_MAX, &text, &size, findings);
    if (err < 0)
        return err;
    if (stat(path, &info) == 0 && (info.st_mode & S_IROTH))
        findings_add(
            findings, SEV_WARNING, "D064", place, tr("chmod 600", "请执行 chmod 600"),
            tr("every user of this machine may read this secret", "本机所有用户均可读取该密钥"));
    text[strcspn(text, "\r\n")] = 0;
    if (text[0]) {
        *ret_secret = text;
        return 0;
    }
    free(text);
    findings_add(findings, SEV_ERROR, "D051", place, NULL,
                 tr("the secret is empty", "密钥文件首行为空"));
    return ERR_INVALID;
}

void secret_file_free(char *secret)
{
    if (secret)
        OPENSSL_cleanse(secret, strlen(secret));
    free(secret);
}
