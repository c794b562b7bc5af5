/* The hub's options, between options_table.c (rows) and options.c (checks). */
#ifndef HUB_OPTIONS_PARTS_H
#define HUB_OPTIONS_PARTS_H

#include "hub/options.h"

extern const struct d4_conf_option hub_options_table[];

#endif
