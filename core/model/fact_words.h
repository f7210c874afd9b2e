/* The words of facts, shared by reading and writing. */
#ifndef MODEL_FACT_WORDS_H
#define MODEL_FACT_WORDS_H

enum { ACTS = 14, RECEIPTS = 5 };
/* In the order of enum decision_act and enum receipt_kind. */
extern const char *const decision_act_names[ACTS];
extern const char *const receipt_kind_names[RECEIPTS];

#endif
