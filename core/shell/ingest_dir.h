/* A watched folder as a source: whole files of facts (CSV, JSON, JSON Lines).
 *
 * A file counts once it is complete: written and closed, or moved in.  Names beginning with a dot,
 * and names ending in .tmp or .part, are somebody's work in progress and left alone.  Subfolders
 * and symbolic links are not taken either, and the log says so once for each.  A good file's facts
 * are taken in the order of their arrival and the file moves to done/ after the last one's commit.
 * A file with any error is not taken at all: it moves to failed/, with NAME.reason beside it. Files
 * found at the start, and several at once, are taken in the order of their names. */
#ifndef SHELL_INGEST_DIR_H
#define SHELL_INGEST_DIR_H

#include "shell/intake.h"

struct ingest_dir;
/* ERR_IO with findings when the folder cannot be watched. */
int ingest_dir_new(struct ingest_dir **ret_dir, const struct surroundings *around,
                   const char *folder, size_t file_bytes_max, struct findings *findings);
/* Goes on when there is room; call it at the start and after every turn. */
void ingest_dir_resume(struct ingest_dir *dir);
/* A policy that came into force; borrowed. */
void ingest_dir_change(struct ingest_dir *dir, const struct policy *policy);
bool ingest_dir_idle(const struct ingest_dir *dir); /* no file is known or under way */
void ingest_dir_stop(struct ingest_dir *dir);
void ingest_dir_free(struct ingest_dir *dir); /* after the loop has closed its handles */

#endif
