#!lua flags=no-writes
--[[
Who holds a number that is not recorded yet: looks into the queue, then into the claims.

KEYS
  1 coupon:{id}:issuable_coupon_queue
  2 coupon:{id}:claimed
ARGV
  1 issueNo      1 or more
Reply
  ''             neither queued nor claimed
  'memberId:issuedAtMs'
--]]
local queued = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], ARGV[1], 'LIMIT', 0, 1)
if queued[1] then return queued[1] end
-- One field for each recorder at work on this coupon. Searched as plain text: a digit run is closed by ':' and opened by ','.
for _, packed in ipairs(redis.call('HVALS', KEYS[2])) do
  local list = ',' .. packed
  local _, last = string.find(list, ',' .. ARGV[1] .. ':', 1, true)
  if last then return string.match(list, '^[^,]+', last + 1) end
end
return ''
