/* One letter to the public as a CAP alert.
 *
 * What is issued is an Alert, what changes it an Update, what ends it a Cancel, each naming what
 * went before; without anything before it every message is an Alert.  A drill is never Actual and
 * never Public, nor is a test. */
#ifndef SHELL_CAP_LETTER_H
#define SHELL_CAP_LETTER_H

/* What the templates of the gateway may have filled in; NULL-terminated. */
extern const char *const cap_letter_names[];

/* The marks around the name of the file, in the comment behind the document. */
#define CAP_FILE_BEGIN "<!-- file: "
#define CAP_FILE_END " -->"

#endif
