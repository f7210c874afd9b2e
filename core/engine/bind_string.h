/* What the two files of module string share. */
#ifndef ENGINE_BIND_STRING_H
#define ENGINE_BIND_STRING_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

/* The text argument at `index`, charged for being read once. */
const char *string_arg(lua_State *L, int index, size_t *ret_size);
/* Lua's positions: from 1, negative from the end; clipped to 1 from below. */
size_t string_first(lua_Integer at, size_t size);
/* Plain search, charged. */
bool string_find_plain(lua_State *L, const char *text, size_t size, const char *part,
                       size_t part_size, size_t *ret_at);

int string_find(lua_State *L);
int string_match(lua_State *L);
int string_gmatch(lua_State *L);
int string_gsub(lua_State *L);

#endif
