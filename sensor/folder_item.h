/* One file of a folder, as the bytes that are sent of it. */
#ifndef SENSOR_FOLDER_ITEM_H
#define SENSOR_FOLDER_ITEM_H

#include "libd4/reason.h"
#include "libd4/slice.h"
#include "sensor/folder_scan.h"

#define FOLDER_JSON_MAX   (64u << 20) /* bytes of a JSON file */
#define FOLDER_BASE64_MAX 749997u /* bytes of a file that fit one D4 frame */

enum folder_form {
	FOLDER_RAW,    /* as it is: lines, packets */
	FOLDER_BASE64, /* one line of base64, as d4-goclient sends files */
	FOLDER_JSON,   /* one line for each JSON value in it */
};

/* struct folder_item -- buf: what is given. why: reason, after an error. */
struct folder_item {
	int fd; /* -1: none is open */
	enum folder_form form;
	struct d4_buf in, out;
	enum d4_reason why;
};

void folder_item_init(struct folder_item *it);
void folder_item_fini(struct folder_item *it);

/*
 * folder_item_open -- Errors: D4_EIO (errno is set): try again later.
 * D4_ETOOBIG it->why says which limit.
 */
D4_USED enum d4_status folder_item_open(struct folder_item *it,
    const struct folder_file *file, enum folder_form form);

/*
 * folder_item_next -- the next bytes, valid until the next call. D4_END: the
 * file is closed. Errors: D4_EIO.  D4_EMALFORMED the JSON is not whole
 * (it->why), nothing of the file was given; the file is closed.
 */
D4_USED enum d4_status folder_item_next(
    struct folder_item *it, struct d4_slice *out);

/*
 * folder_json -- JSON values, one behind the other, each on a line of its own
 * in *out: newlines between tokens become spaces, nothing else is changed.
 * Errors: D4_EMALFORMED not JSON, or not whole.  D4_ENOMEM, D4_ETOOBIG.
 */
D4_USED enum d4_status folder_json(struct d4_slice text, struct d4_buf *out);

#endif
