/*
 * What the commands of ctl_table.c do in Redis, one script each: atomic, and
 * one round trip. ARGV: the time in seconds, then the arguments, then a new
 * key where the command wants one. Each answers JSON, or an error for people.
 */
#ifndef HUB_CTL_SCRIPT_H
#define HUB_CTL_SCRIPT_H

extern const char ctl_script_list[], ctl_script_pending[], ctl_script_dismiss[],
    ctl_script_dismiss_all[], ctl_script_show[], ctl_script_approve[],
    ctl_script_revoke[], ctl_script_kick[], ctl_script_rotate[],
    ctl_script_rotated[], ctl_script_limits[], ctl_script_from[],
    ctl_script_addresses[], ctl_script_certificate[], ctl_script_release[],
    ctl_script_quarantine[], ctl_script_tag[], ctl_script_describe[];
extern const char ctl_script_groups[], ctl_script_group_add[],
    ctl_script_group_remove[];
extern const char ctl_script_blocked[], ctl_script_block[],
    ctl_script_unblock[];
extern const char ctl_script_types[], ctl_script_accept[], ctl_script_refuse[];
extern const char ctl_script_stats[], ctl_script_reader[], ctl_script_peek[],
    ctl_script_size[];
extern const char ctl_script_stats_sensor[], ctl_script_stats_types[],
    ctl_script_stats_addresses[], ctl_script_stats_clocks[];
extern const char ctl_script_events_look[], ctl_script_events_list[],
    ctl_script_events_put[], ctl_script_events_drop[],
    ctl_script_events_reset[], ctl_script_archives[], ctl_script_compat[];
extern const char ctl_script_analyzers[], ctl_script_analyzer_create[],
    ctl_script_analyzer_remove[], ctl_script_analyzer_size[],
    ctl_script_analyzer_peek[], ctl_script_analyzer_empty[],
    ctl_script_analyzer_describe[], ctl_script_analyzer_add[],
    ctl_script_analyzer_drop[], ctl_script_analyzer_show[];
extern const char ctl_script_backup[], ctl_script_restore[];

/* ctl_prelude -- what stands before each of them: helpers. */
extern const char ctl_prelude[];

#endif
