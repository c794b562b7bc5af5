/* One command of d4-hub ctl, as it was written. */
#ifndef HUB_CMD_CTL_H
#define HUB_CMD_CTL_H

#include <stdio.h>
#include "hub/ctl_args.h"

/*
 * struct ctl_line -- what was written. text: in the places of the row's
 * arguments, NULL: not given. key: what a file held; wiped.
 */
struct ctl_line {
	const char *conf, *ctl;
	bool json, help;
	const struct ctl_row *row;
	const char *noun;
	const char *text[CTL_ARGS];
	struct d4_buf key;
};

/* ctl_help -- all commands, or those of a noun. */
void ctl_help(FILE *to, const char *noun);

/* ctl_no_command -- says what there is instead; the exit status. */
int ctl_no_command(const char *noun, const char *verb);

/* ctl_request -- what the hub is asked. */
json_t *ctl_request(const struct ctl_line *l);

/* ctl_ask -- takes the request. The exit status, and *answer when that is 0. */
int ctl_ask(const struct ctl_line *l, json_t *request, json_t **answer);

/*
 * ctl_backup -- asks for one into the new file text[0]; a file that is not
 * whole does not stay. ctl_restore -- sends one in parts; text[0] is changed.
 */
int ctl_backup(struct ctl_line *l, json_t **answer);
int ctl_restore(struct ctl_line *l, json_t **answer);

/*
 * ctl_fail -- says what is wrong, and the remedy: on stderr, and with --json as
 * the hub's own errors are said. Returns rc.
 */
int __attribute__((format(printf, 3, 4)))
ctl_fail(const struct ctl_line *l, int rc, const char *fmt, ...);

/* ctl_away -- says that no hub answers; the exit status. */
int ctl_away(const struct ctl_line *l, enum d4_status st);

/* ctl_page -- prints the page of metrics. The exit status. */
int ctl_page(const struct ctl_line *l);

#endif
