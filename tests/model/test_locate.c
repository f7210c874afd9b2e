/* Finding a field in a JSON text. */
#include "model/locate.h"
#include <criterion/criterion.h>
#include <string.h>

Test(locate, a_value_is_found_by_its_pointer)
{
    static const char text[] =
        " { \"a\" : {\"x\":\"}{\\\"],\", \"b\": [1, [2,3] , {\"c\":null}]}, \"d\":-1.5e3 }";
    static const struct {
        const char *pointer, *found;
    } cases[] = {
        {"", "{ \"a\""},    {"/a", "{\"x\""},     {"/a/b", "[1,"},  {"/a/b/0", "1, "},
        {"/a/b/1/1", "3]"}, {"/a/b/2/c", "null"}, {"/d", "-1.5e3"}, {"/a/nothing", "{\"x"},
        {"/a/b/9", "[1,"},  {"/d/e", "-1.5e3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t at = json_locate(text, sizeof text - 1, cases[i].pointer);
        cr_expect(strncmp(text + at, cases[i].found, strlen(cases[i].found)) == 0, "%s: %s",
                  cases[i].pointer, text + at);
    }
}

Test(locate, broken_texts_end_at_their_end)
{
    static const char *const texts[] = {
        "", "{", "{\"a", "{\"a\"", "{\"a\":", "[1,", "[[[", "\"\\", "}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t size = strlen(texts[i]);
        cr_expect_leq(json_locate(texts[i], size, "/a/0/b"), size);
        cr_expect_leq(json_value_end(texts[i], size, 0), size);
    }
}
