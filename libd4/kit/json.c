#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libd4/kit/fdpass.h"
#include "libd4/kit/file.h"
#include "libd4/kit/json.h"

enum d4_status
d4_json_line(json_t *o, size_t flags, struct d4_buf *out)
{
	char *text = o != NULL ? json_dumps(o, flags) : NULL;
	enum d4_status st;

	json_decref(o);
	if (text == NULL)
		return D4_ENOMEM;
	st = d4_buf_adds(out, text);
	if (st == D4_OK)
		st = d4_buf_adds(out, "\n");
	free(text);
	return st;
}

enum d4_status
d4_json_send(int sock, const char *word, json_t *o)
{
	char *text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	size_t n = text != NULL ? strlen(text) : 0;
	int fd = memfd_create(word, MFD_CLOEXEC);
	enum d4_status st = D4_ENOMEM;

	json_decref(o);
	if (fd >= 0 && n > 0)
		st = write(fd, text, n) == (ssize_t)n
		         ? d4_fd_send(sock, d4_slice_str(word), fd)
		         : D4_EIO;
	if (fd >= 0)
		(void)close(fd);
	free(text);
	return st;
}

bool
d4_json_text(const json_t *o, const char *key, char *out, size_t n)
{
	const json_t *v = json_object_get(o, key);
	size_t len = json_string_length(v);

	if (!json_is_string(v) || len >= n ||
	    strlen(json_string_value(v)) != len)
		return false;
	memcpy(out, json_string_value(v), len + 1);
	return true;
}

bool
d4_json_number(const json_t *o, const char *key, uint64_t most, uint64_t *out)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    (uint64_t)json_integer_value(v) > most)
		return false;
	*out = (uint64_t)json_integer_value(v);
	return true;
}

json_t *
d4_json_note(const char *path, size_t most)
{
	struct d4_buf text;
	struct stat sb;
	json_t *o = NULL;

	d4_buf_init(&text, most);
	/* Regular only: a fifo would keep us. */
	if (lstat(path, &sb) == 0 && S_ISREG(sb.st_mode) &&
	    d4_file_read(path, &text) == D4_OK)
		o = json_loadb(
		    (const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	d4_buf_fini(&text);
	if (json_is_object(o))
		return o;
	json_decref(o);
	return NULL;
}

const char *
d4_json_str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : "";
}
