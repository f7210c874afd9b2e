/* The law's figure of how long records are kept. */
#include "model/records.h"
#include <criterion/criterion.h>

/* No span of six months is longer than 1 March to 31 August. */
Test(records, six_months_are_covered_whichever_they_are)
{
    cr_expect_eq(records_days_min(), 31 + 30 + 31 + 30 + 31 + 31);
}
