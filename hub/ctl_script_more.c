/* Scripts of the commands: groups, lists, queues. */
#include "hub/ctl_script.h"

const char ctl_script_groups[] =
    "local rows={} for _,g in ipairs(S('d4:groups')) do local m={} "
    "for _,u in ipairs(S('d4:group:'..g)) do m[#m+1]=U(u) end "
    "rows[#rows+1]='{\"group\":'..cjson.encode(g)..',\"sensors\":'..L(m)..'}' "
    "end "
    "return '{\"groups\":['..table.concat(rows,',')..']}' ";

const char ctl_script_group_add[] =
    "if st(A[3])=='unknown' then return no(STRANGER) end "
    "c('SADD','d4:groups',A[2]) c('SADD','d4:group:'..A[2],A[3]) "
    "return J({group=A[2]},A[3]) ";

const char ctl_script_group_remove[] =
    "if c('SREM','d4:group:'..A[2],A[3])==0 then return no('not in it; remedy: "
    "groups list') end "
    "if c('EXISTS','d4:group:'..A[2])==0 then c('SREM','d4:groups',A[2]) end "
    "return J({group=A[2]},A[3]) ";

const char ctl_script_blocked[] =
    "local rows={} local function add(k,kind,f) "
    "for _,w in ipairs(S(k)) do rows[#rows+1]= "
    "cjson.encode({what=f and hex(w) and U(w) or w,kind=kind}) end end "
    "add('blacklist_uuid','uuid',true) "
    "add('blacklist_ip_by_uuid','addresses-of',true) "
    "add('blacklist_ip','address') add('d4:blacklist_net','network') "
    "return '{\"blocked\":['..table.concat(rows,',')..']}' ";

const char ctl_script_block[] =
    "local kind,w=string.match(A[2],'^(%a+):(.*)$') "
    "local key=({uuid='blacklist_uuid',ip='blacklist_ip', "
    "net='d4:blacklist_net'})[kind] "
    "if A[3]=='1' then if kind~='uuid' then return no('--addresses-of wants a "
    "UUID; remedy: write one, or leave it out') end "
    "key='blacklist_ip_by_uuid' end c('SADD',key,w) "
    "return cjson.encode({what=kind=='uuid' and U(w) or w,blocked=true}) ";

const char ctl_script_unblock[] =
    "local kind,w=string.match(A[2],'^(%a+):(.*)$') "
    "local key=({uuid='blacklist_uuid',ip='blacklist_ip', "
    "net='d4:blacklist_net'})[kind] "
    "if A[3]=='1' then if kind~='uuid' then return no('--addresses-of wants a "
    "UUID; remedy: write one, or leave it out') end "
    "key='blacklist_ip_by_uuid' end "
    "if c('SREM',key,w)==0 then return no('not on the list; remedy: blocklist "
    "list') end "
    "return cjson.encode({what=kind=='uuid' and U(w) or w,blocked=false}) ";

const char ctl_script_types[] =
    "local rows={} local function add(list,conf,pre) local done={} "
    "for _,k in ipairs({conf,list}) do local m=S(k) "
    "table.sort(m,function(x,y) local a,b=tonumber(x),tonumber(y) "
    "if a and b then return a<b end return x<y end) "
    "for _,t in ipairs(m) do "
    "if t~='-' and not done[t] then done[t]=true rows[#rows+1]=cjson.encode({ "
    "type=pre..t,configured=is(conf,t),listed=is(list,t), "
    "accepted=is(conf,t) and is(list,t)}) end end end end "
    "add('server:accepted_type','d4:conf_type','') "
    "add('server:accepted_extended_type','d4:conf_extended_type','254.') "
    "return '{\"types\":['..table.concat(rows,',')..']}' ";

const char ctl_script_accept[] =
    "local e=string.match(A[2],'^254%.(.+)$') "
    "local list=e and 'server:accepted_extended_type' or "
    "'server:accepted_type' "
    "if not is(e and 'd4:conf_extended_type' or 'd4:conf_type',e or A[2]) then "
    "return no('not configured; remedy: name it under types or ext') end "
    "c('SADD',list,e or A[2]) return cjson.encode({type=A[2],accepted=true}) ";

const char ctl_script_refuse[] =
    "local e=string.match(A[2],'^254%.(.+)$') "
    "local list=e and 'server:accepted_extended_type' or "
    "'server:accepted_type' "
    "if c('SREM',list,e or A[2])==0 then return no('not accepted anyway; "
    "remedy: types list') end "
    "return cjson.encode({type=A[2],accepted=false}) ";

const char ctl_script_stats[] =
    "local rows,n={},(tonumber(A[3]) or 20)-1 "
    "local function add(key,what,f) local "
    "r=p('ZREVRANGE',key,0,n,'WITHSCORES') "
    "if n<0 or r.err then return end for i=1,#r,2 do "
    "rows[#rows+1]=cjson.encode({ "
    "what=what,name=f and hex(r[i]) and U(r[i]) or r[i],frames=N(r[i+1])}) "
    "end end "
    "add('daily_uuid:'..A[2],'sensor',true) add('daily_ip:'..A[2],'address') "
    "add('daily_type:'..A[2],'type') "
    "return '{\"day\":'..cjson.encode(A[2])..',\"stats\":['.. "
    "table.concat(rows,',')..']}' ";

const char ctl_script_reader[] =
    "local n=N(H('d4:queues',A[2])) if not n then return no(NO_QUEUE) "
    "end "
    "local old=0 for s=0,n-1 do local r=p('XGROUP','CREATE', "
    "'d4:{'..A[2]..':'..s..'}:q',A[3],'0','MKSTREAM') "
    "if r.err then if string.find(r.err,'BUSYGROUP') then old=old+1 "
    "else return no(r.err) end end end "
    "if old==n then return no('it is there already; remedy: none is needed') "
    "end "
    "return cjson.encode({queue=A[2],reader=A[3]}) ";

const char ctl_script_peek[] =
    "local n=N(H('d4:queues',A[2])) if not n then return no(NO_QUEUE) "
    "end "
    "local rows={} for s=0,n-1 do "
    "local r=p('XREVRANGE','d4:{'..A[2]..':'..s..'}:q','+','-','COUNT', "
    "A[3]=='' and '10' or A[3]) if r.err then return no(r.err) end "
    "for _,e in ipairs(r) do local o={id=e[1],shard=s} "
    "for i=1,#e[2],2 do local k,v=e[2][i],e[2][i+1] "
    "if k=='data' then o.bytes=#v elseif k=='ref' then "
    "o.disk=true o.bytes=N(string.match(v,'^%x+%-%d+%-%d+%-(%d+)%-')) "
    "elseif k=='n' or k=='seq' then o[k]=N(v) "
    "elseif k=='sensor' or k=='sess' or k=='peer' or k=='type' or k=='ext' or "
    "k=='t_hdr' or k=='t_rx' then o[k]=v end end "
    "rows[#rows+1]=cjson.encode(o) end end "
    "return '{\"entries\":['..table.concat(rows,',')..']}' ";

const char ctl_script_size[] =
    "if not H('d4:queues',A[2]) then return no(NO_QUEUE) end "
    "set('d4:queue_max',A[2],A[3]) "
    "return cjson.encode({queue=A[2],bytes_limit=N(A[3])}) ";
