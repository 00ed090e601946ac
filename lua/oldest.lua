#!lua flags=no-writes
--[[
Finds how long the oldest issuance without a row has waited, claimed ones included. For metrics: a claim is read whole.

KEYS
  1 coupon:id:{bucket}:issuable_coupon_queue
  2 coupon:id:{bucket}:claimed
ARGV
  none
Reply
  'not_ready'    a key is missing, or its marker is not that of the other key
  milliseconds by the store's clock, 0 when everything is recorded
--]]
local marker = redis.call('HGET', KEYS[2], '')
if not marker or not redis.call('ZSCORE', KEYS[1], '#q' .. string.sub(marker, 3)) then return 'not_ready' end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local oldest = now

-- Numbers are given in the order of time, so the lowest is the oldest. The marker has no colon and matches nothing.
local head = redis.call('ZRANGE', KEYS[1], 0, 0)
local waiting = string.match(head[1], ':(%d+)$')
if waiting then oldest = math.min(oldest, tonumber(waiting)) end
-- A handful: one for each recorder at work on this coupon.
for _, packed in ipairs(redis.call('HVALS', KEYS[2])) do
  local first = string.match(packed, '^%d+:[^:]*:(%d+)')
  if first then oldest = math.min(oldest, tonumber(first)) end
end
return math.max(0, now - oldest)
