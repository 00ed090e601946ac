#!lua
--[[
Decides a whole batch of members for one coupon: who gets a unit, who held one before, what the rest meets.

Safe to run twice: membership makes the second run answer "already". Validates first and writes last, because nothing
rolls back. Declared without flags, so Redis refuses it as a whole under maxmemory, on a replica, or with too few replicas.

KEYS
  1 coupon:{id}:meta
  2 coupon:{id}:winners
  3 coupon:{id}:issuable_coupon_queue
ARGV
  1 server       run id of this Redis as the caller knows it; a coupon last verified on another one is not in service. '': not asked
  2 epoch        the caller's; another one is refused
  3 notAfterMs   by the clock of Redis; later the batch is refused
  4 mark         '1': write even if nothing is issued, so that a WAIT after it covers what other connections wrote
  5 seenIssueNo  the highest number the caller was ever told; a store that has given fewer has lost its past: 'stale_epoch'
  6… memberId    1 to 3,000, in order of arrival
Reply
  {'not_ready' | 'stale_epoch' | 'expired', nowMs}
  {'decided', nowMs, version, firstIssueNo, issuedCount, refusal, index, 'issueNo:issuedAtMs', …}
      refusal  '' | 'not_open' | 'paused' | 'closed' | 'sold_out': what the members neither issued nor listed meet
      index    of a member (from 0) who held the coupon before its turn, then its issuance; ascending
--]]
local FIRST_MEMBER = 6
local format = string.format
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local meta = redis.call('HMGET', KEYS[1], 'epoch', 'version', 'seq', 'quantity', 'opensAt', 'closesAt', 'paused', 'closed', 'server')
if not meta[1] or (ARGV[1] ~= '' and meta[9] ~= ARGV[1]) then return { 'not_ready', now } end
local seq = tonumber(meta[3])
if meta[1] ~= ARGV[2] or seq < tonumber(ARGV[5]) then return { 'stale_epoch', now } end
if now > tonumber(ARGV[3]) then return { 'expired', now } end

local members = #ARGV - FIRST_MEMBER + 1
if members < 1 or members > 3000 then return redis.error_reply('ERR batch must have 1 to 3000 members') end
local held = redis.call('HMGET', KEYS[2], unpack(ARGV, FIRST_MEMBER))

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
  -- The sentinel is no winner. After a rebuild there may be more winners than the quantity.
  remaining = meta[4] - (redis.call('HLEN', KEYS[2]) - 1)
end

local first = seq + 1
local at = ':' .. string.format('%.0f', now)
local reply = { 'decided', now, tonumber(meta[2]), first, 0, '' }
local replied = 6
local issuance = {}
local winners, queue, written = {}, {}, 0
local refused = false
for i = 1, members do
  local member = ARGV[FIRST_MEMBER - 1 + i]
  local before = held[i] or issuance[member]
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

if written > 0 then
  redis.call('HSET', KEYS[2], unpack(winners))
  redis.call('ZADD', KEYS[3], unpack(queue))
  redis.call('HSET', KEYS[1], 'seq', seq)
elseif ARGV[4] == '1' then
  redis.call('HSET', KEYS[1], 'seq', meta[3])
end
reply[5] = written / 2
if refused then reply[6] = refusal == '' and 'sold_out' or refusal end
return reply
