/* Text made safe to stand in HTML or XML, between tags or within a quoted attribute. */
#ifndef BASE_HTML_H
#define BASE_HTML_H

struct buf;
void html_text(struct buf *out, const char *text); /* escaped; NULL is nothing */

#endif
