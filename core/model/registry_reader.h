/* Shared by the files that read the registry: an entry while it is being read.
 *
 * Its tree has places and is gone with the next entry; so is what stands in `scratch`.  What stays
 * is put on the shelf at the end (recipient_settle). */
#ifndef MODEL_REGISTRY_READER_H
#define MODEL_REGISTRY_READER_H

#include "base/shelf.h"
#include "model/names.h"
#include "model/policy_reader.h"

struct registry_reader {
    struct policy_reader *policy; /* arena, findings, declared names */
    struct shelf shelf;
    size_t capacity;             /* of the registry's recipients */
    struct names codes;          /* credit codes: one legal person twice is asked about */
    struct arena scratch;        /* of the entry at hand */
    struct names lines, outlets; /* … its own */
    struct line *lines_read;     /* … in scratch, as are the recipient's until it is settled */
    struct outlet *outlets_read;
    const struct yaml ***duty_nodes; /* … where each duty is written: [level][i] */
    bool day_unclear;                /* … some of its emissions cannot be read: no sums */
    bool duties_unclear;             /* … some of its measures cannot be read: no ladder */
    size_t without_contact;          /* entries nobody can reach … */
    struct place first_without_contact;
    struct place first_with_measures; /* what needs measures.yaml and inventory.yaml; file NULL:
                                         none */
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
/* Puts on the shelf what is left of the entry, its tree first: nothing has places any more. */
void recipient_settle(struct registry_reader *reader, struct recipient *recipient);
/* What no single key shows: sums, credit code, the ladder of the measures. */
void recipient_check(struct registry_reader *reader, struct recipient *recipient);

/* 18 characters of GB 32100-2015 with the right check character. */
enum credit_code_verdict { CODE_GOOD, CODE_FILLER, CODE_LENGTH, CODE_CHARACTER, CODE_CHECK };
enum credit_code_verdict credit_code_check(const char *code);

#endif
