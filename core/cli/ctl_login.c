/* Logging in and out. */
#include "base/lang.h"
#include "base/xalloc.h"
#include "cli/ctl.h"
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* A line of standard input, on a terminal without showing it. */
static char *read_secret(const char *prompt)
{
    struct termios before, hidden;
    bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
    char line[512] = "";
    if (terminal) {
        hidden = before;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
        fputs(prompt, stderr);
    }
    bool read = fgets(line, sizeof line, stdin) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        putc('\n', stderr);
    }
    line[strcspn(line, "\r\n")] = 0;
    char *secret = read ? xstrdup(line) : NULL;
    explicit_bzero(line, sizeof line);
    return secret;
}

static void wipe(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

int ctl_login(struct ctl *ctl)
{
    const char *name;
    json_t *answer;
    if (!ctl_operand(ctl, 0, (struct text){"an account", "账号"}, &name))
        return EXIT_MISUSE;
    char *password = read_secret(tr("Password: ", "口令："));
    char *code = password ? read_secret(tr("One-time code: ", "动态口令：")) : NULL;
    json_t *body = json_pack("{s:s,s:s*,s:s*}", "name", name, "password", password, "code",
                             code && *code ? code : NULL);
    wipe(password);
    wipe(code);
    free(ctl->token);
    ctl->token = NULL;
    int exit_code = ctl_post(ctl, &answer, body, "login");
    if (exit_code == EXIT_OK)
        exit_code = ctl_keep_token(ctl, ctl_text(answer, "token"));
    if (exit_code == EXIT_OK)
        fprintf(stderr, tr("logged in as %s (%s)\n", "已登录：%s（%s）\n"),
                ctl_text(answer, "name"), ctl_text(answer, "role"));
    json_decref(answer);
    return exit_code;
}

int ctl_logout(struct ctl *ctl)
{
    json_t *answer;
    int exit_code = ctl_post(ctl, &answer, json_object(), "logout");
    json_decref(answer);
    if (exit_code == EXIT_OK) {
        unlink(ctl->token_file);
        if (!ctl->json)
            puts(tr("logged out", "已退出登录"));
    }
    return exit_code;
}
