#include <stdio.h>
#include <stdlib.h>
#include "libd4/kit/file.h"
#include "misp-export/namespace.h"

static enum d4_status
namespace_file(const char *path, struct d4_uuid *out)
{
	char text[D4_UUID_TEXT + 1];
	struct d4_buf got;
	enum d4_status st;

	d4_buf_init(&got, D4_UUID_TEXT);
	st = d4_file_read(path, &got);
	if (st == D4_OK) {
		(void)snprintf(text, sizeof(text), "%.*s",
		    got.n >= D4_UUID_TEXT - 1 ? (int)D4_UUID_TEXT - 1 : 0,
		    (const char *)got.p);
		st = d4_uuid_parse(text, out);
	}
	d4_buf_fini(&got);
	return st;
}

enum d4_status
namespace_read(const char *dir, const char *conf, struct d4_uuid *out)
{
	char *path = d4_path(dir, "namespace");
	enum d4_status st = D4_ENOMEM;

	if (conf != NULL)
		st = d4_uuid_parse(conf, out);
	else if (path != NULL)
		st = namespace_file(path, out);
	free(path);
	return st;
}

enum d4_status
namespace_keep(const char *dir, const char *conf, struct d4_uuid *out)
{
	char *path = d4_path(dir, "namespace"), text[D4_UUID_TEXT];
	struct d4_uuid on_disk;
	enum d4_status st;

	if (path == NULL)
		return D4_ENOMEM;
	st = namespace_read(dir, conf, out);
	if (st == D4_ENOENT)
		st = d4_uuid_random(out);
	if (st == D4_OK && namespace_file(path, &on_disk) == D4_ENOENT) {
		d4_uuid_text(out, text);
		st = d4_file_replace(path, d4_slice_str(text), 0640);
	}
	free(path);
	return st;
}
