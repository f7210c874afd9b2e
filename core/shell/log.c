/* A line is put together first and written at once, so that lines of two threads do not mix. */
#include "shell/log.h"
#include "base/buf.h"
#include "base/err.h"
#include <stdarg.h>
#include <string.h>

/* A message never breaks its line, whatever came in from outside. */
static void add_message(struct buf *line, const char *message)
{
    for (const char *c = message; *c; c++)
        buf_putc(line, (unsigned char)*c < 0x20 ? ' ' : *c);
    buf_putc(line, '\n');
}

static void write_line(const struct log *log, enum log_level level, const char *event,
                       const char *message)
{
    static const char *const words[] = {"info", "warning", "error", "alarm"};
    struct buf line = {0};
    instant_ms now = clock_now(&log->clock);
    instant_print(&line, now - now % SECOND_MS, log->zone);
    buf_printf(&line, " %s %s: ", words[level], event);
    add_message(&line, message);
    fwrite(buf_str(&line), 1, line.size, log->stream);
    buf_release(&line);
}

void log_event(const struct log *log, enum log_level level, const char *event, const char *format,
               ...)
{
    if (!log->stream)
        return;
    char message[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    write_line(log, level, event, message);
}

void log_findings(const struct log *log, const char *event, const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        enum log_level level = finding->severity == SEV_ERROR ? LOG_ERROR : LOG_WARNING;
        log_event(log, level, event, "%s:%d:%d: [%s] %s%s%s", finding->file, finding->line,
                  finding->col, finding->code, finding->message, finding->hint ? " — " : "",
                  finding->hint ? finding->hint : "");
    }
}
