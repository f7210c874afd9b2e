/* Five characters. */
#include "base/html.h"
#include "base/buf.h"

void html_text(struct buf *out, const char *text)
{
    for (; text && *text; text++) {
        if (*text == '<')
            buf_puts(out, "&lt;");
        else if (*text == '>')
            buf_puts(out, "&gt;");
        else if (*text == '&')
            buf_puts(out, "&amp;");
        else if (*text == '"')
            buf_puts(out, "&quot;");
        else if (*text == '\'')
            buf_puts(out, "&#39;");
        else
            buf_putc(out, *text);
    }
}
