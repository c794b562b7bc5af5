/* Scripts of the commands: sensors. */
#include "hub/ctl_script.h"

const char ctl_prelude[] =
    "local c,p,A=redis.call,redis.pcall,ARGV "
    "local now=tonumber(A[1]) "
    "local function no(why) return redis.error_reply(why) end "
    "local STRANGER='unknown sensor; remedy: sensors list' "
    "local NO_QUEUE='no such queue; remedy: queues list, or analyzers list' "
    "local NO_BACKUP='not a backup; remedy: a file of config backup' "
    "local function is(k,m) return p('SISMEMBER',k,m)==1 end "
    "local function S(k) local r=p('SMEMBERS',k) "
    "if r.err then return {} end table.sort(r) return r end "
    "local function L(t) if #t==0 then return '[]' end "
    "return cjson.encode(t) end "
    "local function T(x) return type(x)=='string' and x or nil end "
    "local function N(x) return tonumber(T(x) or '') end "
    "local function H(k,f) return T(p('HGET',k,f)) end "
    "local function G(k,...) local r=p('HMGET',k,...) "
    "if r.err then return {} end return r end "
    "local function U(u) return string.sub(u,1,8)..'-'.. "
    "string.sub(u,9,12)..'-'..string.sub(u,13,16)..'-'.. "
    "string.sub(u,17,20)..'-'..string.sub(u,21) end "
    "local function hex(u) return #u==32 and not string.find(u,'%X') end "
    "local function st(u) if is('d4:revoked_uuid',u) then return 'revoked' end "
    "if is('registered_uuid',u) then return 'approved' end "
    "if is('sensor_pending_registration',u) or "
    "H('d4:pending',u) then return 'pending' end "
    "if p('EXISTS','metadata_uuid:'..u)==1 then return 'seen' end "
    "return 'unknown' end "
    "local function J(o,u) o.uuid=U(u) o.state=st(u) return cjson.encode(o) "
    "end "
    "local function set(k,f,v) if v=='' then return end "
    "if v=='0' then c('HDEL',k,f) else c('HSET',k,f,v) end end ";

/* Who came without being approved (pending.h), beside what is known of it. */
#define CAME                                                             \
	"local function came(u,o) local f,l,t,_,k,_,a=string.match( "    \
	"H('d4:pending',u) or '','^(%d+) (%d+) (%d+) (%d+) (%d+) (%S+) " \
	"(%S+)$') if not f then return end "                             \
	"o.first_seen,o.last_seen=o.first_seen or N(f),N(l) "            \
	"o.tries,o.type,o.address=N(t),k,a end "

/*
 * Who is in several sets is what the first of these says. What is pending says
 * whether it has a key: without one it cannot be approved as it is.
 */
#define LIST                                                                   \
	CAME                                                                   \
	    "local function list(want,group,tag) local rows,done={},{} "       \
	    "local function add(u,state) "                                     \
	    "if not hex(u) or done[u] then return end done[u]=true "           \
	    "if (want~='' and want~=state) or "                                \
	    "(group~='' and not is('d4:group:'..group,u)) or "                 \
	    "(tag~='' and not is('d4:tags:'..u,tag)) then return end "         \
	    "local m=G('metadata_uuid:'..u,'first_seen','last_seen', "         \
	    "'description','user_mail','Error','hmac_key') "                   \
	    "local o={uuid=U(u),state=state,first_seen=N(m[1]), "              \
	    "last_seen=N(m[2]),description=T(m[3]),mail=T(m[4]),error=T(m[5])" \
	    "} "                                                               \
	    "if state=='pending' then came(u,o) o.key=T(m[6])~=nil end "       \
	    "rows[#rows+1]=string.sub(cjson.encode(o),1,-2)..',\"tags\":'.. "  \
	    "L(S('d4:tags:'..u))..'}' end "                                    \
	    "for _,u in ipairs(S('d4:revoked_uuid')) do add(u,'revoked') end " \
	    "local reg=S('registered_uuid') local isreg={} "                   \
	    "for _,u in ipairs(reg) do isreg[u]=true end "                     \
	    "for _,u in ipairs(S('sensor_pending_registration')) do "          \
	    "add(u,'pending') end local h=p('HKEYS','d4:pending') "            \
	    "if h.err then h={} end table.sort(h) for _,u in ipairs(h) do "    \
	    "if not isreg[u] then add(u,'pending') end end "                   \
	    "for _,u in ipairs(reg) do add(u,'approved') end "                 \
	    "return '{\"sensors\":['..table.concat(rows,',')..']}' end "

const char ctl_script_list[] = LIST "return list(A[2],A[3],A[4]) ";

const char ctl_script_pending[] = LIST "return list('pending','','') ";

const char ctl_script_show[] = CAME
    "local u=A[2] if st(u)=='unknown' then return no(STRANGER) end "
    "local m=G('metadata_uuid:'..u,'first_seen','last_seen','description', "
    "'user_mail','Error','hmac_key') "
    "local d=G('d4:sensor:'..u,'payload','rate','from','previous_until', "
    "'quarantine_until','addresses','cert','silent') "
    "local h=T(p('GET','d4:clone:'..u)) or '' "
    "local o={first_seen=N(m[1]),last_seen=N(m[2]),description=T(m[3]), "
    "mail=T(m[4]),error=T(m[5]),key=T(m[6])~=nil,payload=N(d[1]),rate=N(d[2]), "
    "from=T(d[3]),previous_until=N(d[4]),quarantine_until=N(d[5]), "
    "certificate=T(d[7]),addresses_at_a_time=T(d[6]) or 'one', "
    "silent_s=N(d[8]),clone_held=string.match(h,'^(%S+) "
    "'), "
    "clone_other=string.match(h,' (%S+)$'), "
    "queue=N(p('HGET','stream_max_size_by_uuid',u)), "
    "blocked=is('blacklist_uuid',u),blocks_addresses=is('blacklist_ip_by_uuid',"
    "u), "
    "kicked=p('EXISTS','temp_blacklist_uuid:'..u)==1} "
    "came(u,o) local j=J(o,u) local g={} "
    "for _,n in ipairs(S('d4:groups')) do "
    "if is('d4:group:'..n,u) then g[#g+1]=n end end "
    "local r,f=p('HGETALL','d4:refused:'..u),{} "
    "for i=1,#r,2 do f[r[i]]=N(r[i+1]) end "
    "local a=p('LRANGE','list_uuid_ip:'..u,0,-1) if a.err then a={} end "
    "return string.sub(j,1,-2)..',\"tags\":'..L(S('d4:tags:'..u)).. "
    "',\"groups\":'..L(g)..',\"types\":'..L(S('all_types_by_uuid:'..u)).. "
    "',\"extended_types\":'..L(S('all_extended_types_by_uuid:'..u)).. "
    "',\"addresses\":'..L(a)..',\"refused\":'..cjson.encode(f)..'}' ";

/* A[3]: the key that it has; A[4]: '1': it gets the new one, A[5]. */
const char ctl_script_approve[] =
    "local u,key,new=A[2],A[3],nil local m='metadata_uuid:'..u "
    "if A[4]=='1' then if key~='' then "
    "return no('two keys; remedy: --key-file or --new-key') end "
    "key,new=A[5],A[5] end "
    "if H(m,'hmac_key') then if key~='' then "
    "return no('it has a key; remedy: approve it as it is, then sensors "
    "rotate-key') end "
    "elseif key=='' then return no('it has no key; remedy: --key-file FILE "
    "with the key that it uses, or --new-key, or d4-hub enroll --uuid') "
    "else c('HSET',m,'hmac_key',key) end "
    "c('SREM','d4:revoked_uuid',u) c('SREM','sensor_pending_registration',u) "
    "c('HDEL','d4:pending',u) c('SADD','registered_uuid',u) "
    "return J({key=new},u) ";

/* Who never came may be written wrong: that is not to look like a success. */
#define NEVER_CAME                                                          \
	"local u=A[2] if st(u)=='unknown' then return no('unknown sensor; " \
	"remedy: sensors list; or blocklist add, for who may come') end "

const char ctl_script_revoke[] = NEVER_CAME
    "c('SREM','registered_uuid',u) "
    "c('SREM','sensor_pending_registration',u) c('HDEL','d4:pending',u) "
    "c('SADD','d4:revoked_uuid',u) return J({},u) ";

/* What d4-core's web interface put on its list is not ours to drop. */
const char ctl_script_dismiss[] =
    "if c('HDEL','d4:pending',A[2])==0 then "
    "return no('it did not come, or is on the list for another reason; "
    "remedy: sensors revoke') end return J({dismissed=1},A[2]) ";

const char ctl_script_dismiss_all[] =
    "if A[2]~='1' then return no('all of them? remedy: --yes') end "
    "local n=p('HLEN','d4:pending') c('DEL','d4:pending') "
    "return cjson.encode({dismissed=type(n)=='number' and n or 0}) ";

const char ctl_script_kick[] =
    NEVER_CAME "c('SET','temp_blacklist_uuid:'..u,'kicked','EX','30') "
	       "return J({kicked=true},u) ";

const char ctl_script_rotate[] =
    "local u,grace,new=A[2],tonumber(A[3]) or 604800,A[5] "
    "local m,d,s='metadata_uuid:'..u,'d4:sensor:'..u,st(u) "
    "if s~='approved' and s~='pending' then return no('not registered; remedy: "
    "sensors approve, or d4-hub enroll') end "
    "local old,till=H(m,'hmac_key'),N(H(d,'quarantine_until')) "
    "local before,b=H(d,'previous'),N(H(d,'previous_until')) "
    "if before and b and b>now then if A[4]=='' then "
    "return no('a rotation is under way; remedy: sensors end-rotation when "
    "it has the new key, or --again when nobody has') end old=before end "
    "local to=now+grace if till and till<to then to=till end "
    "c('HSET',m,'hmac_key',new) c('HDEL',d,'quarantine_until') "
    "if old and to>now then "
    "c('HSET',d,'previous',old,'previous_until',string.format('%.0f',to)) "
    "else c('HDEL',d,'previous','previous_until') to=nil end "
    "return J({key=new,previous_until=to},u) ";

const char ctl_script_rotated[] =
    "local u=A[2] local "
    "n=c('HDEL','d4:sensor:'..u,'previous','previous_until') "
    "if n==0 then return no('no rotation is under way; remedy: sensors show') "
    "end return J({},u) ";

const char ctl_script_limits[] =
    "local u=A[2] if st(u)=='unknown' then return no(STRANGER) end "
    "set('d4:sensor:'..u,'payload',A[3]) set('d4:sensor:'..u,'rate',A[4]) "
    "set('stream_max_size_by_uuid',u,A[5]) set('d4:sensor:'..u,'silent',A[6]) "
    "local d=G('d4:sensor:'..u,'payload','rate','silent') "
    "return J({payload=N(d[1]),rate=N(d[2]),silent_s=N(d[3]),"
    "queue=N(H('stream_max_size_by_uuid',u))},u) ";

const char ctl_script_from[] =
    "local u=A[2] if st(u)=='unknown' then return no(STRANGER) end "
    "if A[3]=='any' then c('HDEL','d4:sensor:'..u,'from') "
    "else c('HSET','d4:sensor:'..u,'from',A[3]) end return J({from=A[3]},u) ";

const char ctl_script_certificate[] =
    "local u=A[2] if st(u)=='unknown' then return no(STRANGER) end "
    "if A[3]=='any' then c('HDEL','d4:sensor:'..u,'cert') "
    "else c('HSET','d4:sensor:'..u,'cert',A[3]) end "
    "return J({certificate=A[3]},u) ";

const char ctl_script_addresses[] =
    "local u=A[2] if st(u)=='unknown' then return no(STRANGER) end "
    "if A[3]=='one' then c('HDEL','d4:sensor:'..u,'addresses') "
    "else c('HSET','d4:sensor:'..u,'addresses',A[3]) end "
    "return J({addresses=A[3]},u) ";

const char ctl_script_release[] =
    "local u=A[2] c('DEL','d4:turn:'..u) "
    "if c('DEL','d4:clone:'..u)==0 then "
    "return no('it is not held; remedy: sensors show') end return J({},u) ";

const char ctl_script_quarantine[] =
    "local u,t=A[2],tonumber(A[3]) "
    "if st(u)=='unknown' then return no(STRANGER) end "
    "if t==0 then c('HDEL','d4:sensor:'..u,'quarantine_until') return J({},u) "
    "end "
    "c('HSET','d4:sensor:'..u,'quarantine_until',string.format('%.0f',now+t)) "
    "return J({quarantine_until=now+t},u) ";

const char ctl_script_tag[] =
    "local u=A[2] if st(u)=='unknown' then return no(STRANGER) end "
    "c(A[4]=='1' and 'SREM' or 'SADD','d4:tags:'..u,A[3]) "
    "return string.sub(J({},u),1,-2)..',\"tags\":'..L(S('d4:tags:'..u))..'}' ";

const char ctl_script_describe[] =
    "local u=A[2] if st(u)=='unknown' then return no(STRANGER) end "
    "c('HSET','metadata_uuid:'..u,'description',A[3]) "
    "return J({description=A[3]},u) ";
