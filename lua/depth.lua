#!lua flags=no-writes
--[[
Counts the issuances that wait and those that are claimed, lapsed claims included.

KEYS
  1 coupon:{id}:issuable_coupon_queue
  2 coupon:{id}:claims
  3 coupon:{id}:meta
  4 coupon:{id}:claimed
ARGV
  none
Reply
  'not_ready'    never warmed, out of service, or a key was lost
  {queued, claimed}
--]]
local meta = redis.call('HMGET', KEYS[3], 'epoch', 'marker')
if not meta[1] or not meta[2] or not redis.call('ZSCORE', KEYS[1], '#q.' .. meta[2])
  or not redis.call('ZSCORE', KEYS[2], '#c.' .. meta[2]) or redis.call('HGET', KEYS[4], '') ~= '#d.' .. meta[2] then
  return 'not_ready'
end
local queued = redis.call('ZCARD', KEYS[1])
local claimed = 0
-- One entry for each recorder at work on this coupon; the last one is the marker.
for _, claim in ipairs(redis.call('ZRANGE', KEYS[2], 0, -2)) do
  claimed = claimed + string.match(claim, ':(%d+)$')
end
return { queued - 1, claimed }
