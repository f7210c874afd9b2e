/* Walking a JSON text without building it.
 *
 * Every step checks the end of the text, so a text that is not valid JSON gives a wrong place at
 * worst. */
#include "model/locate.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

size_t json_skip_blanks(const char *text, size_t size, size_t at)
{
    while (at < size &&
           (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r'))
        at++;
    return at;
}

/* `at` is a quote; one past the closing one. */
static size_t string_end(const char *text, size_t size, size_t at)
{
    for (at++; at < size; at++) {
        if (text[at] == '\\')
            at++;
        else if (text[at] == '"')
            return at + 1;
    }
    return size;
}

size_t json_value_end(const char *text, size_t size, size_t at)
{
    int depth = 0;
    while (at < size) {
        char c = text[at];
        if (c == '"') {
            at = string_end(text, size, at);
        } else if (c == '{' || c == '[') {
            depth++;
            at++;
        } else if (c == '}' || c == ']') {
            at += depth > 0;
            depth--;
        } else if (depth == 0 && (c == ',' || c == ':' || strchr(" \t\r\n", c))) {
            return at;
        } else {
            at++;
            continue;
        }
        if (depth <= 0)
            return at;
    }
    return size;
}

/* The value behind the comma and blanks at `at`, or `size`. */
static size_t next_item(const char *text, size_t size, size_t at)
{
    at = json_skip_blanks(text, size, at);
    if (at >= size || text[at] != ',')
        return size;
    return json_skip_blanks(text, size, at + 1);
}

/* `at` stands on the quote of a key: is it this one?  *ret_value is then where its value begins. */
static bool key_is(const char *text, size_t size, size_t at, const char *key, size_t key_size,
                   size_t *ret_value)
{
    size_t end = string_end(text, size, at);
    size_t value = json_skip_blanks(text, size, end);
    *ret_value =
        value < size ? json_skip_blanks(text, size, value + 1) : size; /* behind the colon */
    return end - at == key_size + 2 && memcmp(text + at + 1, key, key_size) == 0;
}

static size_t find_key(const char *text, size_t size, size_t object, const char *key,
                       size_t key_size)
{
    size_t at = json_skip_blanks(text, size, object + 1);
    while (at < size && text[at] == '"') {
        size_t value;
        if (key_is(text, size, at, key, key_size, &value))
            return value;
        at = next_item(text, size, json_value_end(text, size, value));
    }
    return size;
}

static size_t find_item(const char *text, size_t size, size_t array, const char *number)
{
    size_t at = json_skip_blanks(text, size, array + 1);
    for (long left = strtol(number, NULL, 10); left > 0 && at < size; left--)
        at = next_item(text, size, json_value_end(text, size, at));
    return at;
}

size_t json_locate(const char *text, size_t size, const char *pointer)
{
    size_t at = json_skip_blanks(text, size, 0);
    while (*pointer == '/' && at < size) {
        pointer++;
        size_t key_size = strcspn(pointer, "/");
        size_t found = size;
        if (text[at] == '{')
            found = find_key(text, size, at, pointer, key_size);
        else if (text[at] == '[')
            found = find_item(text, size, at, pointer);
        if (found >= size)
            return at;
        at = found;
        pointer += key_size;
    }
    return at;
}
