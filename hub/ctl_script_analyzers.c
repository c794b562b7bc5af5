/*
 * Scripts of the commands: d4-core's analyzer queues. Who they are is said by
 * sets in database 0, their items are lists in database 2 (wire.md section 4);
 * `compat: d4-core` fills them.
 */
#include "hub/ctl_script.h"

/*
 * Q: the name of a queue as it is stored, or nil; of it: type, extended type
 * or '', item (what its list is called by), set (what it is found by).
 */
#define LUA_QUEUE                                                          \
	"local function Q(u) for _,q in ipairs({U(u),u}) do "              \
	"if p('EXISTS','analyzer:'..q)==1 then return q end end end "      \
	"local function about(q) local t=H('analyzer:'..q,'type') or '' "  \
	"local e=H('analyzer:'..q,'metatype') or '' "                      \
	"if t=='254' then return t,e,e,'254:'..e end return t,'',t,t end " \
	"local function list(q) local _,_,item=about(q) "                  \
	"return 'analyzer:'..item..':'..q end "                            \
	"local function in2(f) c('SELECT','2') local r=f() "               \
	"c('SELECT','0') return r end "

const char ctl_script_analyzers[] = LUA_QUEUE
    "local rows={} for _,q in ipairs(S('all_analyzer_queues')) do "
    "local t,e=about(q) local k=list(q) "
    "local n=in2(function() return p('LLEN',k) end) "
    "if type(n)~='number' then n=nil end "
    "rows[#rows+1]=cjson.encode({queue=q,type=e~='' and t..'.'..e or t, "
    "items=n,max_size=N(H('analyzer:'..q,'max_size')), "
    "sensors=p('EXISTS','analyzer_sensor_group:'..q)==1 and "
    "p('SCARD','analyzer_sensor_group:'..q) or nil, "
    "last_updated=N(H('analyzer:'..q,'last_updated')), "
    "description=H('analyzer:'..q,'description')}) end "
    "return '{\"analyzers\":['..table.concat(rows,',')..']}' ";

/* A[2] type, A[3] group, A[4] items, A[5] description, A[6] random. */
const char ctl_script_analyzer_create[] = LUA_QUEUE
    "local t,e=string.match(A[2],'^(%d+)%.?(.*)$') "
    "if (t=='254')~=(e~='') then return no('no name, or one too many; remedy: "
    "write 254.NAME') end "
    "if not is('server:accepted_type',t) or e~='' and "
    "not is('server:accepted_extended_type',e) then "
    "return no('type not accepted; remedy: d4-hub ctl types accept') end "
    "local m=A[3]~='' and S('d4:group:'..A[3]) or {} "
    "if A[3]~='' and #m==0 then return no('no such group; remedy: groups "
    "list') end "
    "local h=redis.sha1hex(A[6]) local q=U(string.sub(h,1,12)..'4'.. "
    "string.sub(h,14,16)..'8'..string.sub(h,18,32)) "
    "local set,item=t,t if e~='' then set='254:'..e item=e end "
    "c('HSET','analyzer:'..q,'type',t) "
    "if e~='' then c('HSET','analyzer:'..q,'metatype',e) end "
    "if A[4]~='' then c('HSET','analyzer:'..q,'max_size',A[4]) end "
    "if A[5]~='' then c('HSET','analyzer:'..q,'description',A[5]) end "
    "c('SADD','all:analyzer:format_type',t) "
    "c('SADD','all:analyzer:by:format_type:'..t,q) "
    "if e~='' then c('SADD','all:analyzer:extended_type',e) "
    "c('SADD','all:analyzer:by:extended_type:'..e,q) end "
    "for _,u in ipairs(m) do c('SADD','analyzer_sensor_group:'..q,u) "
    "c('SADD','sensor:queues:'..item..':'..u,q) end "
    "c('SADD',(#m>0 and 'analyzer_uuid_group:' or 'analyzer:')..set,q) "
    "c('SADD','all_analyzer_queues',q) "
    "return cjson.encode({queue=q,type=A[2],list='analyzer:'..item..':'..q, "
    "sensors=#m}) ";

const char ctl_script_analyzer_remove[] = LUA_QUEUE
    "local q=Q(A[2]) if not q then return no(NO_QUEUE) end "
    "if A[3]=='' then return no('its items would be gone; remedy: --yes') end "
    "local t,e,item,set=about(q) local k=list(q) "
    "local n=in2(function() local n=c('LLEN',k) c('DEL',k) return n end) "
    "for _,u in ipairs(S('analyzer_sensor_group:'..q)) do "
    "c('SREM','sensor:queues:'..item..':'..u,q) end "
    "c('SREM','analyzer:'..set,q) c('SREM','analyzer_uuid_group:'..set,q) "
    "for _,x in ipairs({{'format_type',t},{'extended_type',e}}) do "
    "local by='all:analyzer:by:'..x[1]..':'..x[2] c('SREM',by,q) "
    "if x[2]~='' and c('EXISTS',by)==0 then "
    "c('SREM','all:analyzer:'..x[1],x[2]) end end "
    "c('SREM','all_analyzer_queues',q) "
    "c('DEL','analyzer:'..q,'analyzer_sensor_group:'..q) "
    "return cjson.encode({queue=q,removed=true,dropped=n}) ";

const char ctl_script_analyzer_size[] =
    LUA_QUEUE "local q=Q(A[2]) if not q then return no(NO_QUEUE) end "
	      "set('analyzer:'..q,'max_size',A[3]) "
	      "return cjson.encode({queue=q,max_size=N(A[3])}) ";

const char ctl_script_analyzer_peek[] = LUA_QUEUE
    "local q=Q(A[2]) if not q then return no(NO_QUEUE) end "
    "local n=(tonumber(A[3]) or 10)-1 local k=list(q) local rows={} "
    "if n>999 then n=999 end "
    "local r=n<0 and {} or in2(function() return c('LRANGE',k,0,n) end) "
    "for _,v in ipairs(r) do rows[#rows+1]=cjson.encode({bytes=#v, "
    "item=string.sub(v,1,200)}) end "
    "return '{\"items\":['..table.concat(rows,',')..']}' ";

const char ctl_script_analyzer_empty[] = LUA_QUEUE
    "local q=Q(A[2]) if not q then return no(NO_QUEUE) end "
    "if A[3]=='' then return no('its items would be gone; remedy: --yes') end "
    "local k=list(q) "
    "local n=in2(function() local n=c('LLEN',k) c('DEL',k) return n end) "
    "return cjson.encode({queue=q,dropped=n}) ";

const char ctl_script_analyzer_describe[] =
    LUA_QUEUE "local q=Q(A[2]) if not q then return no(NO_QUEUE) end "
	      "c('HSET','analyzer:'..q,'description',A[3]) "
	      "return cjson.encode({queue=q,description=A[3]}) ";

/*
 * Only of a queue of a group: one of all sensors would become another one. The
 * last sensor stays, for the same reason.
 */
#define LUA_GROUP                                                        \
	LUA_QUEUE                                                        \
	"local q=Q(A[2]) if not q then return no(NO_QUEUE) end "         \
	"local set='analyzer_sensor_group:'..q local _,_,item=about(q) " \
	"local n=p('SCARD',set) if n==0 then "                           \
	"return no('it is of all sensors; remedy: analyzers create "     \
	"--group') end local by='sensor:queues:'..item..':'..A[3] "

const char ctl_script_analyzer_add[] =
    LUA_GROUP "if st(A[3])=='unknown' then return no(STRANGER) end "
	      "n=n+c('SADD',set,A[3]) c('SADD',by,q) "
	      "return cjson.encode({queue=q,sensor=U(A[3]),sensors=n}) ";

const char ctl_script_analyzer_drop[] = LUA_GROUP
    "if not is(set,A[3]) then return no('not in it; remedy: analyzers show') "
    "end "
    "if n==1 then return no('it is the last one; remedy: analyzers remove') "
    "end c('SREM',set,A[3]) c('SREM',by,q) "
    "return cjson.encode({queue=q,sensor=U(A[3]),sensors=n-1}) ";

const char ctl_script_analyzer_show[] =
    LUA_QUEUE "local q=Q(A[2]) if not q then return no(NO_QUEUE) end "
	      "local t,e=about(q) local k=list(q) local m={} "
	      "for _,u in ipairs(S('analyzer_sensor_group:'..q)) do "
	      "m[#m+1]=hex(u) and U(u) or u end "
	      "local n=in2(function() return p('LLEN',k) end) "
	      "local o=cjson.encode({queue=q,list=k,items=N(tostring(n)), "
	      "type=e~='' and t..'.'..e or t, "
	      "max_size=N(H('analyzer:'..q,'max_size')), "
	      "last_updated_seen=N(H('analyzer:'..q,'last_updated')), "
	      "description=H('analyzer:'..q,'description')}) "
	      "return string.sub(o,1,-2)..',\"sensors\":'..L(m)..'}' ";
