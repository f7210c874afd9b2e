/* The sheet that is signed gives the figures that the public notice gives. */
#include "base/decimal.h"
#include "cli/ctl.h"
#include "engine/plan.h"
#include <criterion/criterion.h>

Test(ctl_share, is_the_figure_of_the_notice)
{
    json_t *json = json_pack("{s:f,s:i,s:i}", "cut", 16.402, "total", 58, "required_percent", 20);
    struct share share = {.cut = 16402000, .total = 58 * (micro)MICRO};
    struct buf line = {0}, notice = {0};
    ctl_put_share(&line, "voc", json);
    cr_expect_str_eq(buf_str(&line), "  voc   cut 16.402 of 58 t/d (28.2%), required 20%\n");
    share_print(&notice, &share);
    cr_expect_str_eq(buf_str(&notice), "28.2");
    buf_release(&line);
    buf_release(&notice);
    json_decref(json);
}

Test(ctl_share, of_nothing_is_none)
{
    json_t *json = json_object();
    struct buf line = {0};
    ctl_put_share(&line, "so2", json);
    cr_expect_str_eq(buf_str(&line), "  so2   cut 0 of 0 t/d (0.0%), required 0%\n");
    buf_release(&line);
    json_decref(json);
}
