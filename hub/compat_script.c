#include "hub/compat_script.h"

#define LUA_BEGIN "local c=redis.call local a=ARGV "

/* Is the entry still ours? XACK comes last: what fails before it is undone by
 * doing it again. */
#define LUA_OURS                                                \
	"if #c('XPENDING',a[1],'d4-core',a[2],a[2],1)==0 then " \
	"return {0,0,0} end "

/*
 * d4-core's queues of a type, and those of a group of sensors. Its own set of
 * the latter, sensor:queues:, is wrong for types other than 254 ("list" stands
 * there instead of the type), so membership is looked up, too.
 */
#define LUA_QUEUES                                                       \
	"local function queues(item,set,uuid) local qs,seen={},{} "      \
	"local function add(q) if not seen[q] then seen[q]=true "        \
	"qs[#qs+1]=q end end "                                           \
	"for _,q in ipairs(c('SMEMBERS','analyzer:'..set)) do add(q) "   \
	"end for _,q in ipairs(c('SMEMBERS','sensor:queues:'..item.."    \
	"':'..uuid)) do add(q) end "                                     \
	"for _,q in ipairs(c('SMEMBERS','analyzer_uuid_group:'..set)) "  \
	"do if c('SISMEMBER','analyzer_sensor_group:'..q,uuid)==1 then " \
	"add(q) end end return qs end "

/* What the entry holds: so the lines do not come back over the socket. */
#define LUA_DATA                                                    \
	"local function data() local r=c('XRANGE',a[1],a[2],a[2]) " \
	"for i=1,#r[1][2],2 do if r[1][2][i]=='data' then "         \
	"return r[1][2][i+1] end end return '' end "

/* Analyzer lists are in database 2; a list is pushed left, read right. */
#define LUA_PUSH                                                           \
	"local function push(item,set,uuid,text,now,dflt) "                \
	"local qs=queues(item,set,uuid) local lines,cut={},0 "             \
	"if #qs==0 then return 0,0 end "                                   \
	"for l in string.gmatch(text,'[^\\n]+') do lines[#lines+1]=l end " \
	"if #lines==0 then return 0,0 end "                                \
	"for _,q in ipairs(qs) do "                                        \
	"local max=tonumber(c('HGET','analyzer:'..q,'max_size') or dflt) " \
	"or tonumber(dflt) local key='analyzer:'..item..':'..q "           \
	"local n=0 c('SELECT','2') for i=1,#lines,1000 do "                \
	"n=c('LPUSH',key,unpack(lines,i,math.min(i+999,#lines))) end "     \
	"if n>max+1 then c('LTRIM',key,'0',string.format('%.0f',max)) "    \
	"cut=cut+n-max-1 end c('SELECT','0') "                             \
	"c('HSET','analyzer:'..q,'last_updated',now) end "                 \
	"return #lines*#qs,cut end "

const char *const compat_scripts[COMPAT_SCRIPTS] = {
    [COMPAT_WANTED] = LUA_BEGIN LUA_QUEUES "return #queues(a[1],a[2],a[3])",
    [COMPAT_PUSH] = LUA_BEGIN LUA_QUEUES LUA_PUSH LUA_OURS LUA_DATA
    "local n,cut=push(a[3],a[4],a[5],a[6]~='' and a[6] or data(),a[7],a[8]) "
    "c('XACK',a[1],'d4-core',a[2]) return {1,n,cut}",
    /*
     * The worker of a session begins when its manager finds the session; two
     * of one sensor and type that begin together would write into one file,
     * so the second is announced 12 s later.
     */
    [COMPAT_STREAM] = LUA_BEGIN LUA_OURS LUA_DATA
    "local typ,sess,uuid,now=a[3],a[4],a[5],tonumber(a[8]) "
    "local first=typ if typ=='254' then first='2' end "
    "local key='stream:'..typ..':'..sess "
    "if a[11]=='' and c('HEXISTS','d4:compat:stall',a[1])==1 then "
    "return {2,0,0} end "
    "if c('SISMEMBER','Error:IncorrectType',sess)==1 then "
    "c('SREM','Error:IncorrectType',sess) c('DEL',key) "
    "c('SADD','d4:compat:refused',sess) end "
    "if c('SISMEMBER','d4:compat:refused',sess)==1 then "
    "c('HSET','d4:compat:sess',sess,first..' '..uuid) "
    "c('XACK',a[1],'d4-core',a[2]) return {3,0,0} end "
    "local max=tonumber(c('HGET','stream_max_size_by_uuid',uuid) or 1000) "
    "or 1000 if max>1000 then max=1000 end "
    "if c('XLEN',key)>=max then if a[11]=='' then "
    "c('HSET','d4:compat:stall',a[1],sess) end return {2,0,0} end "
    "local new=c('HEXISTS','d4:compat:sess',sess)==0 "
    "local data=a[6]~='' and a[6] or data() "
    "local function put(t,m) c('XADD','stream:'..t..':'..sess,'*',"
    "'message',m,'uuid',uuid,'timestamp',a[7],'version','1') end "
    "if new and typ=='254' then put('2',a[9]) end "
    "if not new then data=string.sub(data,tonumber(a[10])+1) end "
    "if data~='' then put(typ,data) end "
    "if new then local who=first..':'..uuid "
    "local due=tonumber(c('GET','d4:compat:last:'..who) or 0)+12 "
    "if due<now then due=now end c('SET','d4:compat:last:'..who,due,'EX',60) "
    "c('HSET','d4:compat:sess',sess,first..' '..uuid.. "
    "string.format(' %.0f',due)) "
    "if due<=now then c('SADD','session_uuid:'..first,sess) "
    "else c('ZADD','d4:compat:due',due,first..' '..sess) end end "
    "c('XACK',a[1],'d4-core',a[2]) return {1,1,0}",
    [COMPAT_STALL] = LUA_BEGIN "return c('HDEL','d4:compat:stall',a[1])",
    [COMPAT_GROW] =
	LUA_BEGIN LUA_OURS "c('HSET','d4:compat:file',a[3],a[4]) "
			   "c('XACK',a[1],'d4-core',a[2]) return {1,0,0}",
    [COMPAT_CLOSE] = LUA_BEGIN LUA_QUEUES LUA_PUSH
    "if c('HDEL','d4:compat:file',a[1])==0 then return {0,0,0} end "
    "local n,cut=push(a[2],a[3],a[4],a[5],a[6],a[7]) return {1,n,cut}",
    [COMPAT_DUE] = LUA_BEGIN
    "local all=c('ZRANGEBYSCORE','d4:compat:due','-inf',a[1],'LIMIT',0,1000) "
    "for _,m in ipairs(all) do local t,s=string.match(m,'^(%d+) (.+)$') "
    "c('SADD','session_uuid:'..t,s) c('ZREM','d4:compat:due',m) end "
    "return #all",
    [COMPAT_LIVE] = LUA_BEGIN
    "local out={} "
    "for _,h in ipairs({'d4:compat:sess','d4:compat:file'}) do "
    "local all=c('HGETALL',h) for i=1,#all,2 do "
    "local uuid=string.match(all[i+1],'^%S+ (%x+)') or '' "
    "if c('SISMEMBER','map:active_connection-uuid-session_uuid:'..uuid,"
    "all[i])==0 then out[#out+1]=all[i] end end end return out",
    [COMPAT_WORKERS] = LUA_BEGIN
    "local bytes,old,out=0,{},{} local all=c('HGETALL','d4:compat:sess') "
    "for i=1,#all,2 do local sess=all[i] "
    "local t,at=string.match(all[i+1],'^(%d+) %x+ (%d+)') "
    "t=t or string.match(all[i+1],'^(%d+)') at=tonumber(at) "
    "for _,k in ipairs(t=='2' and {'2','254'} or {t}) do "
    "bytes=bytes+(c('MEMORY','USAGE','stream:'..k..':'..sess) or 0) end "
    "if at and (not old[t] or at<old[t]) and "
    "c('SISMEMBER','session_uuid:'..t,sess)==1 then old[t]=at end end "
    "for t,at in pairs(old) do out[#out+1]=tonumber(t) out[#out+1]=at end "
    "table.insert(out,1,bytes) return out",
    [COMPAT_SINCE] =
	LUA_BEGIN "if a[2]=='' then c('HDEL','d4:compat:since',a[1]) "
		  "return '' end local told=c('HGET','d4:compat','told_seen') "
		  "if told and tonumber(a[2])-tonumber(told)>86400 then "
		  "c('HDEL','d4:compat:since',a[1]) end "
		  "c('HSETNX','d4:compat:since',a[1],a[2]) "
		  "return c('HGET','d4:compat:since',a[1])",
    [COMPAT_END] = LUA_BEGIN "if c('HDEL','d4:compat:sess',a[1])==1 and "
			     "c('SREM','d4:compat:refused',a[1])==0 then "
			     "c('SADD','ended_session',a[1]) end return 1",
};
