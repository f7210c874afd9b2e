/* Declared once, referred to at will. */
#include "model/names.h"
#include "base/buf.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include <stdlib.h>

enum { SUGGESTIONS_MAX = 50, NAMES_LISTED_MAX = 12 };

static void repeated(const struct names *names, const char *name, struct place first,
                     const struct yaml *at, struct findings *findings)
{
    char *hint = NULL;
    if (first.file)
        hint = xasprintf(tr("it was first given at %s:%d:%d", "首次出现在 %s:%d:%d"), first.file,
                         first.line, first.col);
    findings_add(findings, SEV_ERROR, "X001", yaml_place(at), hint,
                 tr("%s “%s” is given twice", "%s “%s” 重复"), tr(names->english, names->chinese),
                 name);
    free(hint);
}

int names_declare(struct names *names, const char *name, const struct yaml *at,
                  struct findings *findings)
{
    uint32_t before = names->intern.count;
    int number = intern_add(&names->intern, name);
    if ((uint32_t)number < before) {
        repeated(names, name, names->declared[number].at, at, findings);
        return -1;
    }
    void *declared = names->declared;
    xgrow(&declared, before, &names->capacity, sizeof *names->declared);
    names->declared = declared;
    names->declared[number] = (struct declared_name){.at = yaml_place(at)};
    return number;
}

int names_find(const struct names *names, const char *name)
{
    int number = intern_find(&names->intern, name);
    return number == INTERN_NONE ? -1 : number;
}

static char *suggestion(struct names *names, const char *name)
{
    const char *const *known = (const char *const *)names->intern.names;
    size_t count = names->intern.count;
    if (count == 0)
        return xasprintf(tr("no %s is declared at all", "尚未声明任何%s"),
                         tr(names->english, names->chinese));
    const char *near =
        names->suggested++ < SUGGESTIONS_MAX ? str_nearest(name, known, count) : NULL;
    if (near)
        return xasprintf(tr("did you mean “%s”?", "是否想写 “%s”？"), near);
    if (count > NAMES_LISTED_MAX)
        return NULL;
    char *all = str_join(known, count, ", ");
    char *hint = xasprintf(tr("known: %s", "已有：%s"), all);
    free(all);
    return hint;
}

/* True the first time. */
static bool miss(struct names *names, const char *name, struct place at)
{
    enum { PLACES = sizeof names->misses->places / sizeof *names->misses->places };
    uint32_t before = names->missing.count;
    int number = intern_add(&names->missing, name);
    if ((uint32_t)number == before) {
        void *misses = names->misses;
        xgrow(&misses, before, &names->miss_capacity, sizeof *names->misses);
        names->misses = misses;
        names->misses[number] = (struct missing_name){0};
    }
    struct missing_name *missing = &names->misses[number];
    if (missing->count < PLACES)
        missing->places[missing->count] = at;
    return missing->count++ == 0;
}

static void tell_dangling(const struct names *names, const char *name, struct place at,
                          const char *hint, struct findings *findings)
{
    findings_add(findings, SEV_ERROR, "X002", at, hint, tr("there is no %s “%s”", "没有%s “%s”"),
                 tr(names->english, names->chinese), name);
}

int names_refer(struct names *names, const char *name, const struct yaml *at,
                struct findings *findings)
{
    int number = names_find(names, name);
    if (number >= 0)
        names->declared[number].used = true;
    if (number >= 0 || names->incomplete)
        return number;
    if (!miss(names, name, yaml_place(at))) {
        findings_count_error(findings);
        return -1;
    }
    char *hint = suggestion(names, name);
    tell_dangling(names, name, yaml_place(at), hint, findings);
    free(hint);
    return -1;
}

void names_mark(struct names *names)
{
    for (uint32_t i = 0; i < names->missing.count; i++)
        names->misses[i].marked = names->misses[i].count;
}

void names_rewind(struct names *names)
{
    for (uint32_t i = 0; i < names->missing.count; i++)
        names->misses[i].count = names->misses[i].marked;
}

/* The declared name that looks like it and that nothing refers to: mistyped where it is declared;
 * or -1. */
static int suspect(const struct names *names, const char *name)
{
    const char *near =
        str_nearest(name, (const char *const *)names->intern.names, names->intern.count);
    int number = near ? names_find(names, near) : -1;
    return number >= 0 && !names->declared[number].used && names->declared[number].at.file ? number
                                                                                           : -1;
}

/* "also at F:L, F:L …" of the places from that one on. */
static char *further_places(const struct missing_name *missing, size_t from)
{
    enum { PLACES = sizeof missing->places / sizeof *missing->places };
    struct buf hint = {0};
    buf_puts(&hint, tr("at ", "见 "));
    for (size_t i = from; i < missing->count && i < PLACES; i++)
        buf_printf(&hint, "%s%s:%d", i > from ? tr(", ", "、") : "", missing->places[i].file,
                   missing->places[i].line);
    if (missing->count > PLACES)
        buf_puts(&hint, " …");
    return buf_detach(&hint);
}

static void tell_suspect(const struct names *names, int suspect, const char *name,
                         const struct missing_name *missing, struct findings *findings)
{
    char *hint = further_places(missing, 0);
    findings_add(findings, SEV_ERROR, "X002", names->declared[suspect].at, hint,
                 tr("nothing names the %s “%s”, and %zu places name “%s”: is it mistyped here?",
                    "%s “%s” 无处引用，而有 %zu 处引用 “%s”：是否此处写错？"),
                 tr(names->english, names->chinese), names->intern.names[suspect], missing->count,
                 name);
    free(hint);
}

static void tell_further(const struct names *names, const char *name,
                         const struct missing_name *missing, struct findings *findings)
{
    char *hint = further_places(missing, 2);
    findings_add(findings, SEV_ERROR, "X002", missing->places[1], hint,
                 tr("%2$zu further places name the %1$s “%3$s”", "%1$s “%3$s” 另有 %2$zu 处引用"),
                 tr(names->english, names->chinese), missing->count - 1, name);
    free(hint);
}

static void tell_missing(const struct names *names, const char *name,
                         const struct missing_name *missing, struct findings *findings)
{
    int number = suspect(names, name);
    if (number >= 0)
        tell_suspect(names, number, name, missing, findings);
    else if (missing->count == 2)
        tell_dangling(names, name, missing->places[1], NULL, findings);
    else
        tell_further(names, name, missing, findings);
}

void names_tell(struct names *names, struct findings *findings)
{
    for (uint32_t i = 0; i < names->missing.count; i++)
        if (names->misses[i].count > 1)
            tell_missing(names, names->missing.names[i], &names->misses[i], findings);
}

void names_release(struct names *names)
{
    intern_release(&names->intern);
    intern_release(&names->missing);
    free(names->misses);
    free(names->declared);
    *names = (struct names){.english = names->english, .chinese = names->chinese};
}
