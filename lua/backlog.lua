#!lua flags=no-writes
--[[
Finds the coupons of which something may be queued or claimed.

A sorted set with nothing but its marker has one member. `depth` compares the markers and counts; this asks two commands
of each coupon instead of six, for the recorders' sweep, and whatever is not surely empty is left to a drain.

KEYS, for each coupon
  1 coupon:id:{bucket}:issuable_coupon_queue
  2 coupon:id:{bucket}:claims
ARGV
  none
Reply
  {place, …}    of such a coupon among those asked for, from 1, ascending
--]]
local call = redis.call

local function is_empty(key)
  return call('ZCARD', KEYS[key]) == 1 and call('ZCARD', KEYS[key + 1]) == 1
end

local places = {}
for key = 1, #KEYS, 2 do
  local fine, empty = pcall(is_empty, key)
  if not fine or not empty then places[#places + 1] = (key + 1) / 2 end
end
return places
