/* Shared by the files that read the registry: an entry while it is being read. */
#ifndef MODEL_REGISTRY_READER_H
#define MODEL_REGISTRY_READER_H

#include "model/names.h"
#include "model/policy_reader.h"

struct registry_reader {
    struct policy_reader *policy; /* arena, findings, declared names */
    struct names codes;           /* credit codes: one legal person twice is asked about */
    struct names lines, outlets;  /* of the entry at hand */
    bool day_unclear;             /* … some of its emissions cannot be read: no sums */
    bool duties_unclear;          /* … some of its measures cannot be read: no ladder */
    size_t without_contact;       /* entries nobody can reach … */
    const struct yaml *first_without_contact;
    const struct yaml *first_with_measures; /* what needs measures.yaml and inventory.yaml */
};

extern const struct schema emissions_schema; /* fills micro[EMISSIONS] */
/* What stands in `day`; `node` may be NULL.  Marks the day as unclear after a finding. */
void emissions_read(struct registry_reader *reader, const struct yaml *node, micro day[EMISSIONS]);
/* Lines, outlets and contacts; each list may be NULL. */
void recipient_parts_read(struct registry_reader *reader, struct recipient *recipient,
                          const struct yaml *lines, const struct yaml *outlets,
                          const struct yaml *contacts);
/* `measures:` of one entry into recipient->duties. */
void duties_read(struct registry_reader *reader, struct recipient *recipient,
                 const struct yaml *measures);
/* What no single key shows: sums, credit code, the ladder of the measures. */
void recipient_check(struct registry_reader *reader, struct recipient *recipient);

/* 18 characters of GB 32100-2015 with the right check character. */
enum credit_code_verdict { CODE_GOOD, CODE_FILLER, CODE_LENGTH, CODE_CHARACTER, CODE_CHECK };
enum credit_code_verdict credit_code_check(const char *code);

#endif
