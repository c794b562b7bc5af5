/* Scripts of crowd.c. Their arguments: */
#ifndef HUB_CROWD_SCRIPT_H
#define HUB_CROWD_SCRIPT_H

#define CROWD_MAIL "8192" /* letters that wait for a worker */

/* Worker, sensor, session, "1": the census tells, among several. */
extern const char crowd_end_script[];

/*
 * Worker, sensor, session, type, address, "1": not news (they were told before
 * Redis was away), the address's place ("": clones do not matter) and for how
 * many milliseconds one is held, "1": it began with a replay.
 * Answers {letters, moved, held}; letters -1: such a replay, and another worker
 * has a session of the type, so nothing was done. moved: 1: the sensor was in
 * another place before, 2: nobody knows. held: "HOLDER
 * OTHER", or "".
 */
extern const char crowd_begin_script[];

/*
 * Worker, "1": looks for dead ones, milliseconds of a hold; then a sensor, its
 * address and the place of that for each that sends. Answers our letters as a
 * list, then "UUID HOLDER OTHER" for each that is held from now on.
 */
extern const char crowd_look_script[];

/*
 * Worker, the key of our place ("": not alone). Who had the place before us is
 * dead. Sensors that are connected and that nobody has are of an older hub,
 * which told nobody which are its own. Answers how many sessions of who had the
 * place before us were still there.
 */
extern const char crowd_up_script[];

#endif
