/* What a killed process was about to rename. */
#ifndef MISP_TIDY_H
#define MISP_TIDY_H

/*
 * tidy -- deletes the temporary files that d4_file_replace left in a folder:
 * NAME.XXXXXX of *.json, *.jsonl and *.csv. Nobody else may be writing there.
 */
void tidy(const char *dir);

#endif
