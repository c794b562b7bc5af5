/* What the workers do in Redis, each in one step. */
#include "hub/crowd_script.h"

#define DEAD_MS "15000"
#define MAIL_S  "60"

/*
 * A session is over: what d4-core's tools read about it (census.h) goes with
 * it, in either writing of its UUID, unless another one of its sensor says the
 * same; back: what the census took away goes back, where another one does.
 */
#define CROWD_END                                                             \
	"local c=redis.call "                                                 \
	"local function gone(w,u,s,back) "                                    \
	"local own=c('HGET','d4:live:'..u,s) "                                \
	"c('SREM','d4:worker:'..w,u..' '..s) "                                \
	"if not own then return end c('HDEL','d4:live:'..u,s) "               \
	"local left,any={},false "                                            \
	"for _,v in ipairs(c('HVALS','d4:live:'..u)) do any=true "            \
	"left[string.match(v,' (%d+)$') or '']=true end "                     \
	"local d=string.gsub(s,'^(%x%x%x%x%x%x%x%x)(%x%x%x%x)(%x%x%x%x)"      \
	"(%x%x%x%x)','%1-%2-%3-%4-') for _,x in ipairs({s,d}) do "            \
	"c('SREM','map:active_connection-uuid-session_uuid:'..u,x) "          \
	"c('HDEL','map:session-uuid_active_extended_type',x) "                \
	"c('SREM','active_uuid_type2:'..u,x) "                                \
	"c('SREM','active_uuid_type254:'..u,x) end "                          \
	"if any and back then c('SADD','active_connection',u) end "           \
	"for t in pairs(left) do if back and t~='254' then "                  \
	"c('SADD','active_connection:'..t,u) "                                \
	"c('SADD','active_connection_by_uuid:'..u,t) end end "                \
	"if not any then c('SREM','active_connection',u) "                    \
	"c('DEL','active_connection_extended_type:'..u) end "                 \
	"local t=string.match(own,' (%d+)$') or '' "                          \
	"if not left[t] then local l={t} if t=='254' then l={'2','254'} end " \
	"for _,x in ipairs(l) do c('SREM','active_connection:'..x,u) "        \
	"c('SREM','active_connection_by_uuid:'..u,x) end end end "            \
	"local function reap(w) local had=c('SMEMBERS','d4:worker:'..w) "     \
	"for _,m in ipairs(had) do "                                          \
	"gone(w,string.sub(m,1,32),string.sub(m,34)) end "                    \
	"c('DEL','d4:worker:'..w,'d4:mail:'..w) c('ZREM','d4:workers',w) "    \
	"return #had end "

/* ARGV worker, sensor, session, "1": the census tells, among several. */
const char crowd_end_script[] =
    CROWD_END "gone(ARGV[1],ARGV[2],ARGV[3],ARGV[4]=='1') return 1";

/*
 * A sensor sends from address a, which is one of place g: has it taken too many
 * turns, at whatever worker (clone.h: more than three in a minute)? Then the
 * place where it was before the first of them is held, once, for `hold`
 * milliseconds. What is only sent is as old as a look, and no turn so soon
 * after one. Answers 1 if it was in another place before, 2 if nobody knows,
 * and who is held ("": nobody).
 */
#define CROWD_TURN                                                             \
	"local T=redis.call('TIME') local ms=T[1]*1000+math.floor(T[2]/1000) " \
	"local function turn(u,a,g,hold,begins) local c=redis.call "           \
	"local k='d4:turn:'..u "                                               \
	"local h=c('HMGET',k,'place','last','home','t1','t2','t3') "           \
	"if h[1]==g then c('EXPIRE',k,86400) return 0,'' end "                 \
	"local t1,t3=tonumber(h[4] or 0),tonumber(h[6] or 0) "                 \
	"if h[1] and not begins and ms-t1<300 then return 1,'' end "           \
	"c('HSET',k,'place',g,'last',a) c('EXPIRE',k,86400) "                  \
	"if not h[1] then return 2,'' end "                                    \
	"local home=h[3] if not home or ms-t1>=60000 then home=h[2] end "      \
	"if t3==0 or ms-t3>=60000 then "                                       \
	"c('HSET',k,'home',home,'t1',string.format('%.0f',ms), "               \
	"'t2',h[4] or '0','t3',h[5] or '0') return 1,'' end "                  \
	"c('DEL',k) local other=home==a and h[2] or a "                        \
	"if c('SET','d4:clone:'..u,home..' '..other,'PX',hold,'NX') then "     \
	"return 1,home..' '..other end return 1,'' end "

/*
 * Letters go to workers that have a session of it: one for each session of the
 * same type, else one for all.
 */
const char crowd_begin_script[] = CROWD_TURN
    "local c,A=redis.call,ARGV local l='d4:live:'..A[2] "
    "local to,seen,h={},{},A[6]=='0' and c('HGETALL',l) or {} "
    "for i=1,#h,2 do local w,t=string.match(h[i+1],'^(%x+) (%d+)$') "
    "if w and w~=A[1] then local same=t==A[4] and t~='254' "
    "if same and A[9]=='1' then return {-1,0,''} end "
    "if same or not seen[w] then seen[w]=true "
    "to[#to+1]={w,A[2]..' '..h[i]..' '..A[5]..' '..(same and '1' or '0')} "
    "end end end for _,x in ipairs(to) do local m='d4:mail:'..x[1] "
    "c('RPUSH',m,x[2]) c('LTRIM',m,-" CROWD_MAIL ",-1) "
    "c('EXPIRE',m," MAIL_S ") end "
    "c('HSET',l,A[3],A[1]..' '..A[4]) "
    "c('SADD','d4:worker:'..A[1],A[2]..' '..A[3]) local moved,held=0,'' "
    "if A[7]~='' and A[9]~='1' and A[6]=='0' then "
    "moved,held=turn(A[2],A[5],A[7],A[8],true) end return {#to,moved,held}";

/* A session that no worker has is of a hub that was before this. */
const char crowd_look_script[] = CROWD_END CROWD_TURN
    "local now,A=ms,ARGV redis.call('ZADD','d4:workers',now,A[1]) "
    "if A[2]=='1' then for _,w in ipairs(redis.call('ZRANGEBYSCORE', "
    "'d4:workers','-inf',now-" DEAD_MS ")) do reap(w) end end "
    "local c,m=redis.call,{} m=c('LRANGE','d4:mail:'..A[1],0,-1) "
    "if #m>0 then c('DEL','d4:mail:'..A[1]) end local o={m} "
    "for i=4,#A,3 do local _,held=turn(A[i],A[i+1],A[i+2],A[3],false) "
    "if held~='' then o[#o+1]=A[i]..' '..held end end return o";

/*
 * ARGV worker, the key of our place ("": not alone). Who had the place before
 * us is dead. Sensors that are connected and that nobody has are of an older
 * hub, which told nobody which are its own.
 */
const char crowd_up_script[] = CROWD_END
    "local had=0 if ARGV[2]~='' then local was=c('GET',ARGV[2]) "
    "c('SET',ARGV[2],ARGV[1]) if was and was~=ARGV[1] then had=reap(was) end "
    "end "
    "for _,u in ipairs(c('SMEMBERS','active_connection')) do "
    "if c('EXISTS','d4:live:'..u)==0 then c('SREM','active_connection',u) "
    "for _,t in ipairs(c('SMEMBERS','active_connection_by_uuid:'..u)) do "
    "c('SREM','active_connection:'..t,u) end "
    "for _,s in ipairs(c('SMEMBERS',"
    "'map:active_connection-uuid-session_uuid:'..u)) do "
    "c('HDEL','map:session-uuid_active_extended_type',s) end "
    "c('DEL','active_connection_by_uuid:'..u,"
    "'map:active_connection-uuid-session_uuid:'..u,'active_uuid_type2:'..u,"
    "'active_uuid_type254:'..u,'active_connection_extended_type:'..u) "
    "end end return had";
