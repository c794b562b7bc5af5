/* What a person may ask of the exporter: main.c's table. */
#ifndef MISP_COMMANDS_H
#define MISP_COMMANDS_H

#include "misp-export/conf.h"

/*
 * Each answers the exit code. argv[0] is the command's name; the account is
 * given up already, the sandbox not entered.
 */
int cmd_check(struct misp_conf *c, int argc, char **argv);
int cmd_dry(struct misp_conf *c, int argc, char **argv);
int cmd_quarantine(struct misp_conf *c, int argc, char **argv);
int cmd_rebuild(struct misp_conf *c, int argc, char **argv);
int cmd_recall(struct misp_conf *c, int argc, char **argv);
int cmd_status(struct misp_conf *c, int argc, char **argv);

#endif
