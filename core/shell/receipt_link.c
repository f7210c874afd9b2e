/* The token: 16 bytes of letter id, 4 of its end in minutes, 16 of MAC, in URL-safe base64. */
#include "shell/receipt_link.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/lang.h"
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ID_BYTES = 16, END_BYTES = 4, MAC_BYTES = 16, BYTES = ID_BYTES + END_BYTES + MAC_BYTES };

/* ---- bytes and text ------------------------------------------------------ */

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_read(const char *text, size_t bytes, unsigned char *ret)
{
    for (size_t i = 0; i < bytes; i++) {
        int high = text[2 * i] ? digit(text[2 * i]) : -1;
        int low = high >= 0 ? digit(text[2 * i + 1]) : -1;
        if (low < 0)
            return false;
        ret[i] = (unsigned char)(high << 4 | low);
    }
    return text[2 * bytes] == 0;
}

static void hex_print(const unsigned char *bytes, size_t size, char *ret)
{
    for (size_t i = 0; i < size; i++) {
        ret[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        ret[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    ret[2 * size] = 0;
}

static void exchange(char *text, const char *from, const char *to)
{
    for (; *text; text++)
        for (int i = 0; i < 2; i++)
            if (*text == from[i]) {
                *text = to[i];
                break;
            }
}

/* ---- the token ------------------------------------------------------------ */

static void mac_of(const struct receipt_key *key, const unsigned char *said,
                   unsigned char ret[MAC_BYTES])
{
    static const char live[] = "yujing receipt live", drill[] = "yujing receipt drill";
    unsigned char hash[HASH_BYTES];
    struct buf bytes = {0};
    const char *side = key->drill ? drill : live;
    buf_add(&bytes, side, strlen(side) + 1);
    buf_add(&bytes, said, ID_BYTES + END_BYTES);
    hash_keyed(key->bytes, sizeof key->bytes, bytes.data, bytes.size, hash);
    memcpy(ret, hash, MAC_BYTES);
    buf_release(&bytes);
}

void receipt_token(const struct receipt_key *key, const char *letter, instant_ms expires,
                   char ret_token[RECEIPT_TOKEN_SIZE])
{
    unsigned char bytes[BYTES];
    struct buf text = {0};
    uint32_t end = (uint32_t)(expires / MINUTE_MS);
    ret_token[0] = 0;
    if (!hex_read(letter, ID_BYTES, bytes))
        return;
    for (int i = 0; i < END_BYTES; i++)
        bytes[ID_BYTES + i] = (unsigned char)(end >> (8 * (END_BYTES - 1 - i)));
    mac_of(key, bytes, bytes + ID_BYTES + END_BYTES);
    base64_add(&text, bytes, BYTES);
    memcpy(ret_token, buf_str(&text), RECEIPT_TOKEN_SIZE);
    exchange(ret_token, "+/", "-_");
    buf_release(&text);
}

int receipt_token_read(const struct receipt_key *key, const char *token, instant_ms now,
                       char ret_letter[RECEIPT_LETTER_SIZE])
{
    unsigned char mac[MAC_BYTES];
    char text[RECEIPT_TOKEN_SIZE];
    struct buf bytes = {0};
    if (strlen(token) != RECEIPT_TOKEN_SIZE - 1 || strpbrk(token, "+/="))
        return ERR_INVALID;
    memcpy(text, token, sizeof text);
    exchange(text, "-_", "+/");
    int err = base64_read(&bytes, text, sizeof text - 1);
    const unsigned char *said = (const unsigned char *)bytes.data;
    if (err == 0 && bytes.size == BYTES) {
        uint32_t end = 0;
        for (int i = 0; i < END_BYTES; i++)
            end = end << 8 | said[ID_BYTES + i];
        mac_of(key, said, mac);
        if (!hash_equal(mac, said + ID_BYTES + END_BYTES, MAC_BYTES))
            err = ERR_INVALID;
        else if (now >= (instant_ms)end * MINUTE_MS)
            err = ERR_LIMIT;
        else
            hex_print(said, ID_BYTES, ret_letter);
    } else {
        err = ERR_INVALID;
    }
    buf_release(&bytes);
    return err;
}

/* ---- the key --------------------------------------------------------------- */

static int refuse(const char *path, const char *code, const char *hint, const char *message,
                  struct findings *findings)
{
    findings_add(findings, SEV_ERROR, code, (struct place){.file = path}, hint, "%s", message);
    return ERR_INVALID;
}

static int make_key(const char *path, struct findings *findings)
{
    unsigned char bytes[HASH_BYTES];
    char text[HASH_HEX + 1];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        abort();
    hash_hex(bytes, text);
    text[HASH_HEX - 1] = '\n';
    bool written = fd >= 0 && write(fd, text, HASH_HEX) == HASH_HEX && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return written ? 0
                   : refuse(path, "U010", NULL,
                            tr("the key of the receipt page cannot be written",
                               "无法写入回执页面密钥文件"),
                            findings);
}

int receipt_key_read(struct receipt_key *ret_key, const char *path, bool drill,
                     struct findings *findings)
{
    struct stat about;
    char *text;
    size_t size;
    if (access(path, F_OK) < 0) {
        int err = make_key(path, findings);
        if (err < 0)
            return err;
    }
    if (stat(path, &about) == 0 && (about.st_mode & 077) != 0)
        return refuse(
            path, "U011", tr("chmod 600", "请执行 chmod 600"),
            tr("others may read the key of the receipt page", "回执页面密钥文件可被其他用户读取"),
            findings);
    int err = file_read(path, 4096, &text, &size, findings);
    if (err < 0)
        return err;
    text[strcspn(text, "\r\n")] = 0;
    bool good = hex_read(text, HASH_BYTES, ret_key->bytes);
    explicit_bzero(text, size);
    free(text);
    ret_key->drill = drill;
    return good ? 0
                : refuse(path, "U012",
                         tr("remove the file: a new key is made; links sent before then end",
                            "删除该文件将生成新密钥，此前发出的链接随之失效"),
                         tr("not a key of 64 hexadecimal digits", "不是 64 位十六进制密钥"),
                         findings);
}
