#!lua flags=no-writes
--[[
Counts the issuances of each coupon that wait and those that are claimed, lapsed claims included.

KEYS, for each coupon
  1 coupon:id:{bucket}:issuable_coupon_queue
  2 coupon:id:{bucket}:claims
  3 coupon:id:{bucket}:meta
  4 coupon:id:{bucket}:claimed
ARGV
  none
Reply
  {element, …}, an element for each coupon
      'not_ready'    never warmed, out of service, or a key was lost
      {queued, claimed}
      {'error', message}
--]]
local call = redis.call

local function depth(key)
  local meta = call('HMGET', KEYS[key + 2], 'epoch', 'marker')
  if not meta[1] or not meta[2] or not call('ZSCORE', KEYS[key], '#q.' .. meta[2])
    or not call('ZSCORE', KEYS[key + 1], '#c.' .. meta[2]) or call('HGET', KEYS[key + 3], '') ~= '#d.' .. meta[2] then
    return 'not_ready'
  end
  local claimed = 0
  -- One entry for each recorder at work on this coupon; the last one is the marker.
  for _, claim in ipairs(call('ZRANGE', KEYS[key + 1], 0, -2)) do
    claimed = claimed + string.match(claim, ':(%d+)$')
  end
  return { call('ZCARD', KEYS[key]) - 1, claimed }
end

local elements = {}
for key = 1, #KEYS, 4 do
  local fine, element = pcall(depth, key)
  elements[#elements + 1] = fine and element or { 'error', type(element) == 'table' and element.err or tostring(element) }
end
return elements
