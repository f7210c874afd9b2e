/* The bytes of a YAML file, looked at before it is parsed.
 *
 * One pass over the text.  What it refuses is invisible on the screen and yet changes the meaning:
 * text in GBK, tabs that only look like spaces, characters that were pasted from a chat or a word
 * processor. */
#include "base/yaml_scan.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include <string.h>

enum { SCAN_FINDINGS_MAX = 20 }; /* a binary file needs no more to be recognised */

struct scan {
    const char *file;
    const char *text, *end;
    const char *line_start;
    int line;
    struct findings *findings;
    int found;
};

static struct place place_at(const struct scan *scan, const char *at)
{
    return (struct place){
        .file = scan->file,
        .line = scan->line,
        .col = (int)str_chars(scan->line_start, (size_t)(at - scan->line_start)) + 1,
    };
}

static void refuse_encoding(struct scan *scan, const char *at)
{
    scan->found++;
    findings_add(scan->findings, SEV_ERROR, "Y008", place_at(scan, at),
                 tr("save the file as UTF-8 (it is perhaps GBK or UTF-16)",
                    "请把文件另存为 UTF-8 编码（现在可能是 GBK 或 UTF-16）"),
                 tr("this is not UTF-8 text", "文件不是 UTF-8 编码"));
}

static void refuse_character(struct scan *scan, const char *at, unsigned code)
{
    scan->found++;
    findings_add(scan->findings, SEV_ERROR, "Y008", place_at(scan, at),
                 tr("delete it, or type the line anew", "请删除该字符，或重新输入这一行"),
                 tr("invisible or control character U+%04X", "不可见字符或控制字符 U+%04X"), code);
}

static void refuse_tab(struct scan *scan, const char *at)
{
    scan->found++;
    findings_add(scan->findings, SEV_ERROR, "Y007", place_at(scan, at),
                 tr("indent with spaces, two for each level", "请用空格缩进，每级两个"),
                 tr("a tab in the indentation", "缩进中使用了制表符（Tab）"));
}

/* The invisible characters of two and three bytes: C1 controls, zero-width and direction marks,
 * other line ends, the no-break space, a byte order mark inside the text.  0 when the character is
 * not one of them. */
static unsigned invisible_code(const unsigned char *at)
{
    if (at[0] == 0xc2 && at[1] <= 0xa0)
        return at[1];
    if (at[0] == 0xef && at[1] == 0xbb && at[2] == 0xbf)
        return 0xfeff;
    if (at[0] != 0xe2 || (at[1] != 0x80 && at[1] != 0x81))
        return 0;
    unsigned code = 0x2000u + ((at[1] & 1u) << 6) + (at[2] & 0x3fu);
    bool zero_width = code >= 0x200b && code <= 0x200f;
    bool line_end_or_direction = code >= 0x2028 && code <= 0x202e;
    bool joiner_or_isolate = code >= 0x2060 && code <= 0x206f;
    return zero_width || line_end_or_direction || joiner_or_isolate ? code : 0;
}

/* `锅炉 #2` ends before the #.  A quote before it may make it text, and a line of its own is meant
 * so. */
static void check_comment(struct scan *scan, const char *at)
{
    bool begins_word =
        at > scan->line_start && at[-1] == ' ' && at + 1 < scan->end && !strchr(" #!\t\r\n", at[1]);
    const char *words = scan->line_start;
    while (*words == ' ')
        words++;
    if (!begins_word || words == at)
        return;
    for (; words < at; words++) {
        if (*words == '"' || *words == '\'')
            return;
    }
    findings_add(scan->findings, SEV_WARNING, "Y020", place_at(scan, at),
                 tr("put the value in quotes; before a comment write “# ” with a space",
                    "如果是值的一部分，请给整个值加引号；如果是注释，请在 # 后加空格"),
                 tr("from the # on, the line is a comment and is ignored",
                    "从 # 开始到行尾是注释，不会被读取"));
}

static bool is_control(unsigned char c)
{
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
}

/* A tab before the first visible character, also of a blank line: libyaml stumbles over that too.
 */
static void check_indentation(struct scan *scan)
{
    const char *at = scan->line_start;
    while (at < scan->end && *at == ' ')
        at++;
    if (at < scan->end && *at == '\t')
        refuse_tab(scan, at);
}

static void begin_line(struct scan *scan, const char *at)
{
    scan->line++;
    scan->line_start = at;
    check_indentation(scan);
}

/* The text is valid UTF-8 here, so a lead byte is always followed by the rest of its character. */
static void check_character(struct scan *scan, const char *at)
{
    unsigned char c = (unsigned char)*at;
    bool is_return = c == '\r' && (at + 1 == scan->end || at[1] != '\n');
    if (c == '\n' || is_return)
        begin_line(scan, at + 1);
    else if (c == '#')
        check_comment(scan, at);
    else if (is_control(c))
        refuse_character(scan, at, c);
    else if (c == 0xc2 || c == 0xe2 || c == 0xef) {
        unsigned code = invisible_code((const unsigned char *)at);
        if (code != 0)
            refuse_character(scan, at, code);
    }
}

bool yaml_scan(const char *file, const char *text, size_t size, struct findings *findings)
{
    struct scan scan = {.file = file, .text = text, .findings = findings};
    size_t good = str_utf8_bad(text, size);
    scan.end = text + good;
    begin_line(&scan, text);
    for (const char *at = text; at < scan.end && scan.found < SCAN_FINDINGS_MAX; at++)
        check_character(&scan, at);
    if (good < size && scan.found < SCAN_FINDINGS_MAX)
        refuse_encoding(&scan, scan.end);
    return scan.found == 0;
}
