/* SIGHUP: the configuration, its mappers and the warninglists, read again. */
#ifndef MISP_RELOAD_H
#define MISP_RELOAD_H

#include "misp-export/exporter.h"

/*
 * reload -- all of it, or nothing: what cannot be read is said in one line,
 * and what held until now holds on. Between two turns only.
 */
void reload(struct exporter *x);

#endif
