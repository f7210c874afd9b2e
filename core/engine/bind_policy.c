/* `p`: the bundle's figures, by path.
 *
 * p.levels.yellow.heavy is a reference, not a number: a figure may be dated, and which one counts
 * is decided when the rule is evaluated.  So it fits into every slot of a rule (text, number, span,
 * list) and nowhere else: reckoning with it, comparing or joining it is a mistake with a hint. */
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "engine/codes.h"
#include "engine/sandbox.h"
#include "engine/words.h"
#include "model/policy.h"
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES_MAX = 200 };
static const char reference_meta; /* registry key */

struct reference {
    const struct yaml *node; /* NULL: no bundle, any path */
    char path[];             /* "levels.yellow", "" for p itself */
};

static void push_reference(lua_State *L, const struct yaml *node, const char *path)
{
    size_t size = strlen(path) + 1;
    struct reference *reference = lua_newuserdatauv(L, sizeof *reference + size, 0);
    reference->node = node;
    memcpy(reference->path, path, size);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &reference_meta);
    lua_setmetatable(L, -2);
}

static const struct reference *reference_at(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index))
        return NULL;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &reference_meta);
    bool is = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return is ? lua_touserdata(L, index) : NULL;
}

const char *policy_reference(lua_State *L, int index, const struct yaml **ret_node)
{
    const struct reference *reference = reference_at(L, index);
    if (!reference)
        return NULL;
    *ret_node = reference->node;
    return reference->path;
}

static const char *dotted(const struct reference *reference)
{
    return reference->path[0] ? "." : "";
}

static int unknown_path(lua_State *L, const struct reference *reference, const char *key)
{
    const struct yaml *map = reference->node;
    const char **names = xcalloc(map->count + 1, sizeof *names);
    for (size_t i = 0; i < map->count; i++)
        names[i] = map->keys[i]->text;
    const char *nearest = str_nearest(key, names, map->count);
    char *all = str_join(names, map->count, ", ");
    char *hint = nearest ? xasprintf(tr("did you mean p%s%s.%s?", "是否想写 p%s%s.%s？"),
                                     dotted(reference), reference->path, nearest)
                         : xasprintf(tr("it has: %.300s", "其中有: %.300s"), all);
    char at[PATH_BYTES_MAX + 8];
    snprintf(at, sizeof at, "p%s%s", dotted(reference), reference->path);
    char word[64];
    snprintf(word, sizeof word, "%s", key);
    lua_pushstring(L, hint); /* outlives the frees below, also when the complaint is raised */
    free(names);
    free(all);
    free(hint);
    return sandbox_complain(
        L, L_PATH, lua_tostring(L, -1),
        tr("%s has no '%s' in the policy's figures", "政策 figures 的 %s 中没有 '%s'"), at, word);
}

static int reference_index(lua_State *L)
{
    const struct reference *reference = reference_at(L, 1);
    if (!reference || lua_type(L, 2) != LUA_TSTRING)
        return sandbox_complain(L, L_PATH, tr("write p.name.name", "写作 p.名.名"),
                                tr("figures are reached by names", "figures 只能按名字取"));
    const char *key = lua_tostring(L, 2);
    const struct yaml *node = reference->node, *child = NULL;
    char path[PATH_BYTES_MAX];
    int size = snprintf(path, sizeof path, "%s%s%s", reference->path, dotted(reference), key);
    if (size >= (int)sizeof path)
        return sandbox_complain(L, L_PATH, NULL, tr("the path is too long", "路径过长"));
    if (node && node->kind != YAML_MAP)
        return sandbox_complain(
            L, L_PATH, NULL,
            tr("p%s%s is a figure and has no '%.60s'", "p%s%s 是数值, 没有 '%.60s'"),
            dotted(reference), reference->path, key);
    if (node && !(child = yaml_get(node, key)))
        return unknown_path(L, reference, key);
    push_reference(L, child, path);
    return 1;
}

/* Arithmetic, comparison, joining, walking: all of them the same mistake. */
static int reference_misused(lua_State *L)
{
    const struct reference *reference = reference_at(L, 1);
    if (!reference)
        reference = reference_at(L, 2);
    return sandbox_complain(
        L, L_FIGURE,
        tr("put it where it is used, such as above = p.…; write a figure that is the result into "
           "policy.yaml",
           "直接写在使用处, 如 above = p.…; 需要换算的数值请写进 policy.yaml"),
        tr("p%s%s is a figure of the policy, dated; a script cannot reckon with it",
           "p%s%s 是政策数值, 按日期生效, 脚本不能拿它计算"),
        reference ? dotted(reference) : "", reference ? reference->path : "");
}

static int reference_write(lua_State *L)
{
    return sandbox_complain(L, L_FIGURE,
                            tr("figures are written in policy.yaml", "数值写在 policy.yaml"),
                            tr("p is read-only", "p 只读"));
}

void bind_policy(struct sandbox *box, const struct policy *policy)
{
    static const char *const misuses[] = {
        "__add", "__sub",  "__mul", "__div",  "__idiv",   "__mod",   "__pow",
        "__unm", "__lt",   "__le",  "__len",  "__concat", "__call",  "__shl",
        "__shr", "__band", "__bor", "__bxor", "__bnot",   "__pairs", "__tostring"};
    static const struct yaml no_figures = {.kind = YAML_MAP};
    lua_State *L = sandbox_state(box);
    lua_newtable(L);
    for (size_t i = 0; i < sizeof misuses / sizeof *misuses; i++) {
        lua_pushcfunction(L, reference_misused);
        lua_setfield(L, -2, misuses[i]);
    }
    lua_pushcfunction(L, reference_index);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, reference_write);
    lua_setfield(L, -2, "__newindex");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &reference_meta);
    push_reference(L, policy ? (policy->figures ? policy->figures : &no_figures) : NULL, "");
    sandbox_add_word(box, "p");
}
