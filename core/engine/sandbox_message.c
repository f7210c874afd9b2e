/* Lua's own messages, freed of their place and, for Chinese readers, translated where they are
 * common. Whatever is not known here is passed on as Lua wrote it. */
#include "base/lang.h"
#include "base/str.h"
#include "engine/sandbox_inner.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool sandbox_split(const char *message, int *ret_file, int *ret_line, const char **ret_rest)
{
    char *end;
    if (message[0] != '#')
        return false;
    long file = strtol(message + 1, &end, 10);
    if (end == message + 1 || *end != ':')
        return false;
    const char *digits = end + 1;
    long line = strtol(digits, &end, 10);
    if (end == digits || end[0] != ':' || end[1] != ' ')
        return false;
    *ret_file = (int)file;
    *ret_line = (int)line;
    *ret_rest = end + 2;
    return true;
}

/* Lua's words and ours; what follows them in the message is kept. */
static const char *const translations[][2] = {
    {"attempt to call a nil value", "调用了不存在的函数"},
    {"attempt to call a ", "不能调用的值: "},
    {"attempt to index a nil value", "取了空值的字段"},
    {"attempt to index a ", "不能取字段的值: "},
    {"attempt to perform arithmetic on a ", "不能计算的值: "},
    {"attempt to concatenate a ", "不能连接的值: "},
    {"attempt to compare two ", "不能比较的两个值: "},
    {"attempt to compare ", "不能比较: "},
    {"attempt to get length of a ", "不能取长度的值: "},
    {"unexpected symbol near ", "多余或错误的符号, 在此附近: "},
    {"unfinished string near ", "字符串没有结束, 在此附近: "},
    {"unfinished long string", "长字符串没有结束"},
    {"unfinished long comment", "长注释没有结束"},
    {"malformed number near ", "数字写法错误: "},
    {"syntax error near ", "语法错误, 在此附近: "},
    {"<eof> expected near ", "此处应结束, 却出现: "},
    {"C stack overflow", "嵌套过深"},
    {"stack overflow", "递归过深"},
    {"assertion failed!", "断言不成立"},
};

/* "'}' expected (to close '{' at line 2) near 'x'", "'=' expected near 'x'". */
static bool translate_expected(char *ret, size_t size, const char *message)
{
    char wanted[40], opened[40];
    int line, rest = 0;
    if (sscanf(message, "%39s expected (to close %39s at line %d) near %n", wanted, opened, &line,
               &rest) == 3 &&
        rest > 0)
        snprintf(ret, size, "此处应有 %s (与第 %d 行的 %s 配对), 却是 %s", wanted, line, opened,
                 message + rest);
    else if (sscanf(message, "%39s expected near %n", wanted, &rest) == 1 && rest > 0)
        snprintf(ret, size, "此处应有 %s, 却是 %s", wanted, message + rest);
    else
        return false;
    return true;
}

void sandbox_message(char *ret, size_t size, const char *message)
{
    if (lang_get() == LANG_ZH && translate_expected(ret, size, message))
        return;
    for (size_t i = 0; lang_get() == LANG_ZH && i < sizeof translations / sizeof *translations;
         i++) {
        const char *english = translations[i][0];
        if (str_starts(message, english)) {
            snprintf(ret, size, "%s%s", translations[i][1], message + strlen(english));
            return;
        }
    }
    snprintf(ret, size, "%s", message);
}

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static const char *find_word(const char *line, const char *end, const char *word)
{
    size_t length = strlen(word);
    bool named = name_char(word[0]);
    for (const char *at = line; at + length <= end; at++) {
        if (memcmp(at, word, length) != 0)
            continue;
        bool starts = at == line || !name_char(at[-1]);
        bool ends = at + length == end || !name_char(at[length]);
        if (!named || (starts && ends))
            return at;
    }
    return NULL;
}

/* The line of a file, without its end; NULL when the file has no such line or is no longer held. */
static const char *line_of(const struct sandbox_file *file, int line, const char **ret_end)
{
    if (!file->text)
        return NULL;
    const char *at = file->text, *end = file->text + file->size;
    for (int i = 1; i < line && at; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline ? newline + 1 : NULL;
    }
    if (!at)
        return NULL;
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    *ret_end = newline ? newline : end;
    return at;
}

int sandbox_column(const struct sandbox *box, int file, int line, const char *word)
{
    const char *end, *at = line_of(&box->files[file], line, &end);
    const char *found = at && word[0] ? find_word(at, end, word) : NULL;
    return found ? (int)str_chars(at, (size_t)(found - at)) + 1 : 0;
}

/* The words of a message that may stand in the line: what it quotes, and paths such as
 * p.levels.heavy. */
static const char *find_quoted(const char *line, const char *end, const char *message)
{
    char word[80];
    for (const char *at = message; *at; at++) {
        size_t size = 0;
        if (*at == '\'')
            size = strcspn(++at, "'");
        else if (at[0] == 'p' && at[1] == '.')
            size = strcspn(at, " ,;:=…");
        if (size == 0 || size >= sizeof word)
            continue;
        snprintf(word, sizeof word, "%.*s", (int)size, at);
        const char *found = find_word(line, end, word), *dot = strrchr(word, '.');
        if (!found && dot) /* the path may stand there through a local: l.heavy */
            found = find_word(line, end, dot + 1);
        if (found)
            return found;
        at += size - (at[size] ? 0 : 1);
    }
    return NULL;
}

static const char *find_foreign(const char *line, const char *end, const char *message)
{
    if (!strstr(message, "<\\"))
        return NULL;
    while (line < end && (unsigned char)*line < 0x80)
        line++;
    return line < end ? line : NULL;
}

void sandbox_find_column(const struct sandbox *box, struct place *place, const char *message)
{
    const char *end, *line = NULL;
    for (size_t i = 0; i < box->file_count && !line && place->col == 0; i++)
        if (str_equal(box->files[i].shown, place->file))
            line = line_of(&box->files[i], place->line, &end);
    if (!line)
        return;
    const char *found = find_foreign(line, end, message);
    if (!found)
        found = find_quoted(line, end, message);
    if (!found) /* at least where the line begins */
        for (found = line; found < end && (*found == ' ' || *found == '\t'); found++)
            ;
    place->col = (int)str_chars(line, (size_t)(found - line)) + 1;
}
