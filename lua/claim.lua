#!lua flags=allow-oom
--[[
Takes a batch for recording: a claim whose lease has ended, whole; else the lowest numbers of the queue. Nothing of a coupon that
is out of service: its recovery reads queue and claims. May run under maxmemory: what it moves takes less room afterwards, and
recording is how memory comes free.

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
  ''             nothing to record, or out of service
  {epoch, 'issueNo:memberId:issuedAtMs,…', storeNowMs, backlog}   ascending by issueNo
      backlog  'empty' | 'partial' | 'full': what another claim would find now; 'full' after a claim that was taken over
--]]
local limit = tonumber(ARGV[2])
if limit < 1 or limit > 3000 then return redis.error_reply('ERR limit must be 1 to 3000') end
local epoch = tonumber(redis.call('HGET', KEYS[4], 'epoch') or '')
if not epoch then return '' end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- Rank 0 is the sentinel, in the claims and in the queue.
local lapsed = redis.call('ZRANGE', KEYS[2], 1, 1, 'WITHSCORES')
if lapsed[1] and tonumber(lapsed[2]) < now then
  local token, count = string.match(lapsed[1], '^(.*):(%d+)$')
  local packed = redis.call('HGET', KEYS[3], token)
  if not packed then return redis.error_reply('ERR claim without issuances') end
  redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1] .. ':' .. count)
  redis.call('HSET', KEYS[3], ARGV[1], packed)
  redis.call('ZREM', KEYS[2], lapsed[1])
  redis.call('HDEL', KEYS[3], token)
  return { epoch, packed, now, 'full' }
end

local head = redis.call('ZRANGE', KEYS[1], 1, limit, 'WITHSCORES')
if not head[1] then return '' end
local issuances, count = {}, #head / 2
for i = 1, count do
  issuances[i] = head[2 * i] .. ':' .. head[2 * i - 1]
end
local packed = table.concat(issuances, ',')
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1] .. ':' .. count)
redis.call('HSET', KEYS[3], ARGV[1], packed)
redis.call('ZREMRANGEBYRANK', KEYS[1], 1, count)
-- Without the sentinel.
local left = redis.call('ZCARD', KEYS[1]) - 1
return { epoch, packed, now, left >= limit and 'full' or left > 0 and 'partial' or 'empty' }
