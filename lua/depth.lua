#!lua flags=no-writes
--[[
How many issuances wait and how many are claimed, lapsed claims included.

KEYS
  1 coupon:{id}:issuable_coupon_queue
  2 coupon:{id}:claims
ARGV
  none
Reply
  {queued, claimed}
--]]
local queued = redis.call('ZCARD', KEYS[1])
local claimed = 0
-- One entry for each recorder at work on this coupon; rank 0 is the sentinel.
for _, claim in ipairs(redis.call('ZRANGE', KEYS[2], 1, -1)) do
  claimed = claimed + string.match(claim, ':(%d+)$')
end
return { math.max(queued - 1, 0), claimed }
