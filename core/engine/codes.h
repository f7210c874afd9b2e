/* The codes of findings about scripts.  A code is a promise: it keeps its meaning for ever, because
 * people search for it.  L: the box in which scripts run.  R: what a rule says.  Explained in
 * scripts/README.md. */
#ifndef ENGINE_CODES_H
#define ENGINE_CODES_H

#define L_SYNTAX "L001"  /* the text is not Lua */
#define L_FAILED "L002"  /* an error while the script ran */
#define L_STEPS "L003"   /* more steps than one load or call may take */
#define L_MEMORY "L004"  /* more memory than one load or call may take */
#define L_UNKNOWN "L005" /* a word that is not in the vocabulary */
#define L_GLOBAL "L006"  /* assignment to a global */
#define L_SOURCE "L007"  /* too large, binary or not UTF-8 */
#define L_NO_RULE "L008" /* the script returns no rule */
#define L_UNUSED "L009"  /* a rule that is not returned */
#define L_RULES "L010"   /* more rules than a bundle may have */
#define L_FIGURE "L011"  /* reckoning with p */
#define L_PATH "L012"    /* p has no such figure */
#define L_STATE "L013"   /* a where function that keeps state */
#define L_WHERE_P "L014" /* a where function that reads p */
#define L_REVIEW "L015"  /* a where function: a person must read it */
#define L_WORD "L016"    /* a word used in the wrong way */

#define R_KEY "R001"      /* a key the rule does not know */
#define R_MISSING "R002"  /* a key the rule needs */
#define R_TYPE "R003"     /* another kind of value is needed */
#define R_UNIT "R004"     /* a span or distance without its unit */
#define R_WIDE "R005"     /* full-width digits or signs */
#define R_RANGE "R006"    /* a number that cannot be meant */
#define R_TESTS "R007"    /* two tests in one clause */
#define R_CLAUSE "R008"   /* a clause that looks nowhere or tests nothing */
#define R_SERIES "R009"   /* no such series */
#define R_LEVEL "R010"    /* no such level */
#define R_AREA "R011"     /* no such area */
#define R_ORDER "R012"    /* levels out of the policy's order, or twice */
#define R_NAME "R013"     /* a park, measure, office … that nobody has */
#define R_RULE "R014"     /* level{} names a rule that is not there */
#define R_TWICE "R015"    /* two rules of one name */
#define R_STEPS "R016"    /* lasting is no whole number of steps */
#define R_LEAD "R017"     /* lead is shorter than merge_within */
#define R_LADDER "R018"   /* a level that can never be the highest */
#define R_LIFT "R019"     /* a lift that can hold while an issue holds */
#define R_NEVER "R020"    /* a condition that can never hold */
#define R_DOCUMENT "R021" /* no such document */
#define R_CHOICE "R022"   /* not one of the known words */
#define R_EMPTY "R023"    /* an empty list or condition */
#define R_SIZE "R024"     /* deeper or longer than a rule may be */
#define R_STATE "R025"    /* states compared with numbers, or the reverse */
#define R_NOBODY "R026"   /* a selector or target that reaches nobody */

#endif
