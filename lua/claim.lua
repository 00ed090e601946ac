#!lua flags=allow-oom
--[[
Takes a batch for recording: a claim whose lease has ended, whole; else the lowest numbers of the queue. Nothing of a coupon that
is out of service: its recovery reads queue and claims. May run under maxmemory: what it moves takes less room afterwards, and
recording is how memory comes free.

The queue is the model's: a sorted set from which the lowest scores are popped. Its marker has the score +inf, so it stays behind.

KEYS
  1 coupon:{id}:issuable_coupon_queue
  2 coupon:{id}:claims
  3 coupon:{id}:claimed
  4 coupon:{id}:meta
ARGV
  1 token        fresh; the claim's name from now on
  2 limit        issuances taken from the queue, 1 to 3,000
  3 leaseMs
Reply
  'not_ready'    out of service, or a key was lost
  ''             nothing to record
  {epoch, 'issueNo:memberId:issuedAtMs,…', storeNowMs, backlog, quantity}   ascending by issueNo
      backlog  'empty' | 'partial' | 'full': what another claim would find now; 'full' after a claim that was taken over
--]]
local limit = tonumber(ARGV[2])
if limit < 1 or limit > 3000 then return redis.error_reply('ERR limit must be 1 to 3000') end
local meta = redis.call('HMGET', KEYS[4], 'epoch', 'marker', 'quantity')
local epoch, marker = tonumber(meta[1] or ''), meta[2]
if not epoch or not marker or not redis.call('ZSCORE', KEYS[1], '#q.' .. marker)
  or not redis.call('ZSCORE', KEYS[2], '#c.' .. marker) or redis.call('HGET', KEYS[3], '') ~= '#d.' .. marker then
  return 'not_ready'
end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- Where nothing is claimed this is the marker, whose lease never ends.
local lapsed = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if tonumber(lapsed[2]) < now then
  local token, count = string.match(lapsed[1], '^(.*):(%d+)$')
  local packed = redis.call('HGET', KEYS[3], token)
  if not packed then return redis.error_reply('ERR claim without issuances') end
  redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1] .. ':' .. count)
  redis.call('HSET', KEYS[3], ARGV[1], packed)
  redis.call('ZREM', KEYS[2], lapsed[1])
  redis.call('HDEL', KEYS[3], token)
  return { epoch, packed, now, 'full', tonumber(meta[3]) }
end

local waiting = redis.call('ZCARD', KEYS[1]) - 1
local count = math.min(waiting, limit)
if count == 0 then return '' end
local head = redis.call('ZPOPMIN', KEYS[1], count)
local issuances = {}
for i = 1, count do
  issuances[i] = head[2 * i] .. ':' .. head[2 * i - 1]
end
local packed = table.concat(issuances, ',')
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1] .. ':' .. count)
redis.call('HSET', KEYS[3], ARGV[1], packed)
local left = waiting - count
return { epoch, packed, now, left >= limit and 'full' or left > 0 and 'partial' or 'empty', tonumber(meta[3]) }
