/* How long records must be kept: the law's figure, out of the national policies that travel inside
 * the binary (policies/national/records.yaml).  Whoever lets go of records asks here. */
#ifndef MODEL_RECORDS_H
#define MODEL_RECORDS_H

#include <stdint.h>

#define RECORDS_FILE "policies/national/records.yaml" /* for those who are told of it */

/* Days, at the least. */
int64_t records_days_min(void);

#endif
