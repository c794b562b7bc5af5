/* Scripts of the commands: statistics of our own, events, archives. */
#include "hub/ctl_script.h"

/* Days since 1970 to a date and back, in the Gregorian calendar. */
#define DATES                                                                 \
	"local fl=math.floor local function D(z) z=z+719468 "                 \
	"local e=fl(z/146097) local o=z-e*146097 "                            \
	"local y=fl((o-fl(o/1460)+fl(o/36524)-fl(o/146096))/365) "            \
	"local t=o-(365*y+fl(y/4)-fl(y/100)) local p=fl((5*t+2)/153) "        \
	"local m=p<10 and p+3 or p-9 y=y+e*400 if m<=2 then y=y+1 end "       \
	"return string.format('%04d-%02d-%02d',y,m,t-fl((153*p+2)/5)+1) end " \
	"local function Z(s) local y,m,d=tonumber(string.sub(s,1,4)), "       \
	"tonumber(string.sub(s,5,6)),tonumber(string.sub(s,7,8)) "            \
	"if m<=2 then y=y-1 end local e=fl(y/400) local o=y-e*400 "           \
	"local t=fl((153*(m>2 and m-3 or m+9)+2)/5)+d-1 "                     \
	"return e*146097+o*365+fl(o/4)-fl(o/100)+t-719468 end "

/* The counters of one key for some days back, a row a day and type. */
#define COUNTED                                                                \
	"local rows={} local function days(n,pre,post) local z=fl(now/86400) " \
	"for i=0,math.min(n,400)-1 do "                                        \
	"local r=p('HGETALL',pre..string.format('%d',z-i)..post) local by={} " \
	"if r.err then r={} end for k=1,#r,2 do "                              \
	"local w,t=string.match(r[k],'^(%a+):(.+)$') if w then "               \
	"by[t]=by[t] or {day=D(z-i),type=t} by[t][w]=N(r[k+1]) end end "       \
	"local ts={} for t in pairs(by) do ts[#ts+1]=t end table.sort(ts) "    \
	"for _,t in ipairs(ts) do rows[#rows+1]=cjson.encode(by[t]) end end "  \
	"return '{\"stats\":['..table.concat(rows,',')..']}' end "

const char ctl_script_stats_sensor[] =
    DATES COUNTED "return days(N(A[3]) or 7,'d4:stat:',':'..A[2]) ";

const char ctl_script_stats_types[] =
    DATES COUNTED "return days(N(A[2]) or 7,'d4:stat:','') ";

const char ctl_script_stats_addresses[] = DATES
    "local rows={} local r=p('ZREVRANGE','d4:stat:'.. "
    "string.format('%d',Z(A[2]))..':ip',0,(N(A[3]) or 20)-1,'WITHSCORES') "
    "if r.err then r={} end for i=1,#r,2 do rows[#rows+1]=cjson.encode({ "
    "address=r[i],bytes=N(r[i+1])}) end "
    "return '{\"addresses\":['..table.concat(rows,',')..']}' ";

const char ctl_script_stats_clocks[] =
    "local rows={} for _,u in ipairs(S('registered_uuid')) do "
    "local s=hex(u) and G('d4:state:'..u,'last','skew') or {} "
    "if T(s[1]) then rows[#rows+1]=cjson.encode({uuid=U(u), "
    "last_seen=N(s[1]),skew_s=N(s[2])}) end end "
    "return '{\"clocks\":['..table.concat(rows,',')..']}' ";

/* ---- d4-hub watch ---- */

/* A[2]: seconds without a frame, A[3]: of skew, for sensors without a limit
 * of their own; 0: none. Of those that came unknown: who did in two minutes,
 * the last time within a day. */
const char ctl_script_events_look[] =
    "local rows,skip={},0 local silent,skew=N(A[2]) or 0,N(A[3]) or 0 "
    "for _,u in ipairs(S('registered_uuid')) do if hex(u) then "
    "local s=G('d4:state:'..u,'last','skew') local last=N(s[1]) "
    "local lim=N(H('d4:sensor:'..u,'silent')) or silent "
    "local quiet=last and lim>0 and now-last>lim "
    "local off=N(s[2]) and skew>0 and math.abs(N(s[2]))>skew "
    "if quiet or off then if #rows<1000 then "
    "rows[#rows+1]=cjson.encode({uuid=U(u),last_seen=last,skew_s=N(s[2]), "
    "silent=quiet and true or false,skewed=off and true or false, "
    "limit_s=lim}) else skip=skip+1 end end end end "
    "local ar={} for _,a in ipairs(S('d4:archives')) do "
    "local m=G('d4:archive:'..a,'up','told_seen','full') "
    "ar[#ar+1]=cjson.encode({archive=a,up=N(m[1]),told_seen=N(m[2]), "
    "full=N(m[3])}) end "
    "local k=G('d4:compat','told_seen','waits') "
    "local w=T(k[2]) or '[]' if not pcall(cjson.decode,w) then w='[]' end "
    "local compat=N(k[1]) and ',\"compat\":{\"told_seen\":'.. "
    "string.format('%.0f',N(k[1]))..',\"waits\":'..w..'}' or '' "
    "local v,came=p('HGETALL','d4:pending'),0 if v.err then v={} end "
    "for i=1,#v,2 do local last,stay=string.match(v[i+1], "
    "'^%d+ (%d+) %d+ (%d+) ') if (N(stay) or 0)>=2 and "
    "now-N(last)<86400 and not is('registered_uuid',v[i]) then "
    "came=came+1 end end "
    "return '{\"now\":'..string.format('%.0f',now)..',\"more\":'..skip.. "
    "',\"pending\":'..came.. "
    "',\"sensors\":['..table.concat(rows,',').. "
    "'],\"archives\":['..table.concat(ar,',')..']'..compat..'}' ";

const char ctl_script_events_list[] =
    "local r,k=p('HGETALL','d4:events'),{} if r.err then r={} end "
    "local rows={} for i=1,#r,2 do rows[#rows+1]={r[i],r[i+1]} end "
    "table.sort(rows,function(x,y) return x[1]<y[1] end) "
    "for _,x in ipairs(rows) do local ok=pcall(cjson.decode,x[2]) "
    "if ok then k[#k+1]=x[2] end end "
    "local w=p('HGETALL','d4:watch') local o={} "
    "if not w.err then for i=1,#w,2 do o[w[i]]=N(w[i+1]) end end "
    "return '{\"watch\":'..(next(o) and cjson.encode(o) or '{}').. "
    "',\"events\":['..table.concat(k,',')..']}' ";

const char ctl_script_events_put[] =
    "if c('HLEN','d4:events')>=4096 then return no('too many') end "
    "if not pcall(cjson.decode,A[3]) then return no('no JSON') end "
    "c('HSET','d4:events',A[2],A[3]) return '{}' ";

const char ctl_script_events_drop[] =
    "return cjson.encode({dropped=c('HDEL','d4:events',A[2])}) ";

/* The watch begins anew: what is there was another one's. */
const char ctl_script_events_reset[] =
    "c('DEL','d4:events') c('HSET','d4:watch','began_seen',A[1]) "
    "return '{}' ";

const char ctl_script_compat[] =
    "local r=p('HGETALL','d4:compat') if r.err or #r==0 then "
    "return no('compat: d4-core is not on, or has just begun; remedy: see "
    "compat of hub.yaml(5)') end local "
    "o,w={},'[]' "
    "for i=1,#r,2 do if r[i]=='waits' then w=r[i+1] else "
    "o[r[i]]=N(r[i+1]) end end "
    "if not pcall(cjson.decode,w) then w='[]' end "
    "o.up=o.told_seen~=nil and now-o.told_seen<60 "
    "return '{\"compat\":'..cjson.encode(o)..',\"waits\":'..w..'}' ";

const char ctl_script_archives[] =
    "local rows={} for _,a in ipairs(S('d4:archives')) do "
    "local r=p('HGETALL','d4:archive:'..a) local o={archive=a} "
    "if r.err then r={} end for i=1,#r,2 do o[r[i]]=N(r[i+1]) end "
    "rows[#rows+1]=cjson.encode(o) end "
    "return '{\"archives\":['..table.concat(rows,',')..']}' ";
