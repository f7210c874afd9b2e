/* XML that stays well-formed whatever the texts hold. */
#include "base/buf.h"
#include "base/xml.h"
#include <criterion/criterion.h>

Test(xml, texts_are_escaped_and_cleaned)
{
    struct buf buf = {0};
    struct xml *xml = xml_new();
    xml_open(xml, "a");
    xml_attribute(xml, "b", "\"<&>\x01");
    xml_text(xml, "c", "x<y&z]]>\x02\xff预\xef\xbf\xbf\t");
    xml_text(xml, "d", NULL);
    xml_text(xml, "e", "");
    xml_close(xml);
    xml_done(xml, &buf);
    cr_expect_str_eq(buf_str(&buf),
                     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                     "<a b=\"&quot;&lt;&amp;&gt;&#xFFFD;\">\n"
                     "  <c>x&lt;y&amp;z]]&gt;\xef\xbf\xbd\xef\xbf\xbd预\xef\xbf\xbd\t</c>\n"
                     "  <e></e>\n"
                     "</a>\n");
    buf_release(&buf);
}
