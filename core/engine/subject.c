/* Subjects: what a reading's subject is in the policy, and whom a step goes to. */
#include "base/xalloc.h"
#include "base/yaml.h"
#include "engine/inner.h"
#include <stdlib.h>
#include <string.h>

/* ---- attributes ---- */

static bool text_selected(const struct selector_attribute *attribute, const char *text)
{
    micro value;
    if (!text)
        return false;
    if (attribute->at_least)
        return micro_parse(text, &value) == 0 && value >= attribute->bound;
    for (int i = 0; i < attribute->count; i++)
        if (str_equal(attribute->values[i], text))
            return true;
    return false;
}

/* A scalar is compared, of a list any item. */
static bool node_selected(const struct selector_attribute *attribute, const struct yaml *node)
{
    if (!node)
        return false;
    if (node->kind == YAML_SCALAR)
        return text_selected(attribute, node->text);
    for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
        if (node->items[i]->kind == YAML_SCALAR && text_selected(attribute, node->items[i]->text))
            return true;
    return false;
}

/* The thing's own attribute, else its enterprise's. */
static bool attribute_selected(const struct selector_attribute *attribute, const struct yaml *own,
                               const struct yaml *owner)
{
    const struct yaml *node = yaml_get(own, attribute->key);
    return node_selected(attribute, node ? node : yaml_get(owner, attribute->key));
}

static const struct yaml *own_node(const struct engine *engine, const struct subject *subject)
{
    const struct registry *registry = &engine->policy->registry;
    if (subject->station >= 0)
        return engine->policy->stations[subject->station].node;
    if (subject->recipient < 0)
        return NULL;
    const struct recipient *recipient = &registry->recipients[subject->recipient];
    if (subject->outlet >= 0)
        return recipient->outlets[subject->outlet].node;
    if (subject->line >= 0)
        return recipient->lines[subject->line].node;
    return recipient->node;
}

static bool right_kind(const struct engine *engine, const struct subject *subject,
                       enum subject_kind kind)
{
    const struct recipient *recipient =
        subject->recipient >= 0 ? &engine->policy->registry.recipients[subject->recipient] : NULL;
    bool whole = recipient && subject->outlet < 0 && subject->line < 0;
    switch (kind) {
    case SUBJECT_AREA:
        return subject->area >= 0;
    case SUBJECT_STATION:
        return subject->station >= 0;
    case SUBJECT_OUTLET:
        return subject->outlet >= 0;
    case SUBJECT_LINE:
        return subject->line >= 0;
    case SUBJECT_ENTERPRISE:
        return whole && recipient->kind == RECIPIENT_ENTERPRISE;
    case SUBJECT_SITE:
        return whole && recipient->kind == RECIPIENT_SITE;
    case SUBJECT_FLEET:
        return whole && recipient->kind == RECIPIENT_FLEET;
    case SUBJECT_EVENT:
        break;
    }
    return false;
}

static bool has_points(const struct selector *selector, const struct yaml *node)
{
    const struct yaml *points = yaml_get(node, "points");
    for (int i = 0; i < selector->has_count; i++)
        if (!yaml_get(points, selector->has[i]))
            return false;
    return true;
}

bool subject_selected(struct engine *engine, const struct selector *selector, int number,
                      const char **reterr)
{
    const struct subject *subject = &engine->subjects[number];
    const struct registry *registry = &engine->policy->registry;
    if (!right_kind(engine, subject, selector->kind))
        return false;
    const struct yaml *own = own_node(engine, subject);
    const struct recipient *recipient =
        subject->recipient >= 0 ? &registry->recipients[subject->recipient] : NULL;
    for (int i = 0; i < selector->count; i++)
        if (!attribute_selected(&selector->attributes[i], own, recipient ? recipient->node : NULL))
            return false;
    if (!has_points(selector, own))
        return false;
    bool selected = true;
    if (selector->where >= 0 && recipient &&
        script_where_recipient(engine->program, selector->where, recipient, &selected, reterr) < 0)
        return false;
    return selected;
}

static micro limit_in(const struct yaml *node, const char *name)
{
    micro value;
    const char *text = yaml_text(yaml_get(node, "limits"), name);
    return text && micro_parse(text, &value) == 0 ? value : MICRO_NONE;
}

/* The subject's own limit, else its enterprise's, else the policy's figure `limits`. */
micro subject_limit(const struct engine *engine, int number, const char *name)
{
    if (number < 0)
        return MICRO_NONE;
    const struct subject *subject = &engine->subjects[number];
    micro value = limit_in(own_node(engine, subject), name);
    if (value == MICRO_NONE && subject->recipient >= 0)
        value = limit_in(engine->policy->registry.recipients[subject->recipient].node, name);
    return value != MICRO_NONE ? value : limit_in(engine->policy->figures, name);
}

/* ---- targets ---- */

/* cos by its series, in plain IEEE steps, so that every libm gives the same nearest cell. */
double cosine(double degrees)
{
    double x = degrees * (3.14159265358979323846 / 180), xx = x * x, term = 1, sum = 1;
    for (int i = 1; i <= 10; i++) {
        term *= -xx / ((2 * i - 1) * (2 * i));
        sum += term;
    }
    return sum;
}

/* Square of the distance in metres, on a plane touching at `lat`: good to a percent within a city.
 */
static double distance_squared(double lon1, double lat1, double lon2, double lat2)
{
    double north = (lat2 - lat1) * METRES_A_DEGREE,
           east = (lon2 - lon1) * METRES_A_DEGREE * cosine(lat1);
    return north * north + east * east;
}

bool within_metres(double lon1, double lat1, double lon2, double lat2, micro metres)
{
    double limit = (double)metres / MICRO, north = (lat2 - lat1) * METRES_A_DEGREE;
    if (north * north > limit * limit) /* mostly, and no cosine is needed to say so */
        return false;
    return distance_squared(lon1, lat1, lon2, lat2) <= limit * limit;
}

static int nearest_group(const struct policy *policy, double lon, double lat)
{
    int nearest = -1;
    double least = 0;
    for (size_t i = 0; i < policy->grid_count; i++) {
        if (!str_equal(policy->grid[i].level, "group"))
            continue;
        double distance = distance_squared(lon, lat, policy->grid[i].lon, policy->grid[i].lat);
        if (nearest < 0 || distance < least) {
            nearest = (int)i;
            least = distance;
        }
    }
    return nearest;
}

static const char *grid_office(const struct policy *policy, const char *level,
                               const struct watcher *watcher)
{
    if (!watcher->placed)
        return "";
    int cell = nearest_group(policy, watcher->lon, watcher->lat);
    while (cell >= 0 && !str_equal(policy->grid[cell].level, level))
        cell = policy->grid[cell].parent;
    return cell >= 0 && policy->grid[cell].office ? policy->grid[cell].office : "";
}

static const struct recipient *owner(const struct engine *engine, const struct watcher *watcher)
{
    int recipient = engine->subjects[watcher->subject].recipient;
    return recipient >= 0 ? &engine->policy->registry.recipients[recipient] : NULL;
}

const char *office_for(struct engine *engine, const char *role, const struct recipient *about)
{
    const struct registry *registry = &engine->policy->registry;
    const char *found = NULL;
    for (size_t i = 0; i < registry->count; i++) {
        const struct recipient *recipient = &registry->recipients[i];
        if (recipient->kind != RECIPIENT_OFFICE ||
            !str_equal(yaml_text(recipient->node, "role"), role))
            continue;
        bool own = about && str_equal(about->district, recipient->district);
        if (own)
            return recipient->id;
        if (!found && !recipient->district)
            found = recipient->id;
    }
    return found ? found : emit_text(engine, "%s", role);
}

static struct spot_of spot_of(const struct recipient *recipient)
{
    const char *lon_text = yaml_text(recipient->node, "lon");
    const char *lat_text = yaml_text(recipient->node, "lat");
    micro lon, lat;
    if (!lon_text || !lat_text || micro_parse(lon_text, &lon) < 0 ||
        micro_parse(lat_text, &lat) < 0)
        return (struct spot_of){0};
    return (struct spot_of){true, (double)lon / MICRO, (double)lat / MICRO};
}

/* The list is text; read again for each event it would cost more than all the rest. */
static const struct spot_of *spots(struct engine *engine)
{
    const struct registry *registry = &engine->policy->registry;
    if (!engine->spots) {
        engine->spots = xcalloc(registry->count + 1, sizeof *engine->spots);
        for (size_t i = 0; i < registry->count; i++)
            engine->spots[i] = spot_of(&registry->recipients[i]);
    }
    return engine->spots;
}

/* WITHIN: everyone selected whose place is that near, joined by commas. */
static const char *nearby(struct engine *engine, const struct target *target,
                          const struct watcher *watcher)
{
    const struct registry *registry = &engine->policy->registry;
    const struct spot_of *places = spots(engine);
    const char *reterr = NULL, *names = "";
    unsigned char *selected =
        target->who.present ? selector_recipients(engine->program, &target->who, &reterr) : NULL;
    for (size_t i = 0; watcher->placed && i < registry->count; i++) {
        if ((target->who.present && (!selected || !selected[i])) || !places[i].placed ||
            !within_metres(watcher->lon, watcher->lat, places[i].lon, places[i].lat,
                           target->metres))
            continue;
        names = emit_text(engine, "%s%s%s", names, *names ? "," : "", registry->recipients[i].id);
    }
    free(selected);
    return names;
}

const char *target_name(struct engine *engine, const struct target *target,
                        const struct watcher *watcher)
{
    const struct recipient *about = owner(engine, watcher);
    switch (target->kind) {
    case TARGET_GRID:
        return grid_office(engine->policy, target->name, watcher);
    case TARGET_WITHIN:
    case TARGET_DOWNWIND:
        return nearby(engine, target, watcher);
    case TARGET_SUBJECT:
        return about ? about->id : subject_name(engine, watcher->subject);
    case TARGET_NAMED:
        break;
    }
    if (str_equal(target->name, "enterprise") && about)
        return about->id;
    if (registry_find(&engine->policy->registry, target->name) >= 0)
        return target->name;
    return office_for(engine, target->name, about);
}
