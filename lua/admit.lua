#!lua
--[[
Decides the batches of one or more coupons: who gets a unit, who held one before, what the others get.

Each coupon is a decision of its own: a refusal or an error of one is its element of the reply, and the others continue. So a thousand coupons that are
hot at once cost one call for each 256 of them (docs/adr/0047). Each key must carry the marker of its meta (lua/README.md): a coupon that has
lost one is not in service, even if its winners seem merely empty. Safe to run twice: membership makes the second run answer "already". Of each
coupon it validates first and writes last, because nothing rolls back. Declared without flags, so Redis refuses it as a whole under maxmemory, on a
replica, or with too few replicas.

KEYS, for each coupon
  1 coupon:id:{bucket}:meta
  2 coupon:id:{bucket}:winners
  3 coupon:id:{bucket}:issuable_coupon_queue
ARGV
  1 server       run id of this Redis as the caller knows it; a coupon last verified on another one is not in service. '': not asked
  2 forceWrite   '1': write even if nothing is issued, so that a WAIT after it covers what other connections wrote
  then for each coupon, in the order of KEYS
  3 epoch        the caller's; another one is refused
  4 notAfterMs   by the clock of Redis; later the batch is refused
  5 seenIssueNo  the highest number the caller has received; a store that has issued fewer has lost data: 'stale_epoch'
  6 count        how many members follow, 1 to 3,000
  7 askers       how many of these, at the end, only ask: they are issued nothing and are listed if they hold the coupon
  8… memberId    in order of arrival
Reply
  {nowMs, element, …}, an element for each coupon
      firstIssueNo   alone, where every member is issued one: the first this number, the next the one after it, …
      {'not_ready' | 'stale_epoch' | 'expired'}   'not_ready': never warmed, out of service, or a key was lost
      {'decided', version, firstIssueNo, issuedCount, refusal, index, 'issueNo:issuedAtMs', …}
          refusal    '' | 'not_open' | 'paused' | 'closed' | 'sold_out': of the members neither issued nor listed, askers excepted
          index      of a member (from 0) who held the coupon before its turn, then its issuance; ascending
      {'error', message}
--]]
local call, format = redis.call, string.format
local clock = call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local at = ':' .. format('%.0f', now)
local server, force_write = ARGV[1], ARGV[2]

local function decide(key, arg)
  local meta_key, winners_key = KEYS[key], KEYS[key + 1]
  local first_member, count = arg + 5, tonumber(ARGV[arg + 3])
  local may_win = count - ARGV[arg + 4]
  local meta = call('HMGET', meta_key, 'epoch', 'version', 'seq', 'quantity', 'opensAt', 'closesAt', 'paused', 'closed', 'server', 'marker')
  if not meta[1] or not meta[10] or (server ~= '' and meta[9] ~= server) then return { 'not_ready' } end
  local seq = tonumber(meta[3])
  if meta[1] ~= ARGV[arg] or seq < tonumber(ARGV[arg + 2]) then return { 'stale_epoch' } end
  if now > tonumber(ARGV[arg + 1]) then return { 'expired' } end

  -- The first field is the marker of the winners, so member i is at place i + 1.
  local held = call('HMGET', winners_key, '', unpack(ARGV, first_member, first_member + count - 1))
  if held[1] ~= '#w.' .. meta[10] or not call('ZSCORE', KEYS[key + 2], '#q.' .. meta[10]) then return { 'not_ready' } end

  local refusal = ''
  if meta[5] ~= '' and now < tonumber(meta[5]) then
    refusal = 'not_open'
  elseif meta[7] == '1' then
    refusal = 'paused'
  elseif meta[8] == '1' or (meta[6] ~= '' and now >= tonumber(meta[6])) then
    refusal = 'closed'
  end

  local remaining = 0
  if refusal == '' then
    -- The marker is not a winner. After a rebuild there may be more winners than the quantity.
    remaining = meta[4] - (call('HLEN', winners_key) - 1)
  end

  local first = seq + 1
  -- One member who wins needs none of the lists below. With hundreds of hot coupons most batches are such: 6 % of what a winner then
  -- costs Redis (docs/adr/0095).
  if count == 1 and may_win == 1 and remaining > 0 and not held[2] then
    local member, issue_no = ARGV[first_member], format('%d', first)
    call('HSET', winners_key, member, issue_no .. at)
    call('ZADD', KEYS[key + 2], issue_no, member .. at)
    call('HSET', meta_key, 'seq', issue_no)
    return first
  end

  local reply = { 'decided', tonumber(meta[2]), first, 0, '' }
  local replied = 5
  local issuance = {}
  local winners, queue, written = {}, {}, 0
  local refused = false
  for i = 1, may_win do
    local member = ARGV[first_member - 1 + i]
    local before = held[i + 1] or issuance[member]
    if before then
      reply[replied + 1] = i - 1
      reply[replied + 2] = before
      replied = replied + 2
    elseif remaining > 0 then
      remaining = remaining - 1
      seq = seq + 1
      -- Turned into text once: handing ZADD a number costs another conversion, 0.3 of 6.1 microseconds a member. `..` would format a
      -- floating-point number, which costs another 0.3.
      local issue_no = format('%d', seq)
      local value = issue_no .. at
      issuance[member] = value
      winners[written + 1] = member
      winners[written + 2] = value
      queue[written + 1] = issue_no
      queue[written + 2] = member .. at
      written = written + 2
    else
      refused = true
    end
  end
  -- A loop of their own: in the one above the comparison would cost every batch.
  for i = may_win + 1, count do
    local before = held[i + 1] or issuance[ARGV[first_member - 1 + i]]
    if before then
      reply[replied + 1] = i - 1
      reply[replied + 2] = before
      replied = replied + 2
    end
  end

  if written > 0 then
    call('HSET', winners_key, unpack(winners))
    call('ZADD', KEYS[key + 2], unpack(queue))
    call('HSET', meta_key, 'seq', seq)
    if written == 2 * count then return first end
  elseif force_write == '1' then
    call('HSET', meta_key, 'seq', meta[3])
  end
  reply[4] = written / 2
  if refused then reply[5] = refusal == '' and 'sold_out' or refusal end
  return reply
end

-- Before anything is written: a call that contradicts itself writes nothing.
local arg, args = 3, #ARGV
for _ = 1, #KEYS, 3 do
  local count = tonumber(ARGV[arg + 3])
  if not count or count < 1 or count > 3000 then return redis.error_reply('ERR batch must have 1 to 3000 members') end
  local askers = tonumber(ARGV[arg + 4])
  if not askers or askers < 0 or askers > count then return redis.error_reply('ERR batch must have 0 to all members as askers') end
  arg = arg + 5 + count
end
if arg ~= args + 1 then return redis.error_reply('ERR members and their counts differ') end

local replies, replied = { now }, 1
arg = 3
for key = 1, #KEYS, 3 do
  local fine, element = pcall(decide, key, arg)
  if not fine then element = { 'error', type(element) == 'table' and element.err or tostring(element) } end
  replied = replied + 1
  replies[replied] = element
  arg = arg + 5 + tonumber(ARGV[arg + 3])
end
return replies
