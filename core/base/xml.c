/* The writer fails only for want of memory and for a programmer's error; both end the process. */
#include "base/xml.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <assert.h>
#include <libxml/xmlwriter.h>
#include <stdlib.h>
#include <string.h>

struct xml {
    xmlBufferPtr buffer;
    xmlTextWriterPtr writer;
};

static void must(int result)
{
    assert(result >= 0);
    (void)result;
}

static const xmlChar *chars(const char *text)
{
    return (const xmlChar *)text;
}

struct xml *xml_new(void)
{
    struct xml *xml = xmalloc(sizeof *xml);
    xml->buffer = xmlBufferCreate();
    xml->writer = xml->buffer ? xmlNewTextWriterMemory(xml->buffer, 0) : NULL;
    assert(xml->writer);
    must(xmlTextWriterSetIndent(xml->writer, 1));
    must(xmlTextWriterSetIndentString(xml->writer, chars("  ")));
    return xml;
}

void xml_open(struct xml *xml, const char *name)
{
    must(xmlTextWriterStartElement(xml->writer, chars(name)));
}

void xml_close(struct xml *xml)
{
    must(xmlTextWriterEndElement(xml->writer));
}

/* How many bytes at `at` XML cannot hold: 1 for a control, 3 for U+FFFE and U+FFFF, else 0. */
static size_t misfit(const char *at)
{
    unsigned char first = (unsigned char)*at;
    if (first < 0x20)
        return first != '\t' && first != '\n' && first != '\r';
    return strncmp(at, "\xef\xbf\xbe", 3) == 0 || strncmp(at, "\xef\xbf\xbf", 3) == 0 ? 3 : 0;
}

/* The text as XML can hold it. */
static void put_clean(struct buf *buf, const char *text)
{
    static const char instead[] = "\xef\xbf\xbd";
    size_t left = strlen(text), valid = str_utf8_bad(text, left);
    while (left > 0) {
        size_t bad = valid > 0 ? misfit(text) : 1, step = bad > 0 ? bad : 1;
        buf_add(buf, bad > 0 ? instead : text, bad > 0 ? sizeof instead - 1 : 1);
        text += step;
        left -= step;
        valid = valid > 0 ? valid - step : str_utf8_bad(text, left);
    }
}

void xml_attribute(struct xml *xml, const char *name, const char *value)
{
    struct buf clean = {0};
    put_clean(&clean, value);
    must(xmlTextWriterWriteAttribute(xml->writer, chars(name), chars(buf_str(&clean))));
    buf_release(&clean);
}

void xml_text(struct xml *xml, const char *name, const char *text)
{
    struct buf clean = {0};
    if (!text)
        return;
    put_clean(&clean, text);
    must(xmlTextWriterWriteElement(xml->writer, chars(name), chars(buf_str(&clean))));
    buf_release(&clean);
}

void xml_done(struct xml *xml, struct buf *buf)
{
    must(xmlTextWriterEndDocument(xml->writer));
    xmlFreeTextWriter(xml->writer);
    buf_puts(buf, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    buf_add(buf, xmlBufferContent(xml->buffer), (size_t)xmlBufferLength(xml->buffer));
    xmlBufferFree(xml->buffer);
    free(xml);
}
