/* XML out, by libxml2's writer: well-formed whatever the texts hold.
 *
 * Characters that XML 1.0 has no place for (most controls, U+FFFE, bytes that are no UTF-8) become
 * U+FFFD: a warning with a strange letter is better than none. */
#ifndef BASE_XML_H
#define BASE_XML_H

struct buf;
struct xml;

struct xml *xml_new(void);
void xml_open(struct xml *xml, const char *name);
/* Of the element just opened, before anything else. */
void xml_attribute(struct xml *xml, const char *name, const char *value);
void xml_close(struct xml *xml);
/* <name>text</name>; nothing when the text is NULL. */
void xml_text(struct xml *xml, const char *name, const char *text);
/* Adds the document, two blanks a level, to `buf` and frees the writer. */
void xml_done(struct xml *xml, struct buf *buf);

#endif
