/* The commands of d4-hub; each takes its own argc and argv. */
#ifndef HUB_COMMANDS_H
#define HUB_COMMANDS_H

#define EXIT_USAGE 64 /* sysexits.h EX_USAGE */

int cmd_init(int argc, char **argv);
int cmd_enroll(int argc, char **argv);
int cmd_sensors(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_archive(int argc, char **argv);
int cmd_watch(int argc, char **argv);
int cmd_ctl(int argc, char **argv);
int cmd_status(int argc, char **argv);

#endif
