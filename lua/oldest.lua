#!lua flags=no-writes
--[[
How long the oldest issuance that has no row yet has waited, claimed ones included. For metrics: a claim is read whole.

KEYS
  1 coupon:{id}:issuable_coupon_queue
  2 coupon:{id}:claimed
ARGV
  none
Reply
  milliseconds by the store's clock, 0 when everything is recorded
--]]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local oldest = now

-- Rank 0 is the sentinel. Numbers are given in the order of time, so the lowest is the oldest.
local head = redis.call('ZRANGE', KEYS[1], 1, 1)
if head[1] then oldest = math.min(oldest, tonumber(string.match(head[1], ':(%d+)$'))) end
-- A handful: one for each recorder at work on this coupon. The sentinel is empty and matches nothing.
for _, packed in ipairs(redis.call('HVALS', KEYS[2])) do
  local first = string.match(packed, '^%d+:[^:]*:(%d+)')
  if first then oldest = math.min(oldest, tonumber(first)) end
end
return math.max(0, now - oldest)
