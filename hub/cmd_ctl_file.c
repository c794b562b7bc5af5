/* d4-hub ctl config: backups, to and from files. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "hub/cmd_ctl.h"
#include "libd4/kit/ctl.h"
#include "libd4/kit/file.h"
#include "libd4/uuid.h"

#define RESTORE_PART 24000u      /* bytes of a backup sent at a time */
#define RESTORE_MAX  (64u << 20) /* bytes of a backup */

/* Keys are in it: never over another file, never readable by others. */
static FILE *
backup_open(const struct ctl_line *l)
{
	int fd =
	    open(l->text[0], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (f == NULL)
		(void)ctl_fail(l, 1,
		    "%s: %s; remedy: a file that does not exist yet, where you"
		    " may write",
		    l->text[0], strerror(errno));
	return f;
}

static bool
backup_lines(FILE *f, const json_t *lines)
{
	const json_t *line;
	size_t i;

	json_array_foreach(lines, i, line)
	{
		if (json_dumpf(line, f, JSON_COMPACT) != 0 ||
		    fputc('\n', f) == EOF)
			return false;
	}
	return true;
}

/* Part by part: each says behind which sensor the next one begins. */
static int
backup_parts(struct ctl_line *l, FILE *f, json_int_t *sum)
{
	char after[D4_UUID_HEX] = "";
	const char *next = after;
	json_t *answer;
	int rc = 0;

	while (rc == 0 && next != NULL) {
		l->text[1] = after[0] != '\0' ? after : NULL;
		rc = ctl_ask(l, ctl_request(l), &answer);
		if (rc != 0)
			break;
		next = json_string_value(json_object_get(answer, "next"));
		if (next != NULL)
			(void)snprintf(after, sizeof(after), "%s", next);
		*sum += (json_int_t)json_array_size(
		    json_object_get(answer, "lines"));
		if (!backup_lines(f, json_object_get(answer, "lines")))
			rc = -1;
		json_decref(answer);
	}
	return rc;
}

static int
backup_write(struct ctl_line *l, FILE *f, json_int_t *sum)
{
	int rc = fputs("{\"d4-hub-backup\": 1}\n", f) < 0
	             ? -1
	             : backup_parts(l, f, sum);

	if (rc == 0 && (fflush(f) != 0 || fsync(fileno(f)) != 0))
		rc = -1;
	if (rc >= 0)
		return rc;
	return ctl_fail(l, 1, "%s: %s; remedy: room on another disk",
	    l->text[0], strerror(errno));
}

int
ctl_backup(struct ctl_line *l, json_t **answer)
{
	json_int_t sum = 0;
	FILE *f;
	int rc;

	assert(l->text[0] != NULL);
	f = backup_open(l);
	if (f == NULL)
		return 1;
	rc = backup_write(l, f, &sum);
	(void)fclose(f);
	if (rc != 0)
		(void)unlink(l->text[0]);
	else
		*answer = json_pack(
		    "{s:b,s:i,s:I}", "ok", 1, "backup", 1, "lines", sum);
	return rc;
}

/* Some lines of the file as a JSON list; false at its end. */
static bool
restore_part(struct d4_slice *rest, struct d4_buf *part)
{
	d4_buf_clear(part, SIZE_MAX);
	while (rest->n != 0) {
		const uint8_t *nl = memchr(rest->p, '\n', rest->n);
		size_t n = nl != NULL ? (size_t)(nl - rest->p) : rest->n;

		if (part->n != 0 && part->n + n > RESTORE_PART)
			break;
		if (d4_buf_addf(part, "%s%.*s", part->n == 0 ? "[" : ",",
			(int)n, (const char *)rest->p) != D4_OK)
			return false;
		(void)d4_slice_skip(rest, nl != NULL ? n + 1 : n);
	}
	return part->n != 0 && d4_buf_add(part, "]", 2) == D4_OK;
}

static int
restore_parts(struct ctl_line *l, struct d4_slice rest, json_t **answer)
{
	json_int_t sum = 0;
	struct d4_buf part;
	int rc = 0;

	d4_buf_init(&part, D4_CTL_LINE);
	while (rc == 0 && restore_part(&rest, &part)) {
		l->text[0] = (const char *)part.p;
		rc = ctl_ask(l, ctl_request(l), answer);
		if (rc != 0)
			break;
		sum += json_integer_value(json_object_get(*answer, "restored"));
		json_decref(*answer);
	}
	if (rc == 0 && rest.n != 0)
		rc = ctl_fail(l, 1,
		    "a line of the backup is too long; remedy: a file of"
		    " config backup");
	d4_buf_wipe(&part);
	if (rc == 0)
		*answer = json_pack("{s:b,s:I}", "ok", 1, "restored", sum);
	return rc;
}

int
ctl_restore(struct ctl_line *l, json_t **answer)
{
	static const char head[] = "{\"d4-hub-backup\": 1}\n";
	struct d4_buf text;
	struct d4_slice rest;
	enum d4_status st;
	int rc = 1;

	d4_buf_init(&text, RESTORE_MAX);
	st = d4_file_read(l->text[0], &text);
	rest = d4_buf_slice(&text);
	if (st != D4_OK)
		rc = ctl_fail(l, 1, "%s: %s; remedy: a file of config backup",
		    l->text[0], d4_status_text(st));
	else if (rest.n < sizeof(head) - 1 ||
		 memcmp(rest.p, head, sizeof(head) - 1) != 0)
		rc = ctl_fail(l, 1,
		    "%s: not a backup; remedy: a file of config backup",
		    l->text[0]);
	else {
		(void)d4_slice_skip(&rest, sizeof(head) - 1);
		rc = restore_parts(l, rest, answer);
	}
	d4_buf_wipe(&text);
	return rc;
}
