/* libyaml's complaints in plain words, and where possible as the mistake that was made: libyaml
 * stumbles over a missing colon only at the end of the line, or on the next one. */
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml_words.h"
#include <stdlib.h>
#include <string.h>

struct phrase {
    const char *part; /* of libyaml's own sentence */
    bool at_context;  /* the beginning of what it was reading says more than where it gave up */
    const char *english, *chinese;
    const char *english_hint, *chinese_hint; /* or NULL */
};

static const struct phrase phrases[] = {
    {"expected ':'", true, "this line is neither `key: value` nor a list item",
     "这一行既不是“键: 值”，也不是列表项", "write `key: value`, with a space after the colon",
     "请写成“键: 值”，冒号用半角，后面加一个空格"},
    {"mapping values are not allowed", false, "a colon that does not fit here", "此处不应出现冒号",
     "align the line with its neighbours; put text that contains “: ” in quotes",
     "请与上下行对齐缩进；含有“: ”的文字请加引号"},
    {"block sequence entries are not allowed", false, "a list item that does not fit here",
     "此处不应出现列表项", "put the - on a line of its own, aligned with its neighbours",
     "“-”请另起一行，并与同级的“-”对齐"},
    {"mapping keys are not allowed", false, "a `?` that does not fit here", "此处不应出现“?”",
     "put the text in quotes", "请给这段文字加引号"},
    {"expected key", false, "the indentation does not match the lines above",
     "缩进与上面的行不一致", "lines of one level begin in the same column",
     "同一级的各行要从同一列开始"},
    {"expected '-' indicator", false, "the indentation does not match the list above",
     "缩进与上面的列表不一致", "every item of the list begins with - in the same column",
     "列表的每一项都以“-”开头，并从同一列开始"},
    {"expected ',' or ']'", false, "a comma or the closing ] is missing", "缺少逗号或右方括号 ]",
     "check the commas (half-width) and the brackets", "请检查逗号（半角）和方括号是否成对"},
    {"expected ',' or '}'", false, "a comma or the closing } is missing", "缺少逗号或右花括号 }",
     "check the commas (half-width) and the braces", "请检查逗号（半角）和花括号是否成对"},
    {"unexpected end of stream", true, "the quote that begins here is never closed",
     "从这里开始的引号没有闭合", NULL, NULL},
    {"unexpected document indicator", true, "the quote that begins here is never closed",
     "从这里开始的引号没有闭合", NULL, NULL},
    {"escape", false, "an unknown \\ in double quotes", "双引号中有无法识别的反斜杠",
     "use single quotes, or write \\\\ for one \\", "请改用单引号，或把 \\ 写成 \\\\"},
    {"hexdecimal", false, "an unknown \\ in double quotes", "双引号中有无法识别的反斜杠",
     "use single quotes, or write \\\\ for one \\", "请改用单引号，或把 \\ 写成 \\\\"},
    {"cannot start any token", false, "a value cannot begin with this character",
     "值不能以这个字符开头", "put the text in quotes", "请给这段文字加引号"},
    {"expected node content", false, "a value is missing here", "此处缺少值", NULL, NULL},
    {"<document start>", false, "something follows after the end of the value",
     "值结束之后还有多余内容", "check the brackets and the indentation", "请检查括号和缩进"},
    {"tab character", false, "a tab in the indentation", "缩进中使用了制表符（Tab）",
     "indent with spaces, two for each level", "请用空格缩进，每级两个"},
    {"indentation indicator", false, "the number after | or > must be 1 to 9",
     "| 或 > 后面的数字应为 1 到 9", NULL, NULL},
    {"comment or line break", false, "something stands where the line should end", "此处应当换行",
     NULL, NULL},
    {"alphabetic or numeric", false, "text that begins with & or * needs quotes",
     "以 & 或 * 开头的文字需要加引号", NULL, NULL},
    {"tag", false, "text that begins with ! needs quotes", "以 ! 开头的文字需要加引号", NULL, NULL},
    {"directive", false, "text that begins with % needs quotes", "以 % 开头的文字需要加引号", NULL,
     NULL},
};

/* A line of the source from its first word on, behind spaces and the dashes of lists. */
struct words {
    char *text; /* owned; NULL when there is no such line */
    struct place place;
};

static struct words words_of_line(const struct yaml_trouble *trouble, int line)
{
    const char *start = trouble->text, *end = trouble->text + trouble->size;
    for (int i = 1; i < line && start; i++) {
        start = memchr(start, '\n', (size_t)(end - start));
        start = start ? start + 1 : NULL;
    }
    if (!start || line < 1)
        return (struct words){0};
    const char *at = start;
    while (at < end && (*at == ' ' || (*at == '-' && at + 1 < end && at[1] == ' ')))
        at++;
    const char *stop = at;
    while (stop < end && *stop != '\n' && *stop != '\r')
        stop++;
    return (struct words){
        .text = xstrndup(at, (size_t)(stop - at)),
        .place = {trouble->file, line, (int)str_chars(start, (size_t)(at - start)) + 1},
    };
}

/* `: 3` */
static bool explain_missing_key(const struct words *words, struct findings *findings)
{
    if (words->text[0] != ':')
        return false;
    findings_add(findings, SEV_ERROR, "Y017", words->place,
                 tr("write a name before the colon", "请在冒号前写上名称"),
                 tr("a key is missing before the colon", "冒号前缺少键"));
    return true;
}

/* `级别：黄` or `level：yellow`: a full-width colon, and no other, between a key and its value. */
static bool explain_fullwidth_colon(const struct words *words, struct findings *findings)
{
    const char *text = words->text, *colon = strstr(text, "：");
    if (!colon || colon == text || strcspn(text, ": ") < (size_t)(colon - text))
        return false;
    const char *value = colon + strlen("：");
    char *hint = xasprintf("%.*s: %s", (int)(colon - text), text, value + strspn(value, " "));
    findings_add(findings, SEV_ERROR, "Y009", words->place, hint,
                 tr("a full-width colon between key and value", "键和值之间用了全角冒号"));
    free(hint);
    return true;
}

/* `level:3` */
static bool explain_tight_colon(const struct words *words, struct findings *findings)
{
    const char *after = yaml_after_tight_colon(words->text);
    if (after)
        yaml_report_space(findings, SEV_ERROR, words->place, words->text, after);
    return after != NULL;
}

static bool explain_line(const struct yaml_trouble *trouble, int line, struct findings *findings)
{
    struct words words = words_of_line(trouble, line);
    bool explained = words.text && (explain_missing_key(&words, findings) ||
                                    explain_fullwidth_colon(&words, findings) ||
                                    explain_tight_colon(&words, findings));
    free(words.text);
    return explained;
}

static bool explain_colon(const struct yaml_trouble *trouble, struct findings *findings)
{
    bool about_colon = strstr(trouble->problem, "':'") ||
                       strstr(trouble->problem, "mapping values") ||
                       strstr(trouble->problem, "expected key");
    return about_colon && (explain_line(trouble, trouble->line, findings) ||
                           explain_line(trouble, trouble->context_line, findings) ||
                           explain_line(trouble, trouble->line - 1, findings));
}

/* `"a" b`: libyaml expects a key after the value, but it is text behind a closing quote or bracket.
 */
static bool explain_trailing(const struct yaml_trouble *trouble, struct findings *findings)
{
    struct words words = words_of_line(trouble, trouble->line);
    bool is_trailing =
        strstr(trouble->problem, "expected key") && words.text && words.place.col < trouble->col;
    free(words.text);
    if (is_trailing)
        findings_add(findings, SEV_ERROR, "Y001",
                     (struct place){trouble->file, trouble->line, trouble->col},
                     tr("put the whole text in quotes, or the rest on a line of its own",
                        "请给整段文字加引号，或把多余部分另起一行"),
                     tr("something follows after the end of the value", "值结束之后还有多余内容"));
    return is_trailing;
}

static const struct phrase *phrase_of(const char *problem)
{
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        if (strstr(problem, phrases[i].part))
            return &phrases[i];
    }
    return NULL;
}

void yaml_explain(const struct yaml_trouble *trouble, struct findings *findings)
{
    if (explain_colon(trouble, findings) || explain_trailing(trouble, findings))
        return;
    const struct phrase *phrase = phrase_of(trouble->problem);
    struct place place = {trouble->file, trouble->line, trouble->col};
    if (!phrase) {
        findings_add(findings, SEV_ERROR, "Y001", place, NULL,
                     tr("YAML syntax: %s", "YAML 语法错误：%s"), trouble->problem);
        return;
    }
    if (phrase->at_context)
        place = (struct place){trouble->file, trouble->context_line, trouble->context_col};
    const char *hint = phrase->english_hint ? tr(phrase->english_hint, phrase->chinese_hint) : NULL;
    findings_add(findings, SEV_ERROR, "Y001", place, hint, "%s",
                 tr(phrase->english, phrase->chinese));
}
