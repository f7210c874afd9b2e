/* A question to the AQI, taken literally.
 *
 * A number is read from its own text, not through a double: whether 60.5 is exactly a half decides
 * an index.  A key that is not known is an error, for a misspelt pollutant would silently count as
 * missing. */
#include "cli/aqi_question.h"
#include "base/err.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/locate.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS = POLLUTANTS + 2, CONCENTRATION_MAX = 1000000 /* µg/m³: a gram in a cubic metre */ };

/* Concentrations ------------------------------------------------------------------------------ */

/* digits × 10^exponent, as a JSON number is written. */
struct written {
    const char *at, *end;
    int point; /* digits before the decimal point, once the exponent is applied */
    char digits[64];
    int count;
    bool more; /* non-zero digits were left out behind the last one kept */
};

static bool take_digits(struct written *number, bool whole)
{
    const char *from = number->at;
    for (; number->at < number->end && *number->at >= '0' && *number->at <= '9'; number->at++) {
        if (number->count == 0 && *number->at == '0') {
            number->point -= !whole; /* zeros in front stand for nothing but their place */
            continue;
        }
        number->point += whole;
        if (number->count < (int)sizeof number->digits)
            number->digits[number->count++] = *number->at;
        else
            number->more |= *number->at != '0';
    }
    return number->at > from;
}

static bool take_exponent(struct written *number)
{
    if (number->at == number->end || (*number->at | 0x20) != 'e')
        return true;
    number->at++;
    bool negative = number->at < number->end && *number->at == '-';
    if (number->at < number->end && (*number->at == '-' || *number->at == '+'))
        number->at++;
    int exponent = 0;
    const char *from = number->at;
    for (; number->at < number->end && *number->at >= '0' && *number->at <= '9'; number->at++) {
        if (exponent < INT_MAX / 100)
            exponent = exponent * 10 + (*number->at - '0');
    }
    number->point += negative ? -exponent : exponent;
    return number->at > from;
}

static bool take_number(struct written *number)
{
    if (!take_digits(number, true))
        return false;
    if (number->at < number->end && *number->at == '.') {
        number->at++;
        if (!take_digits(number, false))
            return false;
    }
    return take_exponent(number) && number->at == number->end;
}

int concentration_parse(const char *text, size_t size, struct ratio *ret)
{
    enum { PLACES = 6, WHOLE_MAX = 8 };
    bool negative = size > 0 && *text == '-';
    struct written number = {.at = text + negative, .end = text + size};
    if (!take_number(&number))
        return ERR_SYNTAX;
    if (negative && number.count > 0)
        return ERR_INVALID;
    if (number.count > 0 && number.point > WHOLE_MAX)
        return ERR_LIMIT;
    micro value = 0;
    int kept = number.point + PLACES; /* digits that make up whole millionths */
    for (int i = 0; i < kept; i++)
        value = value * 10 + (i < number.count ? number.digits[i] - '0' : 0);
    bool more = number.more;
    for (int i = kept > 0 ? kept : 0; i < number.count; i++)
        more |= number.digits[i] != '0';
    if (value > CONCENTRATION_MAX * (micro)MICRO)
        return ERR_LIMIT;
    /* What lies beyond the millionths only ever matters by being there: half of one stands for it.
     */
    *ret = more ? (struct ratio){.num = 2 * (wide)value + 1, .den = 2} : ratio_of(value);
    return 0;
}

/* Questions ----------------------------------------------------------------------------------- */

static const char *const known_keys[KEYS] = {"standard", "mode", "pm25", "pm10",
                                             "so2",      "no2",  "co",   "o3"};

static char *unknown_key(const char *key)
{
    const char *near = str_nearest(key, known_keys, KEYS);
    char *all = str_join(known_keys, KEYS, ", ");
    char *problem =
        near ? xasprintf(tr("unknown key %s, did you mean %s?", "未知的键 %s，是否想写 %s？"), key,
                         near)
             : xasprintf(tr("unknown key %s; known: %s", "未知的键 %s；可用：%s"), key, all);
    free(all);
    return problem;
}

static char *check_keys(const json_t *object)
{
    json_t *walk = (json_t *)(uintptr_t)object; /* jansson's iterators take no const */
    for (void *at = json_object_iter(walk); at; at = json_object_iter_next(walk, at)) {
        const char *key = json_object_iter_key(at);
        int i = 0;
        while (i < KEYS && strcmp(known_keys[i], key) != 0)
            i++;
        if (i == KEYS)
            return unknown_key(key);
    }
    return NULL;
}

static char *read_standard(struct aqi_question *question, const struct aqi_standards *standards,
                           const json_t *object)
{
    const char *name = json_string_value(json_object_get(object, "standard"));
    question->standard = name ? aqi_standard_named(standards, name) : NULL;
    if (question->standard)
        return NULL;
    const char *names[16];
    size_t count = 0;
    for (; count < standards->count && count < 16; count++)
        names[count] = standards->items[count].name;
    char *all = str_join(names, count, ", ");
    char *problem = xasprintf(tr("standard must be one of %s", "standard 应为 %s 之一"), all);
    free(all);
    return problem;
}

static char *read_mode(struct aqi_question *question, const json_t *object)
{
    const char *mode = json_string_value(json_object_get(object, "mode"));
    if (!mode || (strcmp(mode, "hourly") != 0 && strcmp(mode, "daily") != 0))
        return xstrdup(tr("mode must be hourly or daily", "mode 应为 hourly 或 daily"));
    question->mode = mode[0] == 'h' ? AQI_HOURLY : AQI_DAILY;
    return NULL;
}

/* The text of a key's number.  A key written with escapes cannot be found in the text; its number
 * was parsed all the same, and is written anew. */
static int number_of(const json_t *value, const char *key, const char *text, size_t size,
                     struct ratio *ret)
{
    char pointer[16];
    snprintf(pointer, sizeof pointer, "/%s", key);
    size_t at = json_locate(text, size, pointer);
    if (at > 0 && at < size && strchr("-0123456789", text[at]))
        return concentration_parse(text + at, json_value_end(text, size, at) - at, ret);
    char *again = json_dumps(value, JSON_ENCODE_ANY);
    int err = again ? concentration_parse(again, strlen(again), ret) : ERR_SYNTAX;
    free(again);
    return err;
}

static char *read_values(struct aqi_question *question, const json_t *object, const char *text,
                         size_t size)
{
    for (enum pollutant p = 0; p < POLLUTANTS; p++) {
        const char *key = pollutant_key(p);
        const json_t *value = json_object_get(object, key);
        if (!value || json_is_null(value))
            continue;
        int err = json_is_number(value) ? number_of(value, key, text, size, &question->values[p])
                                        : ERR_SYNTAX;
        if (err == ERR_INVALID)
            return xasprintf(tr("%s is negative", "%s 为负值"), key);
        if (err == ERR_LIMIT)
            return xasprintf(tr("%s is beyond %d", "%s 超过 %d"), key, CONCENTRATION_MAX);
        if (err < 0)
            return xasprintf(tr("%s must be a number or null", "%s 应为数字或 null"), key);
    }
    return NULL;
}

static char *read_object(struct aqi_question *question, const struct aqi_standards *standards,
                         const json_t *object, const char *text, size_t size)
{
    if (!json_is_object(object))
        return xstrdup(tr("a line must be one JSON object", "每行应为一个 JSON 对象"));
    char *problem = check_keys(object);
    if (!problem)
        problem = read_standard(question, standards, object);
    if (!problem)
        problem = read_mode(question, object);
    if (!problem)
        problem = read_values(question, object, text, size);
    return problem;
}

int aqi_question_read(struct aqi_question *ret, const struct aqi_standards *standards,
                      const char *text, size_t size, char **ret_problem)
{
    struct findings findings = {0};
    struct aqi_question question = {0};
    json_t *object = json_read(text, size, "-", 1, &findings);
    char *problem = object ? read_object(&question, standards, object, text, size)
                           : xstrdup(findings.items[0].message);
    json_decref(object);
    findings_release(&findings);
    if (problem) {
        *ret_problem = problem;
        return ERR_INVALID;
    }
    *ret = question;
    return 0;
}

/* Answers ------------------------------------------------------------------------------------- */

struct aqi aqi_answer(const struct aqi_question *question)
{
    unsigned all = (1u << POLLUTANTS) - 1;
    unsigned required = question->standard->missing_forbids ? all : 0;
    return aqi_of(question->standard, question->mode, question->values, all, required);
}

void aqi_answer_print(struct buf *buf, const struct aqi_question *question, const struct aqi *aqi)
{
    struct json_writer json = {.buf = buf};
    jw_begin(&json, '{');
    jw_key(&json, "aqi");
    if (aqi->value == AQI_UNKNOWN)
        jw_null(&json);
    else
        jw_int(&json, aqi->value);
    jw_key(&json, "level");
    jw_text(&json, aqi_level(question->standard, aqi->value));
    jw_key(&json, "primary");
    jw_begin(&json, '[');
    for (enum pollutant p = 0; p < POLLUTANTS; p++) {
        if (aqi->primary >> p & 1)
            jw_text(&json, pollutant_label(p));
    }
    jw_end(&json, ']');
    jw_end(&json, '}');
}
