/* The unified social credit code, GB 32100-2015: 17 characters and a check character.
 *
 * The alphabet leaves out I, O, S, V and Z, which are misread; the weights are the powers of 3
 * modulo 31. A code with the filler XXXX stands for an invented enterprise and has no check
 * character. */
#include "model/registry_reader.h"
#include <string.h>

enum { CODE_CHARS = 18, CODE_BASE = 31 };
static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

static int value_of(char c)
{
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

enum credit_code_verdict credit_code_check(const char *code)
{
    if (strlen(code) != CODE_CHARS)
        return CODE_LENGTH;
    int sum = 0, weight = 1;
    for (int i = 0; i < CODE_CHARS; i++) {
        int value = value_of(code[i]);
        if (value < 0)
            return CODE_CHARACTER;
        sum += value * (i < CODE_CHARS - 1 ? weight : 1);
        weight = weight * 3 % CODE_BASE;
    }
    if (strstr(code, "XXXX"))
        return CODE_FILLER;
    return sum % CODE_BASE == 0 ? CODE_GOOD : CODE_CHECK;
}
