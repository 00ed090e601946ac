#!lua flags=allow-oom
--[[
Takes a batch of each coupon for recording: a claim whose lease has ended, whole; else the lowest numbers of the queue. Nothing of a
coupon that is out of service: its recovery reads queue and claims. May run under maxmemory: what it moves takes less room afterwards, and
recording is how memory comes free.

Each coupon is a step of its own: a refusal or an error of one is its element of the reply, and the others continue (docs/adr/0048). The queue
is the model's: a sorted set from which the lowest scores are popped. Its marker has the score +inf, so it comes last.

KEYS, for each coupon
  1 coupon:id:{bucket}:issuable_coupon_queue
  2 coupon:id:{bucket}:claims
  3 coupon:id:{bucket}:claimed
  4 coupon:id:{bucket}:meta
ARGV
  1 token        fresh; the name of each coupon's claim from now on
  2 limit        issuances taken from the queues in all, 1 to 3,000; claims taken over count too, and are whole all the same
  3 leaseMs
Reply
  {nowMs, element, …}, an element for each coupon
      ''             nothing to record
      'later'        the limit is used up
      'not_ready'    out of service, or a key was lost
      {epoch, 'issueNo:memberId:issuedAtMs,…', backlog, quantity}   ascending by issueNo
          backlog  'empty' | 'partial' | 'full': what another claim would find now; 'full' after a claim that was taken over
      {'error', message}
--]]
local call, token, limit = redis.call, ARGV[1], tonumber(ARGV[2])
if limit < 1 or limit > 3000 then return redis.error_reply('ERR limit must be 1 to 3000') end
local clock = call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local lease_until = now + ARGV[3]
local room = limit

local function claim(key)
  local queue, claims, claimed = KEYS[key], KEYS[key + 1], KEYS[key + 2]
  local meta = call('HMGET', KEYS[key + 3], 'epoch', 'marker', 'quantity')
  local epoch, marker = tonumber(meta[1] or ''), meta[2]
  if not epoch or not marker or not call('ZSCORE', queue, '#q.' .. marker)
    or not call('ZSCORE', claims, '#c.' .. marker) or call('HGET', claimed, '') ~= '#d.' .. marker then
    return 'not_ready'
  end
  local quantity = tonumber(meta[3])

  -- Where nothing is claimed this is the marker, whose lease never ends.
  local lapsed = call('ZRANGE', claims, 0, 0, 'WITHSCORES')
  if tonumber(lapsed[2]) < now then
    local before, count = string.match(lapsed[1], '^(.*):(%d+)$')
    local packed = call('HGET', claimed, before)
    if not packed then error('ERR claim without issuances') end
    call('ZADD', claims, lease_until, token .. ':' .. count)
    call('HSET', claimed, token, packed)
    call('ZREM', claims, lapsed[1])
    call('HDEL', claimed, before)
    room = room - count
    return { epoch, packed, 'full', quantity }
  end

  local waiting = call('ZCARD', queue) - 1
  local count = math.min(waiting, room)
  if count == 0 then return '' end
  local head = call('ZPOPMIN', queue, count)
  local issuances = {}
  for i = 1, count do
    issuances[i] = head[2 * i] .. ':' .. head[2 * i - 1]
  end
  local packed = table.concat(issuances, ',')
  call('ZADD', claims, lease_until, token .. ':' .. count)
  call('HSET', claimed, token, packed)
  room = room - count
  local left = waiting - count
  return { epoch, packed, left >= limit and 'full' or left > 0 and 'partial' or 'empty', quantity }
end

local replies = { now }
for key = 1, #KEYS, 4 do
  local element = 'later'
  if room > 0 then
    local fine, outcome = pcall(claim, key)
    element = fine and outcome or { 'error', type(outcome) == 'table' and outcome.err or tostring(outcome) }
  end
  replies[#replies + 1] = element
end
return replies
