/* Writing for people and for programs.
 *
 * The choice of colour is made once, from the command line and the environment, and asked per
 * stream, so that `yujing replay … > file` is plain while its messages on the terminal are not. */
#include "cli/output.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/str.h"
#include "cli/cmd.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static enum { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER } colour_when;

void colour_choose(const char *when)
{
    colour_when = COLOUR_AUTO;
    if (str_equal(when, "always"))
        colour_when = COLOUR_ALWAYS;
    else if (str_equal(when, "never"))
        colour_when = COLOUR_NEVER;
}

static bool variable_set(const char *name)
{
    const char *value = getenv(name);
    return value && value[0];
}

bool is_screen(FILE *stream)
{
    return isatty(fileno(stream)) && variable_set("TERM") && !str_equal(getenv("TERM"), "dumb");
}

bool colour_used(FILE *stream)
{
    if (colour_when != COLOUR_AUTO)
        return colour_when == COLOUR_ALWAYS;
    if (variable_set("NO_COLOR"))
        return false;
    if (variable_set("CLICOLOR_FORCE"))
        return !str_equal(getenv("CLICOLOR_FORCE"), "0");
    return is_screen(stream);
}

const char *ink(FILE *stream, enum ink ink)
{
    static const char *const escapes[] = {
        [INK_NONE] = "",
        [INK_BOLD] = "\033[1m",
        [INK_DIM] = "\033[2m",
        [INK_RED] = "\033[1;31m",
        [INK_ORANGE] = "\033[1;38;5;208m",
        [INK_YELLOW] = "\033[1;33m",
        [INK_GREEN] = "\033[32m",
        [INK_BLUE] = "\033[34m",
        [INK_CYAN] = "\033[36m",
    };
    return colour_used(stream) ? escapes[ink] : "";
}

const char *ink_end(FILE *stream)
{
    return colour_used(stream) ? "\033[0m" : "";
}

enum ink level_ink(const char *level)
{
    static const struct {
        const char *name;
        enum ink ink;
    } inks[] = {
        {"red", INK_RED}, {"orange", INK_ORANGE}, {"yellow", INK_YELLOW}, {"blue", INK_BLUE}};
    for (size_t i = 0; i < sizeof inks / sizeof *inks; i++)
        if (str_equal(inks[i].name, level))
            return inks[i].ink;
    return level ? INK_BOLD : INK_GREEN;
}

enum form options_form(const struct options *options)
{
    const char *form = option_value(options, "output");
    if (str_equal(form, "json"))
        return FORM_JSON;
    return str_equal(form, "jsonl") ? FORM_JSONL : FORM_TEXT;
}

/* The character at `text` in bytes, or 0 where it is not valid UTF-8. */
static size_t character_size(const char *text)
{
    size_t size = 1;
    while (size < 4 && ((unsigned char)text[size] & 0xc0) == 0x80)
        size++;
    return str_utf8_bad(text, size) == size ? size : 0;
}

/* What a terminal obeys instead of showing: C0 and C1 controls, and the marks that turn the
 * direction of writing or break lines (U+200E, U+200F, U+2028 … U+202E, U+2066 … U+2069). */
static bool is_obeyed(const char *text, size_t size)
{
    const unsigned char *c = (const unsigned char *)text;
    if (size == 1)
        return c[0] < 0x20 || c[0] == 0x7f;
    if (size == 2)
        return c[0] == 0xc2 && c[1] < 0xa0;
    return size == 3 && c[0] == 0xe2 &&
           ((c[1] == 0x80 && (c[2] == 0x8e || c[2] == 0x8f || (c[2] >= 0xa8 && c[2] <= 0xae))) ||
            (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9));
}

void print_harmless(FILE *stream, const char *text)
{
    while (*text) {
        size_t size = character_size(text);
        bool shown = size > 0 && !is_obeyed(text, size);
        size += size == 0;
        for (size_t i = 0; i < size; i++)
            fprintf(stream, shown ? "%c" : "\\x%02x", (unsigned char)text[i]);
        text += size;
    }
}

static const char *severity_key(enum severity severity)
{
    return severity == SEV_ERROR ? "error" : severity == SEV_WARNING ? "warning" : "review";
}

static const char *severity_word(enum severity severity)
{
    if (severity == SEV_ERROR)
        return tr("error", "错误");
    return severity == SEV_WARNING ? tr("warning", "警告") : tr("review", "待审");
}

static void finding_print_text(FILE *stream, const struct finding *finding)
{
    static const enum ink inks[] = {
        [SEV_ERROR] = INK_RED, [SEV_WARNING] = INK_YELLOW, [SEV_REVIEW] = INK_CYAN};
    fputs(ink(stream, INK_BOLD), stream);
    print_harmless(stream, finding->file[0] ? finding->file : "yujing");
    if (finding->line > 0)
        fprintf(stream, ":%d", finding->line);
    if (finding->line > 0 && finding->col > 0)
        fprintf(stream, ":%d", finding->col);
    fprintf(stream, ":%s %s%s[%s]%s: ", ink_end(stream), ink(stream, inks[finding->severity]),
            severity_word(finding->severity), finding->code, ink_end(stream));
    print_harmless(stream, finding->message);
    fputc('\n', stream);
    if (!finding->hint)
        return;
    fprintf(stream, "  %s%s", ink(stream, INK_DIM), tr("hint: ", "提示："));
    print_harmless(stream, finding->hint);
    fprintf(stream, "%s\n", ink_end(stream));
}

static void finding_write(struct json_writer *writer, const struct finding *finding)
{
    jw_begin(writer, '{');
    jw_key(writer, "file");
    jw_text(writer, finding->file);
    jw_key(writer, "line");
    jw_int(writer, finding->line);
    jw_key(writer, "column");
    jw_int(writer, finding->col);
    jw_key(writer, "severity");
    jw_text(writer, severity_key(finding->severity));
    jw_key(writer, "code");
    jw_text(writer, finding->code);
    jw_key(writer, "message");
    jw_text(writer, finding->message);
    jw_key(writer, "hint");
    jw_text(writer, finding->hint);
    jw_end(writer, '}');
}

static void findings_print_json(FILE *stream, const struct findings *findings)
{
    struct buf buf = {0};
    struct json_writer writer = {.buf = &buf};
    jw_begin(&writer, '{');
    jw_key(&writer, "schema_version");
    jw_int(&writer, 1);
    jw_key(&writer, "errors");
    jw_int(&writer, (int64_t)findings->errors);
    jw_key(&writer, "warnings");
    jw_int(&writer, (int64_t)findings->warnings);
    jw_key(&writer, "findings");
    jw_begin(&writer, '[');
    for (size_t i = 0; i < findings->count; i++)
        finding_write(&writer, &findings->items[i]);
    jw_end(&writer, ']');
    jw_end(&writer, '}');
    fprintf(stream, "%s\n", buf_str(&buf));
    buf_release(&buf);
}

static void findings_print_jsonl(FILE *stream, const struct findings *findings)
{
    struct buf buf = {0};
    for (size_t i = 0; i < findings->count; i++) {
        struct json_writer writer = {.buf = &buf};
        buf_clear(&buf);
        finding_write(&writer, &findings->items[i]);
        fprintf(stream, "%s\n", buf_str(&buf));
    }
    buf_release(&buf);
}

void findings_print(FILE *stream, const struct findings *findings, enum form form)
{
    if (form == FORM_JSON)
        findings_print_json(stream, findings);
    else if (form == FORM_JSONL)
        findings_print_jsonl(stream, findings);
    else
        for (size_t i = 0; i < findings->count; i++)
            finding_print_text(stream, &findings->items[i]);
}

void output_talk(const char *format, ...)
{
    va_list args;
    fflush(stdout);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
}

void findings_tell(const struct findings *findings)
{
    fflush(stdout);
    for (size_t i = 0; i < findings->count; i++)
        if (findings->items[i].severity != SEV_REVIEW)
            finding_print_text(stderr, &findings->items[i]);
}

void print_padded(FILE *stream, const char *text, int columns)
{
    fputs(text, stream);
    for (int used = str_columns(text); used < columns; used++)
        fputc(' ', stream);
}

/* The clock that only moves forward; used for the progress bar alone. */
static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void progress_begin(struct progress *progress, struct text what, uint64_t total)
{
    *progress = (struct progress){.what = what, .total = total, .started_ms = now_ms()};
    progress->possible = total > 0 && is_screen(stderr) && !variable_set("CI");
    progress->shown_ms = progress->started_ms;
}

static void progress_draw(const struct progress *progress, uint64_t done)
{
    enum { BAR = 30 };
    int filled = (int)(done * BAR / progress->total);
    fprintf(stderr, "\r%s [", text_of(progress->what));
    for (int i = 0; i < BAR; i++)
        fputc(i < filled ? '#' : '.', stderr);
    fprintf(stderr, "] %3d%%", (int)(done * 100 / progress->total));
}

/* Asks the clock only now and then: facts come by the million. */
void progress_at(struct progress *progress, uint64_t done)
{
    enum { QUIET_MS = 1000, EVERY_MS = 100, LOOK_EVERY = 256 };
    if (!progress->possible || done % LOOK_EVERY != 0 || done > progress->total)
        return;
    uint64_t now = now_ms();
    if (now - progress->started_ms < QUIET_MS || now - progress->shown_ms < EVERY_MS)
        return;
    progress->shown_ms = now;
    progress->visible = true;
    progress_draw(progress, done);
}

void progress_end(struct progress *progress)
{
    if (progress->visible)
        fputs("\r\033[K", stderr);
    progress->visible = false;
}

int output_finish(int exit_code)
{
    int failed = fflush(stdout);
    if (failed == 0 && !ferror(stdout))
        return exit_code;
    if (errno == EPIPE)
        return exit_code;
    verb_complain(NULL, tr("cannot write the result: %s", "结果写不出去：%s"), strerror(errno));
    return EXIT_RUNTIME;
}
