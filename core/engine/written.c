/* See written.h.  One walk over the tables, with the spots of the text beside it. */
#include "engine/written.h"
#include "base/arena.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "engine/codes.h"
#include "engine/places.h"
#include "engine/words.h"
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH_MAX = 20,    /* an honest rule has 6 */
    NODES_MAX = 20000, /* values of one rule */
    NAMES_MAX = 64,    /* keys of one table */
    ITEMS_MAX = 10000, /* items of one table: a list of enterprises may be long */
};

static void copy_value(struct reading *reading, struct written *value, const struct spots *spots,
                       int depth);

static void too_much(struct reading *reading, struct written *value, const char *what)
{
    value->kind = WRITTEN_BROKEN;
    findings_add(reading->findings, SEV_ERROR, R_SIZE, value->at, NULL, "%s", what);
}

/* ---- tables ---- */

/* Room for what one table holds: items first, then names. */
struct keys {
    lua_Integer *items;
    const char **names;
    size_t item_count, item_capacity, name_count, name_capacity;
    bool strange; /* a key that is neither */
};

static void add_item(struct keys *keys, lua_Integer index)
{
    void *items = keys->items;
    xgrow(&items, keys->item_count, &keys->item_capacity, sizeof *keys->items);
    keys->items = items;
    keys->items[keys->item_count++] = index;
}

static void add_name(struct keys *keys, const char *name)
{
    void *names = keys->names;
    xgrow(&names, keys->name_count, &keys->name_capacity, sizeof *keys->names);
    keys->names = names;
    keys->names[keys->name_count++] = name;
}

/* Keys of the table on top; false when there are more than a rule may have. */
static bool collect_keys(lua_State *L, struct keys *keys)
{
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        if (lua_isinteger(L, -2) && lua_tointeger(L, -2) > 0 && lua_tointeger(L, -2) < INT32_MAX)
            add_item(keys, lua_tointeger(L, -2));
        else if (lua_type(L, -2) == LUA_TSTRING)
            add_name(keys, lua_tostring(L, -2));
        else
            keys->strange = true;
        if (keys->item_count > ITEMS_MAX || keys->name_count > NAMES_MAX) {
            lua_pop(L, 2);
            return false;
        }
    }
    return true;
}

static int compare_items(const void *a, const void *b)
{
    lua_Integer x = *(const lua_Integer *)a, y = *(const lua_Integer *)b;
    return (x > y) - (x < y);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static struct place place_of(const struct written *table, const struct spot *spot)
{
    if (!spot)
        return table->at;
    return (struct place){table->at.file, spot->line, spot->col};
}

/* The table is on top of the stack. */
static void copy_entries(struct reading *reading, struct written *table, struct keys *keys,
                         const struct spots *spots, int depth)
{
    lua_State *L = sandbox_state(reading->box);
    size_t count = keys->item_count + keys->name_count;
    if (keys->item_count > 1)
        qsort(keys->items, keys->item_count, sizeof *keys->items, compare_items);
    if (keys->name_count > 1)
        qsort(keys->names, keys->name_count, sizeof *keys->names, compare_names);
    table->items = arena_alloc(reading->arena, (count + 1) * sizeof *table->items);
    table->count = (int)count;
    for (size_t i = 0; i < count; i++) {
        struct written *entry = &table->items[i];
        const struct spot *spot;
        if (i < keys->item_count) {
            entry->index = (int)keys->items[i];
            spot = spots_item(spots, entry->index);
            lua_rawgeti(L, -1, keys->items[i]);
        } else {
            const char *name = keys->names[i - keys->item_count];
            entry->key = arena_strdup(reading->arena, name);
            spot = spots_key(spots, name);
            lua_pushstring(L, name);
            lua_rawget(L, -2);
        }
        entry->at = place_of(table, spot);
        copy_value(reading, entry, spot ? spot->child : NULL, depth + 1);
        lua_pop(L, 1);
    }
}

static void copy_table(struct reading *reading, struct written *value, const struct spots *spots,
                       int depth)
{
    lua_State *L = sandbox_state(reading->box);
    int line = 0;
    const char *word = words_mark(L, -1, &line);
    value->kind = WRITTEN_TABLE;
    value->word = word ? arena_strdup(reading->arena, word) : NULL;
    if (!spots && line > 0 && line != value->at.line) /* made elsewhere: its word stands nearer */
        value->at = (struct place){value->at.file, line, 0};
    if (depth > DEPTH_MAX) {
        too_much(reading, value, tr("tables nested too deeply", "表嵌套过深"));
        return;
    }
    luaL_checkstack(L, 8, "rule");
    struct keys keys = {0};
    if (!collect_keys(L, &keys)) {
        too_much(reading, value,
                 tr("a table with more entries than a rule may have", "表中的条目过多"));
    } else {
        if (keys.strange)
            findings_add(reading->findings, SEV_ERROR, R_KEY, value->at, NULL, "%s",
                         tr("a key that is neither a name nor a number from 1",
                            "键不是名字, 也不是从 1 起的序号"));
        copy_entries(reading, value, &keys, spots, depth);
    }
    free(keys.items);
    free(keys.names);
}

/* ---- single values ---- */

static micro number_at(lua_State *L)
{
    micro number = MICRO_NONE;
    if (lua_isinteger(L, -1)) {
        lua_Integer integer = lua_tointeger(L, -1);
        if (integer >= -MICRO_MAX / MICRO && integer <= MICRO_MAX / MICRO)
            number = integer * MICRO;
    } else if (micro_of_double(lua_tonumber(L, -1), &number) < 0) {
        number = MICRO_NONE;
    }
    return number;
}

static void copy_text(struct reading *reading, struct written *value)
{
    const char *text = lua_tolstring(sandbox_state(reading->box), -1, &value->size);
    value->kind = WRITTEN_TEXT;
    value->text = arena_strndup(reading->arena, text, value->size);
}

static void copy_userdata(struct reading *reading, struct written *value)
{
    lua_State *L = sandbox_state(reading->box);
    const char *path = policy_reference(L, -1, &value->node);
    if (sandbox_is_broken(L, -1)) {
        value->kind = WRITTEN_BROKEN;
    } else if (path) {
        value->kind = WRITTEN_FIGURE;
        value->text = arena_strdup(reading->arena, path);
    }
}

/* The function is kept in the list of functions, whose next free position names it. */
static void copy_function(struct reading *reading, struct written *value)
{
    lua_State *L = sandbox_state(reading->box);
    value->kind = WRITTEN_FUNCTION;
    value->function = (int)lua_rawlen(L, reading->functions) + 1;
    lua_pushvalue(L, -1);
    lua_rawseti(L, reading->functions, value->function);
}

/* The value is on top of the stack; key, index and place are set. */
static void copy_value(struct reading *reading, struct written *value, const struct spots *spots,
                       int depth)
{
    lua_State *L = sandbox_state(reading->box);
    int type = lua_type(L, -1);
    value->kind = WRITTEN_OTHER;
    if (reading->nodes_left-- <= 0) {
        if (reading->nodes_left == -1)
            too_much(reading, value,
                     tr("a rule with more values than it may have", "规则中的值过多"));
        value->kind = WRITTEN_BROKEN;
    } else if (type == LUA_TTABLE) {
        copy_table(reading, value, spots, depth);
    } else if (type == LUA_TSTRING) {
        copy_text(reading, value);
    } else if (type == LUA_TNUMBER) {
        value->kind = WRITTEN_NUMBER;
        value->number = number_at(L);
    } else if (type == LUA_TBOOLEAN) {
        value->kind = WRITTEN_BOOL;
        value->truth = lua_toboolean(L, -1);
    } else if (type == LUA_TUSERDATA) {
        copy_userdata(reading, value);
    } else if (type == LUA_TFUNCTION && !lua_iscfunction(L, -1)) {
        copy_function(reading, value);
    }
}

struct written *written_rule(struct reading *reading, int index)
{
    lua_State *L = sandbox_state(reading->box);
    struct written *rule = arena_alloc(reading->arena, sizeof *rule + 3 * sizeof *rule);
    int line = 0, col = 0;
    index = lua_absindex(L, index);
    reading->nodes_left = NODES_MAX;
    rule->kind = WRITTEN_TABLE;
    rule->word = arena_strdup(reading->arena, words_mark(L, index, &line));
    lua_rawgeti(L, index, 1);
    const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    const struct spots *spots = places_rule(reading->places, line, rule->word, name, &col);
    rule->at = (struct place){reading->file, line, col};
    rule->items = rule + 1;
    rule->count = 2;
    for (int i = 0; i < 2; i++) {
        rule->items[i].index = i + 1;
        rule->items[i].at = rule->at;
        if (i == 1)
            lua_rawgeti(L, index, 2);
        copy_value(reading, &rule->items[i], i == 1 ? spots : NULL, 0);
        lua_pop(L, 1);
    }
    return rule;
}

/* ---- reading the tree ---- */

const struct written *written_get(const struct written *table, const char *key)
{
    for (int i = 0; table && table->kind == WRITTEN_TABLE && i < table->count; i++) {
        if (table->items[i].key && strcmp(table->items[i].key, key) == 0)
            return &table->items[i];
    }
    return NULL;
}

const struct written *written_item(const struct written *table, int index)
{
    for (int i = 0; table && table->kind == WRITTEN_TABLE && i < table->count; i++) {
        if (table->items[i].index == index)
            return &table->items[i];
    }
    return NULL;
}

int written_items(const struct written *table)
{
    int count = 0;
    while (table && table->kind == WRITTEN_TABLE && count < table->count &&
           table->items[count].index > 0)
        count++;
    return count;
}

bool written_is(const struct written *value, const char *word)
{
    return value && value->kind == WRITTEN_TABLE && value->word && strcmp(value->word, word) == 0;
}

const char *written_kind_name(const struct written *value)
{
    switch (value->kind) {
    case WRITTEN_TEXT:
        return tr("a text", "文本");
    case WRITTEN_NUMBER:
        return tr("a number", "数字");
    case WRITTEN_BOOL:
        return tr("true or false", "true 或 false");
    case WRITTEN_TABLE:
        return tr("a table", "表");
    case WRITTEN_FIGURE:
        return tr("a figure", "政策数值");
    case WRITTEN_FUNCTION:
        return tr("a function", "函数");
    case WRITTEN_BROKEN:
    case WRITTEN_OTHER:
        break;
    }
    return tr("something else", "其他值");
}
