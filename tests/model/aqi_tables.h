/* The national tables, as every test of the index wants them. */
#ifndef TESTS_AQI_TABLES_H
#define TESTS_AQI_TABLES_H

#include "base/arena.h"
#include "model/aqi.h"

/* policies/national/aqi.yaml out of the program; asserts that it is sound. */
struct aqi_standards national_tables(struct arena *arena);

#endif
