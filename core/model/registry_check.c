/* What no single key of a registry entry shows.
 *
 * Sums are compared exactly (millionths of a tonne), because the shares of the law are computed
 * from them. The ladder of measures must not weaken on the way up: what stands still at yellow
 * stands still at orange. */
#include "base/buf.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "model/registry_reader.h"
#include <stdlib.h>
#include <string.h>

static struct place place_of(const struct recipient *recipient, const char *key)
{
    const struct yaml *value = yaml_get(recipient->node, key);
    return yaml_place(value ? value : recipient->node);
}

/* Credit code ---------------------------------------------------------------------------------- */

static void check_shared_code(struct registry_reader *reader, const struct recipient *recipient)
{
    const struct yaml *node = yaml_get(recipient->node, "credit_code");
    int number = names_find(&reader->codes, recipient->credit_code);
    if (number < 0) {
        names_declare(&reader->codes, recipient->credit_code, node, reader->policy->findings);
        return;
    }
    struct place first = reader->codes.declared[number].at;
    char *hint = xasprintf(tr("it was first given at %s:%d:%d", "首次出现在 %s:%d:%d"), first.file,
                           first.line, first.col);
    findings_add(reader->policy->findings, SEV_WARNING, "E016", yaml_place(node), hint,
                 tr("two entries have the credit code %s: one legal person, or a slip?",
                    "两个条目的统一社会信用代码同为 %s：是同一法人，还是笔误？"),
                 recipient->credit_code);
    free(hint);
}

static void check_code(struct registry_reader *reader, const struct recipient *recipient)
{
    struct findings *findings = reader->policy->findings;
    const char *code = recipient->credit_code;
    struct place place = place_of(recipient, "credit_code");
    switch (credit_code_check(code)) {
    case CODE_GOOD:
        check_shared_code(reader, recipient);
        break;
    case CODE_FILLER:
        if (recipient->name && !strstr(recipient->name, "示例"))
            findings_add(findings, SEV_ERROR, "E003", place,
                         tr("only invented enterprises (示例…) may have XXXX in it",
                            "仅名称含“示例”的虚构企业可用 XXXX 占位"),
                         tr("the credit code %s is a filler", "统一社会信用代码 %s 只是占位"),
                         code);
        break;
    case CODE_LENGTH:
        findings_add(findings, SEV_ERROR, "E001", place,
                     tr("a spreadsheet may have shortened it: format the column as text",
                        "可能被电子表格截短：请把该列设为文本格式"),
                     tr("the credit code %s has %zu characters, not 18",
                        "统一社会信用代码 %s 为 %zu 位，应为 18 位"),
                     code, strlen(code));
        break;
    case CODE_CHARACTER:
        findings_add(findings, SEV_ERROR, "E001", place,
                     tr("digits and capitals without I, O, S, V, Z",
                        "只含数字和除 I、O、S、V、Z 外的大写字母"),
                     tr("the credit code %s has a character that none may have",
                        "统一社会信用代码 %s 含有不允许的字符"),
                     code);
        break;
    case CODE_CHECK:
        findings_add(
            findings, SEV_ERROR, "E002", place,
            tr("compare it with the business licence", "请与营业执照核对"),
            tr("the credit code %s fails its check character", "统一社会信用代码 %s 的校验码不符"),
            code);
        break;
    }
}

/* Sums ----------------------------------------------------------------------------------------- */

static void wrong_sum(struct registry_reader *reader, const struct recipient *recipient,
                      enum emission emission, micro sum)
{
    struct buf day = {0}, lines = {0};
    const char *key = emission_key(emission);
    const struct yaml *total = yaml_get(recipient->node, "day");
    const struct yaml *node = yaml_get(total, key);
    micro_print(&day, recipient->day[emission]);
    micro_print(&lines, sum);
    char *hint = xasprintf(tr("write %s: %s, or correct a line", "请写 %s: %s，或改正某条生产线"),
                           key, buf_str(&lines));
    findings_add(
        reader->policy->findings, SEV_ERROR, "E004",
        yaml_place(node    ? node
                   : total ? total
                           : recipient->node),
        hint,
        tr("%s of the day is %s t/d, the lines add up to %s", "全厂 %s 为 %s t/d，各生产线合计 %s"),
        emission_label(emission), buf_str(&day), buf_str(&lines));
    free(hint);
    buf_release(&day);
    buf_release(&lines);
}

static void check_sums(struct registry_reader *reader, const struct recipient *recipient)
{
    if (recipient->line_count == 0)
        return;
    for (enum emission emission = 0; emission < EMISSIONS; emission++) {
        micro sum = 0;
        for (int i = 0; i < recipient->line_count; i++)
            sum += recipient->lines[i].day[emission];
        if (sum != recipient->day[emission])
            wrong_sum(reader, recipient, emission, sum);
    }
}

/* The ladder ----------------------------------------------------------------------------------- */

static bool by_line(const struct duty *duty)
{
    return duty->measure->kind == MEASURE_STOP || duty->measure->kind == MEASURE_LIMIT;
}

/* Does the duty speak of this line?  Named, or within the measure's scope when none is named. */
static bool duty_covers(const struct duty *duty, const struct recipient *recipient, int line)
{
    for (int i = 0; i < duty->line_count; i++) {
        if (duty->lines[i] == line)
            return true;
    }
    if (duty->line_count > 0 || strcmp(duty->measure->scope, "all") == 0)
        return duty->line_count == 0;
    for (enum emission emission = 0; emission < EMISSIONS; emission++) {
        if (strcmp(duty->measure->scope, emission_key(emission)) == 0)
            return recipient->lines[line].day[emission] > 0;
    }
    return false;
}

/* How much of the line is taken away at a level: percent, 100 for a stop. */
static int line_cut(const struct recipient *recipient, size_t level, int line)
{
    int cut = 0;
    for (int i = 0; i < recipient->duty_counts[level]; i++) {
        const struct duty *duty = &recipient->duties[level][i];
        if (!by_line(duty) || !duty_covers(duty, recipient, line))
            continue;
        int percent = duty->measure->kind == MEASURE_STOP ? 100 : duty->percent;
        cut = percent > cut ? percent : cut;
    }
    return cut;
}

static bool repeated_above(const struct recipient *recipient, size_t level, const struct duty *duty)
{
    for (int i = 0; i < recipient->duty_counts[level]; i++) {
        const struct duty *above = &recipient->duties[level][i];
        if (above->measure == duty->measure && above->stage_at_most >= duty->stage_at_most)
            return true;
    }
    return false;
}

/* The first thing that is weaker at `level` than one level below; NULL: nothing. */
static const char *weaker_part(const struct recipient *recipient, size_t level)
{
    for (int line = 0; line < recipient->line_count; line++) {
        if (line_cut(recipient, level, line) < line_cut(recipient, level - 1, line))
            return recipient->lines[line].id;
    }
    for (int i = 0; i < recipient->duty_counts[level - 1]; i++) {
        const struct duty *duty = &recipient->duties[level - 1][i];
        if (!by_line(duty) && !repeated_above(recipient, level, duty))
            return duty->measure->id;
    }
    return NULL;
}

static void check_ladder(struct registry_reader *reader, const struct recipient *recipient)
{
    const struct policy *policy = reader->policy->policy;
    const struct yaml *measures = yaml_get(recipient->node, "measures");
    for (size_t level = 1; level < policy->level_count; level++) {
        const char *weaker = weaker_part(recipient, level);
        if (!weaker)
            continue;
        const struct yaml *node = yaml_get(measures, policy->levels[level].name);
        findings_add(reader->policy->findings, SEV_WARNING, "E005",
                     yaml_place(node ? node : measures),
                     tr("write each level in full: nothing is inherited from the one below",
                        "每一级都要写全：不会自动继承下一级的措施"),
                     tr("“%s” is weaker at %s than at %s", "“%s”在 %s 的措施弱于 %s"), weaker,
                     policy->levels[level].name, policy->levels[level - 1].name);
    }
}

/* Two limits that name the same line contradict each other; only the stricter one binds. */
static void check_overlap(struct registry_reader *reader, const struct recipient *recipient,
                          size_t level)
{
    for (int i = 1; i < recipient->duty_counts[level]; i++) {
        const struct duty *duty = &recipient->duties[level][i];
        for (int k = 0; k < i; k++) {
            const struct duty *before = &recipient->duties[level][k];
            if (!by_line(duty) || !by_line(before) || duty->line_count == 0 ||
                !duty_covers(before, recipient, duty->lines[0]))
                continue;
            findings_add(
                reader->policy->findings, SEV_WARNING, "E015",
                yaml_place(reader->duty_nodes[level][i]),
                tr("the stricter one binds; keep that one", "以较严者为准，请只保留较严的一项"),
                tr("line “%s” has two measures at %s", "生产线“%s”在 %s 有两项措施"),
                recipient->lines[duty->lines[0]].id, reader->policy->policy->levels[level].name);
            break;
        }
    }
}

static void check_guaranteed(struct registry_reader *reader, const struct recipient *recipient,
                             size_t level)
{
    for (int i = 0; i < recipient->duty_counts[level]; i++) {
        const struct duty *duty = &recipient->duties[level][i];
        if (duty->measure->kind == MEASURE_STOP)
            findings_add(reader->policy->findings, SEV_WARNING, "E010",
                         yaml_place(reader->duty_nodes[level][i]),
                         tr("write a limit: it will be capped, not stopped",
                            "请改写为限产：执行时只限产、不停产"),
                         tr("a guaranteed enterprise is ordered to stop at %s",
                            "保障类企业在 %s 被要求停产"),
                         reader->policy->policy->levels[level].name);
    }
}

static void check_measures(struct registry_reader *reader, const struct recipient *recipient)
{
    bool any = false;
    for (size_t level = 0; level < reader->policy->policy->level_count; level++) {
        any |= recipient->duty_counts[level] > 0;
        check_overlap(reader, recipient, level);
        if (recipient->supply == CLASS_GUARANTEED)
            check_guaranteed(reader, recipient, level);
    }
    if (any && recipient->supply == CLASS_LONG_STOPPED)
        findings_add(reader->policy->findings, SEV_WARNING, "E011", place_of(recipient, "measures"),
                     tr("it saves nothing: it already stands still", "已长期停产，不产生减排量"),
                     tr("a long-stopped enterprise has measures", "长期停产企业列有减排措施"));
    bool emits = false;
    for (enum emission emission = 0; emission < EMISSIONS; emission++)
        emits |= recipient->day[emission] > 0;
    if (any && !emits && !reader->day_unclear && recipient->kind == RECIPIENT_ENTERPRISE &&
        recipient->supply != CLASS_LONG_STOPPED)
        findings_add(reader->policy->findings, SEV_WARNING, "E014", yaml_place(recipient->node),
                     tr("add its normal emissions as “day”, t/d", "请补写正常日排放量 day（t/d）"),
                     tr("“%s” has measures but emits nothing: they save nothing",
                        "“%s”列有措施而无排放量，减排量为零"),
                     recipient->id);
}

static void check_grade(struct registry_reader *reader, const struct recipient *recipient)
{
    if (recipient->kind != RECIPIENT_ENTERPRISE || recipient->grade != GRADE_NONE ||
        yaml_get(recipient->node, "grade"))
        return;
    if (recipient->supply == CLASS_NORMAL)
        findings_add(reader->policy->findings, SEV_WARNING, "E017", yaml_place(recipient->node),
                     tr("A+ A B B- C D leading non_leading",
                        "A+ A B B- C D leading（引领性） non_leading（非引领性）"),
                     tr("“%s” has no grade", "“%s”没有绩效等级"), recipient->id);
}

void recipient_check(struct registry_reader *reader, struct recipient *recipient)
{
    if (recipient->credit_code)
        check_code(reader, recipient);
    if (!reader->day_unclear)
        check_sums(reader, recipient);
    check_grade(reader, recipient);
    check_measures(reader, recipient);
    if (!reader->duties_unclear)
        check_ladder(reader, recipient);
}
