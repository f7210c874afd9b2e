/* Reading the case files, and comparing a packet with what they want. */
#include "model/hj212_case.h"
#include "base/err.h"
#include "base/file.h"
#include <stdlib.h>
#include <string.h>

/* clang-format off */
const char *const hj212_sound[] = {
    "##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&1C80",
    "##0087QN=20261124020000001;ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0;Flag=4;CP=&&&&BB01",
    "##0281QN=20261124020000001;ST=22;CN=2061;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&&DataTime=20261124010000;a34004-Avg=168,a34004-Flag=N;a34002-Avg=231,a34002-Flag=N;a21026-Avg=24,a21026-Flag=N;a21004-Avg=71,a21004-Flag=N;a21005-Avg=1.6,a21005-Flag=N;a05024-Avg=12,a05024-Flag=N&&0880",
    "##0128QN=20261124021530120;ST=31;CN=2021;PW=123456;MN=010000A8900016F000169DC1;Flag=5;CP=&&DataTime=20261124021530;SB1-RS=1;SB2-RS=0&&0280",
    "##0170QN=20261124021500500;ST=44;CN=2011;PW=123456;MN=010000A8900016F000169DC1;Flag=9;CP=&&DataTime=20261124021500;d20405-Rtd=0.24,d20405-Flag=N;d30406-Rtd=0.04,d30406-Flag=N&&E381",
};
/* clang-format on */
const int hj212_sound_count = sizeof hj212_sound / sizeof *hj212_sound;

int each_hj212_case(const char *path, void (*each)(const json_t *line, void *arg), void *arg)
{
    struct findings findings = {0};
    char *text;
    size_t size;
    int count = 0;
    if (file_read(path, 1 << 22, &text, &size, &findings) < 0) {
        findings_release(&findings);
        return -1;
    }
    for (char *at = text, *end; (end = strchr(at, '\n')); at = end + 1, count++) {
        json_t *line = json_read(at, (size_t)(end - at), path, count + 1, &findings);
        each(line, arg);
        json_decref(line);
    }
    free(text);
    findings_release(&findings);
    return count;
}

static bool is_text(struct hj212_text text, const json_t *wanted)
{
    return json_is_string(wanted) && hj212_text_is(text, json_string_value(wanted));
}

static bool is_pair(const struct hj212_pair *pair, const json_t *wanted)
{
    return is_text(pair->key, json_array_get(wanted, 0)) &&
           is_text(pair->value, json_array_get(wanted, 1));
}

static bool object_is(const struct hj212_packet *packet, const json_t *wanted)
{
    uint32_t i = 0;
    json_t *walk = (json_t *)(uintptr_t)wanted; /* jansson's iterators take no const */
    if (json_object_size(wanted) != packet->header_count)
        return false;
    for (void *at = json_object_iter(walk); at; at = json_object_iter_next(walk, at), i++)
        if (!hj212_text_is(packet->header[i].key, json_object_iter_key(at)) ||
            !is_text(packet->header[i].value, json_object_iter_value(at)))
            return false;
    return true;
}

bool hj212_header_is(const struct hj212_packet *packet, const json_t *wanted)
{
    if (json_is_object(wanted))
        return object_is(packet, wanted);
    if (json_array_size(wanted) != packet->header_count)
        return false;
    for (uint32_t i = 0; i < packet->header_count; i++)
        if (!is_pair(&packet->header[i], json_array_get(wanted, i)))
            return false;
    return true;
}

bool hj212_groups_are(const struct hj212_packet *packet, const json_t *wanted)
{
    size_t g, i;
    const json_t *group, *pair;
    uint32_t at = 0;
    if (json_array_size(wanted) != packet->group_count)
        return false;
    json_array_foreach(wanted, g, group)
    {
        json_array_foreach(group, i, pair)
        {
            if (at == packet->pair_count || packet->pairs[at].group != g ||
                !is_pair(&packet->pairs[at], pair))
                return false;
            at++;
        }
    }
    return at == packet->pair_count;
}
