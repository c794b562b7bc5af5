#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "hub/handover.h"
#include "libd4/kit/file.h"

#define HANDOVER_ENV  "D4_HUB_HANDOVER"
#define HANDOVER_TEXT (256u << 10)

static const char magic[] = "d4-hub-handover";

/* ---- the text ---- */

static enum d4_status
write_sockets(const struct listeners *l, struct d4_buf *out)
{
	enum d4_status st = d4_buf_addf(out, "rows %u\n", l->rows);

	for (unsigned r = 0; r < l->rows; r++)
		for (unsigned i = 0; i < l->n && st == D4_OK; i++)
			st = d4_buf_addf(
			    out, "socket %u %u %d\n", r, i, l->fd[r][i]);
	return st;
}

enum d4_status
handover_write(const struct handover *h, struct d4_buf *out)
{
	enum d4_status st =
	    d4_buf_addf(out, "%s %u\n", magic, HANDOVER_VERSION);

	if (st == D4_OK)
		st = write_sockets(&h->listeners, out);
	if (st == D4_OK && h->ctl >= 0)
		st = d4_buf_addf(out, "ctl %d %s\n", h->ctl, h->ctl_path);
	for (unsigned i = 0; i < h->n && st == D4_OK; i++)
		st =
		    d4_buf_addf(out, "worker %d %d %d\n", (int)h->worker[i].pid,
			h->worker[i].pair, h->worker[i].wants_redis ? 1 : 0);
	return st;
}

/* The next word as a number up to max; *p goes behind it. */
static bool
read_number(const char **p, unsigned long max, unsigned long *out)
{
	char *end;

	if (**p != ' ')
		return false;
	(*p)++;
	if (**p < '0' || **p > '9')
		return false;
	errno = 0;
	*out = strtoul(*p, &end, 10);
	*p = end;
	return errno == 0 && *out <= max;
}

/* A descriptor that is open; the next exec shall not have it by chance. */
static bool
read_fd(const char **p, int *out)
{
	unsigned long v;

	if (!read_number(p, INT_MAX, &v))
		return false;
	*out = (int)v;
	return fcntl(*out, F_SETFD, FD_CLOEXEC) == 0;
}

static bool
read_rows(struct handover *h, const char *p)
{
	unsigned long v;

	if (!read_number(&p, WORKERS_MAX, &v) || *p != '\0')
		return false;
	h->listeners.rows = (unsigned)v;
	return true;
}

static bool
read_socket(struct handover *h, const char *p)
{
	unsigned long row, place;

	if (!read_number(&p, WORKERS_MAX - 1, &row) ||
	    !read_number(&p, LISTENERS_MAX - 1, &place) ||
	    row >= h->listeners.rows ||
	    !read_fd(&p, &h->listeners.fd[row][place]) || *p != '\0')
		return false;
	if (place >= h->listeners.n)
		h->listeners.n = (unsigned)place + 1;
	return true;
}

static bool
read_ctl(struct handover *h, const char *p)
{
	if (h->ctl_path != NULL || !read_fd(&p, &h->ctl) || *p != ' ')
		return false;
	h->ctl_path = strdup(p + 1);
	return h->ctl_path != NULL;
}

static bool
read_worker(struct handover *h, const char *p)
{
	struct crew_member m = {.ready = true};
	unsigned long pid, wants;

	if (h->n == CREW_MAX || !read_number(&p, INT_MAX, &pid) || pid < 2 ||
	    !read_fd(&p, &m.pair) || !read_number(&p, 1, &wants) || *p != '\0')
		return false;
	m.pid = (pid_t)pid;
	m.wants_redis = wants == 1;
	h->worker[h->n++] = m;
	return true;
}

static const struct {
	const char *word;
	bool (*read)(struct handover *h, const char *rest);
} lines[] = {
    {"rows", read_rows},
    {"socket", read_socket},
    {"ctl", read_ctl},
    {"worker", read_worker},
};

static bool
read_line(struct handover *h, const char *line)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		size_t n = strlen(lines[i].word);

		if (strncmp(line, lines[i].word, n) == 0 && line[n] == ' ')
			return lines[i].read(h, line + n);
	}
	return false;
}

static bool
read_magic(const char *line)
{
	size_t n = sizeof(magic) - 1;
	const char *rest = line + n;
	unsigned long v;

	return strncmp(line, magic, n) == 0 &&
	       read_number(&rest, UINT_MAX, &v) && v == HANDOVER_VERSION &&
	       *rest == '\0';
}

/* All of it; copy is taken apart. */
static enum d4_status
read_lines(struct handover *h, char *copy)
{
	char *line = strsep(&copy, "\n");

	if (!read_magic(line))
		return D4_EMALFORMED;
	while ((line = strsep(&copy, "\n")) != NULL) {
		if (line[0] == '\0' && copy == NULL)
			break;
		if (!read_line(h, line))
			return D4_EMALFORMED;
	}
	return D4_OK;
}

enum d4_status
handover_read(struct d4_slice text, struct handover *out)
{
	struct handover *h = calloc(1, sizeof(*h));
	char *copy = strndup((const char *)text.p, text.n);
	enum d4_status st = D4_ENOMEM;

	if (h != NULL && copy != NULL) {
		*h = (struct handover){.taken = true, .ctl = -1};
		st = read_lines(h, copy);
		if (st == D4_OK)
			*out = *h;
		else
			handover_fini(h);
	}
	free(copy);
	free(h);
	return st;
}

void
handover_fini(struct handover *h)
{
	free(h->ctl_path);
	h->ctl_path = NULL;
}

/* ---- from one to the next ---- */

enum d4_status
handover_take(struct handover *out)
{
	const char *name = getenv(HANDOVER_ENV);
	enum d4_status st = D4_EMALFORMED;
	struct d4_buf text;
	char path[64];
	unsigned long fd;
	char *end;

	*out = (struct handover){.ctl = -1};
	if (name == NULL)
		return D4_OK;
	fd = strtoul(name, &end, 10);
	if (end == name || *end != '\0' || fd > INT_MAX)
		return st;
	(void)unsetenv(HANDOVER_ENV);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%lu", fd);
	d4_buf_init(&text, HANDOVER_TEXT);
	st = d4_file_read(path, &text);
	if (st == D4_OK)
		st = handover_read(d4_buf_slice(&text), out);
	(void)close((int)fd);
	d4_buf_fini(&text);
	return st;
}

pid_t
handover_check(const char *program, const char *conf)
{
	char version[24];
	sigset_t none;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)snprintf(version, sizeof(version), "%u", HANDOVER_VERSION);
	/* An older one does not know the option, and is not taken. */
	(void)execl(program, program, "-n", "--takes-over", version, "-c", conf,
	    (char *)NULL);
	_exit(127);
}

/* Whether the next program has these. */
static void
keep_fds(const struct handover *h, bool keep)
{
	int flag = keep ? 0 : FD_CLOEXEC;

	for (unsigned r = 0; r < h->listeners.rows; r++)
		for (unsigned i = 0; i < h->listeners.n; i++)
			(void)fcntl(h->listeners.fd[r][i], F_SETFD, flag);
	if (h->ctl >= 0)
		(void)fcntl(h->ctl, F_SETFD, flag);
	for (unsigned i = 0; i < h->n; i++)
		(void)fcntl(h->worker[i].pair, F_SETFD, flag);
}

enum d4_status
handover_exec(const char *program, char *const *argv, const struct handover *h)
{
	int fd = memfd_create("d4-hub-handover", 0);
	enum d4_status st = D4_EIO;
	struct d4_buf text;
	char name[24];
	int e;

	if (fd < 0)
		return D4_EIO;
	d4_buf_init(&text, HANDOVER_TEXT);
	st = handover_write(h, &text);
	(void)snprintf(name, sizeof(name), "%d", fd);
	if (st == D4_OK &&
	    (write(fd, text.p, text.n) != (ssize_t)text.n ||
		lseek(fd, 0, SEEK_SET) != 0 || setenv(HANDOVER_ENV, name, 1)))
		st = D4_EIO;
	d4_buf_fini(&text);
	if (st == D4_OK) {
		keep_fds(h, true);
		(void)execv(program, argv);
		e = errno;
		keep_fds(h, false);
		(void)unsetenv(HANDOVER_ENV);
		errno = e;
		st = D4_EIO;
	}
	e = errno;
	(void)close(fd);
	errno = e;
	return st;
}

enum d4_status
handover_program(const char *name, char **out)
{
	char path[PATH_MAX];
	ssize_t n;

	if (strchr(name, '/') != NULL) {
		/* Not resolved: it may be a link that the next version moves.
		 */
		*out = name[0] == '/' || getcwd(path, sizeof(path)) == NULL
		           ? strdup(name)
		           : d4_path(path, name);
		return *out != NULL ? D4_OK : D4_ENOMEM;
	}
	n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (n < 0)
		return D4_EIO;
	path[n] = '\0';
	*out = strdup(path);
	return *out != NULL ? D4_OK : D4_ENOMEM;
}
