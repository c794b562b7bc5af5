/* The folders of a wash and a post, which lanes are made in. */
#ifndef UNIT_LANES_FOLDERS_H
#define UNIT_LANES_FOLDERS_H

#include "libd4/kit/file.h"
#include "libd4/kit/spool_cursor.h"
#include "spool_make.h"

static char dir[64];
static char spool[80], state_dir[80], cursors[80];

static inline int
folders_make(void **state)
{
	(void)state;
	tmpdir_make(dir, sizeof(dir));
	(void)snprintf(spool, sizeof(spool), "%s/spool", dir);
	(void)snprintf(state_dir, sizeof(state_dir), "%s/state", dir);
	(void)snprintf(cursors, sizeof(cursors), "%s/cursors", dir);
	return d4_dir_make(spool, 0700) == D4_OK &&
	               d4_dir_make(state_dir, 0700) == D4_OK
	           ? 0
	           : -1;
}

static inline int
folders_remove(void **state)
{
	(void)state;
	tmpdir_remove(dir);
	return 0;
}

/* Post's place in the lane; NULL takes it away. */
static inline void
save_cursor(const struct d4_spool_cursor *c)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/acme-csirt", cursors);
	assert_int_equal(d4_dir_make(path, 0700), D4_OK);
	(void)snprintf(
	    path, sizeof(path), "%s/acme-csirt/" LANE_ID ".cursor", cursors);
	if (c == NULL)
		assert_int_equal(unlink(path), 0);
	else
		assert_int_equal(d4_spool_cursor_save(path, c), D4_OK);
}

#endif
