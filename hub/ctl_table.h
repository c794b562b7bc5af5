/*
 * The commands of `d4-hub ctl`: one table for the command line, the control
 * socket, --help and, later, a web interface.
 */
#ifndef HUB_CTL_TABLE_H
#define HUB_CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#define CTL_ARGS 6u

/* What an argument may be; ctl_args.c says how each is checked. */
enum ctl_kind {
	CTL_NONE,
	CTL_UUID,  /* a sensor; 32 hex digits for the script */
	CTL_NAME,  /* [A-Za-z0-9._-], up to 64: a group, tag, reader */
	CTL_TEXT,  /* up to 1000 bytes of UTF-8, one line */
	CTL_WORD,  /* one of `words`, with spaces between them */
	CTL_BYTES, /* 100kB, 1MiB; 0: no limit */
	CTL_COUNT, /* digits */
	CTL_TIME,  /* 30s, 7d; seconds for the script */
	CTL_FROM,  /* networks with commas, or "any" */
	CTL_CERT,  /* any, or uuid, name:NAME, sha256:HEX with commas */
	CTL_WHO,   /* UUID, address or network; "uuid:", "ip:", "net:" before */
	CTL_TYPE,  /* 8, or 254.ja3-jl */
	CTL_DAY,   /* YYYYMMDD */
	CTL_FLAG,  /* there or not */
	CTL_OUT,   /* a file that the command line writes; not sent */
	CTL_IN,    /* a file that the command line reads; sent as a text */
	CTL_KEY,   /* the same, of mode 0600, that holds a key */
};

/* option: written --name VALUE, in any order; else by its place. */
struct ctl_arg {
	const char *name;
	enum ctl_kind kind;
	bool option, must;
	const char *words;
};

/* Who does it, and what has changed then. */
enum ctl_effect {
	CTL_LOOKS,  /* nothing */
	CTL_SENSOR, /* a sensor, or several */
	CTL_LISTS,  /* blocklists or types */
	CTL_QUEUES, /* queues */
};

/*
 * struct ctl_row -- one command, "sensors approve"; its name on the socket is
 * "sensors.approve".
 * Shape:  admin: only for root and the hub's own account. script: what Redis
 *         does: ARGV is the time (s), then each argument, "" when it is not
 *         given; answers JSON. NULL: control.c does it, by name. key: a new
 *         key is made and is the last of ARGV. columns: of the list that the
 *         answer holds, for people. quiet: not told in the log. alone: the verb
 *         may be left out. text: the member of the answer that is printed as it
 * is.
 */
struct ctl_row {
	const char *noun, *verb;
	const char *help;
	bool admin, key, quiet, alone;
	enum ctl_effect effect;
	const char *script;
	const char *columns, *text;
	struct ctl_arg arg[CTL_ARGS];
};

extern const struct ctl_row ctl_rows[];
extern const size_t ctl_n_rows;

/* ctl_find_noun -- the one that a noun alone means, or NULL. */
const struct ctl_row *ctl_find_noun(const char *noun);

/* ctl_find -- by "sensors.approve", or by two words; NULL: no such one. */
const struct ctl_row *ctl_find(const char *name);
const struct ctl_row *ctl_find_words(const char *noun, const char *verb);

/* ctl_args -- how many arguments it has. */
size_t ctl_args(const struct ctl_row *row);

#endif
