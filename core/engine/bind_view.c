/* The read-only views a where function is given: one of a value, one of a recipient.
 *
 * There is one table of each for the whole box; what it shows is set before each call and means
 * nothing after. v.value stands in the table itself, because every such function reads it; the
 * other fields are made when they are asked for.  A field that does not exist is an error that
 * names those that do. */
#include "base/lang.h"
#include "base/str.h"
#include "base/yaml.h"
#include "engine/program.h"
#include <lauxlib.h>
#include <string.h>

static const char functions_key; /* registry: the list of where functions */

void program_push_functions(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &functions_key);
}

static const struct where_view *view_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

static void push_text(lua_State *L, const char *text)
{
    if (text)
        lua_pushstring(L, text);
    else
        lua_pushnil(L);
}

static void push_micro(lua_State *L, micro value)
{
    if (value == MICRO_NONE)
        lua_pushnil(L);
    else if (value % MICRO == 0)
        lua_pushinteger(L, value / MICRO);
    else
        lua_pushnumber(L, (lua_Number)value / MICRO);
}

static int unknown_field(lua_State *L, const char *const *known, size_t count)
{
    const char *field = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);
    const char *nearest = str_nearest(field, known, count);
    if (nearest)
        return luaL_error(
            L, tr("the view has no '%s'; did you mean '%s'?", "视图没有 '%s'; 是否想写 '%s'？"),
            field, nearest);
    lua_pushstring(L, field);
    luaL_Buffer all;
    luaL_buffinit(L, &all);
    for (size_t i = 0; i < count; i++) {
        luaL_addstring(&all, i > 0 ? ", " : "");
        luaL_addstring(&all, known[i]);
    }
    luaL_pushresult(&all);
    return luaL_error(L, tr("the view has no '%s'; it has: %s", "视图没有 '%s'; 其中有: %s"), field,
                      lua_tostring(L, -1));
}

/* Position of the field asked for, or -1. */
static int field_number(lua_State *L, const char *const *known, int count)
{
    const char *field = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
    for (int i = 0; i < count; i++) {
        if (strcmp(known[i], field) == 0)
            return i;
    }
    return -1;
}

/* ---- a value ---- */

static struct slot number_slot(bool whole, int64_t integer, double real)
{
    if (whole)
        return (struct slot){.kind = SLOT_INTEGER, .integer = integer};
    return (struct slot){.kind = SLOT_REAL, .real = real};
}

/* An integer where the figure is whole, so that scripts compare exactly. */
struct slot bind_view_number(struct ratio value)
{
    int64_t num = (int64_t)value.num;
    if (value.den == 0)
        return (struct slot){.kind = SLOT_NIL};
    if (value.den == 1 && num == value.num) /* nearly always; a constant divides faster */
        return number_slot(num % MICRO == 0, num / MICRO, (double)num / MICRO);
    if (num == value.num && value.den < INT64_MAX / MICRO) {
        int64_t unit = value.den * MICRO;
        return number_slot(num % unit == 0, num / unit, (double)num / (double)unit);
    }
    wide unit = (wide)value.den * MICRO;
    int64_t integer = (int64_t)(value.num / unit);
    return number_slot(value.num % unit == 0 && value.num / unit == integer, integer,
                       (double)value.num / (double)unit);
}

static void push_ratio(lua_State *L, struct ratio value)
{
    struct slot number = bind_view_number(value);
    if (number.kind == SLOT_NIL)
        lua_pushnil(L);
    else if (number.kind == SLOT_INTEGER)
        lua_pushinteger(L, number.integer);
    else
        lua_pushnumber(L, number.real);
}

static int value_before(lua_State *L)
{
    const struct where_value *value = view_of(L)->value;
    lua_Integer back = luaL_checkinteger(L, 2);
    luaL_argcheck(L, back >= 1 && back <= 10000, 2, tr("1 to 10000 steps back", "应为 1 到 10000"));
    sandbox_charge(L, 10);
    push_ratio(L, value->before ? value->before(value->arg, (int)back) : (struct ratio){0});
    return 1;
}

static int value_other(lua_State *L)
{
    const struct where_view *view = view_of(L);
    const char *series = luaL_checkstring(L, 2);
    if (view->policy && policy_series(view->policy, series) < 0)
        return luaL_error(L, tr("unknown series '%s'", "未知的数据序列 '%s'"), series);
    sandbox_charge(L, 10);
    push_ratio(L, view->value->other ? view->value->other(view->value->arg, series)
                                     : (struct ratio){0});
    return 1;
}

/* Upvalues: the view, then the two methods. */
static int value_field(lua_State *L)
{
    static const char *const fields[] = {"time",    "hour",   "month",  "day",   "weekday",
                                         "subject", "series", "before", "other", "value"};
    const struct where_view *view = view_of(L);
    const struct where_value *value = view->value;
    int field = field_number(L, fields, 9);
    struct civil civil = {0};
    if (field >= 1 && field <= 4)
        civil = civil_of(value->time, view->zone);
    switch (field) {
    case 0:
        lua_pushinteger(L, value->time);
        break;
    case 1:
        lua_pushinteger(L, civil.hour);
        break;
    case 2:
        lua_pushinteger(L, civil.month);
        break;
    case 3:
        lua_pushinteger(L, civil.day);
        break;
    case 4:
        lua_pushinteger(L, civil.weekday);
        break;
    case 5:
        push_text(L, value->subject);
        break;
    case 6:
        push_text(L, value->series);
        break;
    case 7:
        lua_pushvalue(L, lua_upvalueindex(2));
        break;
    case 8:
        lua_pushvalue(L, lua_upvalueindex(3));
        break;
    default:
        return unknown_field(L, fields, 10);
    }
    return 1;
}

/* ---- a recipient ---- */

static void push_day(lua_State *L, const micro day[EMISSIONS])
{
    lua_createtable(L, 0, EMISSIONS);
    for (int i = 0; i < EMISSIONS; i++) {
        push_micro(L, day[i]);
        lua_setfield(L, -2, emission_key((enum emission)i));
    }
}

/* Fresh tables each time: a script may change them, nobody else will see it. */
static void push_lines(lua_State *L, const struct recipient *recipient)
{
    sandbox_charge(L, recipient->line_count * 10);
    lua_createtable(L, recipient->line_count, 0);
    for (int i = 0; i < recipient->line_count; i++) {
        const struct line *line = &recipient->lines[i];
        lua_createtable(L, 0, 4);
        push_text(L, line->id);
        lua_setfield(L, -2, "id");
        push_text(L, line->name);
        lua_setfield(L, -2, "name");
        push_day(L, line->day);
        lua_setfield(L, -2, "day");
        lua_pushinteger(L, line->safe_percent);
        lua_setfield(L, -2, "safe_percent");
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_emits(lua_State *L, const struct recipient *recipient)
{
    lua_createtable(L, recipient->emit_count, 0);
    for (int i = 0; i < recipient->emit_count; i++) {
        lua_pushstring(L, recipient->emits[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_scalar(lua_State *L, const struct yaml *node)
{
    micro number;
    if (yaml_is_null(node))
        lua_pushnil(L);
    else if (node->quoted)
        lua_pushstring(L, node->text);
    else if (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0)
        lua_pushboolean(L, node->text[0] == 't');
    else if (micro_parse(node->text, &number) == 0)
        push_micro(L, number);
    else
        lua_pushstring(L, node->text);
}

/* r.attr "phase": any attribute as it is written in the registry; nil when it is not. */
static int recipient_attribute(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    const struct yaml *node = yaml_get(view_of(L)->recipient->node, name);
    if (!node || node->kind == YAML_MAP) {
        lua_pushnil(L);
    } else if (node->kind == YAML_SCALAR) {
        push_scalar(L, node);
    } else {
        sandbox_charge(L, (int64_t)node->count);
        lua_createtable(L, (int)node->count, 0);
        for (size_t i = 0; i < node->count; i++) {
            if (node->items[i]->kind == YAML_SCALAR)
                push_scalar(L, node->items[i]);
            else
                lua_pushboolean(L, 1);
            lua_rawseti(L, -2, (lua_Integer)i + 1);
        }
    }
    return 1;
}

static const char *recipient_text(const struct recipient *recipient, int field)
{
    static const char *const classes[] = {"normal", "guaranteed", "small", "long_stopped"};
    static const char *const kinds[] = {"enterprise", "site", "fleet", "office"};
    switch (field) {
    case 0:
        return recipient->id;
    case 1:
        return recipient->name;
    case 2:
        return recipient->grade == GRADE_NONE ? NULL : grade_name(recipient->grade);
    case 3:
        return recipient->district;
    case 4:
        return recipient->industry;
    case 5:
        return recipient->park;
    case 6:
        return classes[recipient->supply];
    case 7:
        return recipient->credit_code;
    default:
        return kinds[recipient->kind];
    }
}

/* Upvalues: the view, then `attr`. */
static int recipient_field(lua_State *L)
{
    static const char *const fields[] = {"id",    "name",  "grade",       "district", "industry",
                                         "park",  "class", "credit_code", "kind",     "day",
                                         "lines", "emits", "attr"};
    const struct recipient *recipient = view_of(L)->recipient;
    int field = field_number(L, fields, 13);
    if (field < 0)
        return unknown_field(L, fields, 13);
    if (field <= 8)
        push_text(L, recipient_text(recipient, field));
    else if (field == 9)
        push_day(L, recipient->day);
    else if (field == 10)
        push_lines(L, recipient);
    else if (field == 11)
        push_emits(L, recipient);
    else
        lua_pushvalue(L, lua_upvalueindex(2));
    return 1;
}

/* ---- in the box ---- */

/* A table whose missing fields are made by `field`, with `methods` as its further upvalues, seen
 * through a read-only view.  Leaves the table and the view. */
static void push_view(lua_State *L, struct where_view *view, lua_CFunction field,
                      const lua_CFunction *methods, int method_count)
{
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushlightuserdata(L, view);
    for (int i = 0; i < method_count; i++) {
        lua_pushlightuserdata(L, view);
        lua_pushcclosure(L, methods[i], 1);
    }
    lua_pushcclosure(L, field, 1 + method_count);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    sandbox_freeze(L, "the view");
}

/* Lays out the stack as program.h says. */
void bind_view(struct program *program)
{
    static const lua_CFunction value_methods[] = {value_before, value_other};
    static const lua_CFunction recipient_methods[] = {recipient_attribute};
    lua_State *L = sandbox_state(program->box);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &functions_key);
    push_view(L, &program->view, value_field, value_methods, 2);
    lua_insert(L, STACK_VALUE);
    lua_pushliteral(L, "value");
    push_view(L, &program->view, recipient_field, recipient_methods, 1);
    lua_remove(L, -2);
}

/* Sets v.value, which stands in the table itself.  Allocates nothing.  Several rules ask about one
 * value in turn, so it often stands there already. */
void bind_view_value(struct program *program)
{
    struct ratio value = program->view.value->value;
    if (value.num == program->view.shown.num && value.den == program->view.shown.den)
        return;
    lua_State *L = sandbox_state(program->box);
    lua_pushvalue(L, STACK_VALUE_KEY);
    push_ratio(L, value);
    lua_rawset(L, STACK_VALUE_HIDDEN);
    program->view.shown = value;
}
