/*
 * MISP's warninglists, a local copy: values that are known to be benign, such
 * as public resolvers. A finding about one of them is counted, not sent.
 * Source: MISP/misp-warninglists (lists/NAME/list.json) and how MISP asks them.
 */
#ifndef MISP_WARNINGLIST_H
#define MISP_WARNINGLIST_H

#include <jansson.h>
#include "misp-export/event.h"

#define WARNINGLISTS     512u
#define WARNINGLIST_FILE (128u << 20) /* bytes of one */

struct warninglists;

/*
 * warninglists_load -- DIR/NAME.json and DIR/NAME/list.json, as their
 * repository has them. A file that is none of them is named in the log and
 * left out; if it was a list in `before` (NULL: nothing), that one stays. What
 * was counted goes on.
 * Errors: D4_EIO DIR cannot be read.  D4_ETOOBIG too many.  D4_ENOMEM.
 */
D4_USED enum d4_status warninglists_load(const char *dir,
    const struct warninglists *before, struct warninglists **out);
void warninglists_free(struct warninglists *w);

/*
 * warninglists_find -- the name of the first list that has the value of a
 * MISP type, or NULL. text: the type says nothing, the value is looked at.
 */
const char *warninglists_find(
    const struct warninglists *w, const char *type, const char *value);

/*
 * warninglists_take -- what the finding is about is in a list: it is
 * counted there, and is not to be sent. w NULL: never.
 */
bool warninglists_take(struct warninglists *w, const struct finding *f);

/*
 * warninglists_told -- calls fn with each list and the findings that were not
 * sent for it since it was called last.
 */
void warninglists_told(struct warninglists *w,
    void (*fn)(void *arg, const char *name, uint64_t n), void *arg);

/*
 * warninglists_json -- how many findings by list, an object; "LIST: limit":
 * questions that a pattern's limit ended.
 */
json_t *warninglists_json(const struct warninglists *w);

#endif
