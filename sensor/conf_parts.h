/* Reading the directory, between conf_dir.c and conf_more.c. */
#ifndef SENSOR_CONF_PARTS_H
#define SENSOR_CONF_PARTS_H

#include "sensor/conf_dir.h"

/* A reading in progress. */
struct dir_read {
	const char *dir;
	struct conf_dir *conf;
	struct d4_diag *diag;
};

#define DIR_ERROR(r, remedy, ...) \
	d4_diag_set((r)->diag, (struct d4_mark){0, 0}, (remedy), __VA_ARGS__)

/* Names the file that everything said from now on is about. */
const char *dir_at(struct dir_read *r, const char *name);

/* The value of a file; D4_ENOENT when there is none or it is empty. */
D4_USED enum d4_status dir_value(
    struct dir_read *r, const char *name, char *out, size_t max);

/* conf_more.c: the source, the proxy, the spool. */
D4_USED enum d4_status dir_source(struct dir_read *r);
D4_USED enum d4_status dir_proxy(struct dir_read *r);
D4_USED enum d4_status dir_spool(struct dir_read *r);

#endif
