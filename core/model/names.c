/* Declared once, referred to at will. */
#include "model/names.h"
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
        repeated(names, name, names->first[number], at, findings);
        return -1;
    }
    void *first = names->first;
    xgrow(&first, before, &names->capacity, sizeof *names->first);
    names->first = first;
    names->first[number] = yaml_place(at);
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

int names_refer(struct names *names, const char *name, const struct yaml *at,
                struct findings *findings)
{
    int number = names_find(names, name);
    if (number >= 0 || names->incomplete)
        return number;
    char *hint = suggestion(names, name);
    findings_add(findings, SEV_ERROR, "X002", yaml_place(at), hint,
                 tr("there is no %s “%s”", "没有%s “%s”"), tr(names->english, names->chinese),
                 name);
    free(hint);
    return -1;
}

void names_release(struct names *names)
{
    intern_release(&names->intern);
    free(names->first);
    *names = (struct names){.english = names->english, .chinese = names->chinese};
}
