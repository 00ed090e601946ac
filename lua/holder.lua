#!lua flags=no-writes
--[[
Finds who holds a number that is not recorded yet: in the queue, else in the claims.

KEYS
  1 coupon:id:{bucket}:issuable_coupon_queue
  2 coupon:id:{bucket}:claimed
ARGV
  1 issueNo      1 or more
Reply
  'not_ready'    a key is missing, or its marker is not that of the other key
  ''             neither queued nor claimed, or the coupon is not here at all
  'memberId:issuedAtMs'
--]]
local marker = redis.call('HGET', KEYS[2], '')
if not marker and redis.call('ZCARD', KEYS[1]) == 0 then return '' end
if not marker or not redis.call('ZSCORE', KEYS[1], '#q' .. string.sub(marker, 3)) then return 'not_ready' end
local queued = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], ARGV[1], 'LIMIT', 0, 1)
if queued[1] then return queued[1] end
-- One field for each recorder at work on this coupon. Searched as plain text: a digit run is closed by ':' and opened by ','.
for _, packed in ipairs(redis.call('HVALS', KEYS[2])) do
  local list = ',' .. packed
  local _, last = string.find(list, ',' .. ARGV[1] .. ':', 1, true)
  if last then return string.match(list, '^[^,]+', last + 1) end
end
return ''
