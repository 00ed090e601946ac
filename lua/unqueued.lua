#!lua flags=no-writes
--[[
Lists which of these issuances are neither queued nor claimed, seen at one instant: one that moves between the two is in one of them.

KEYS
  1 coupon:id:{bucket}:issuable_coupon_queue
  2 coupon:id:{bucket}:claimed
ARGV
  1… issueNo, memberId, issuedAtMs   3 each, up to 1,000 issuances
Reply
  'not_ready'    a key is missing, or its marker is not that of the other key
  their places from 0, ascending
--]]
local marker = redis.call('HGET', KEYS[2], '')
if not marker or not redis.call('ZSCORE', KEYS[1], '#q' .. string.sub(marker, 3)) then return 'not_ready' end
local claimed = {}
for _, packed in ipairs(redis.call('HVALS', KEYS[2])) do
  for issuance in string.gmatch(packed, '[^,]+') do
    claimed[issuance] = true
  end
end
local reply = {}
for i = 1, #ARGV, 3 do
  local issuance = ARGV[i] .. ':' .. ARGV[i + 1] .. ':' .. ARGV[i + 2]
  if not claimed[issuance] and not redis.call('ZSCORE', KEYS[1], ARGV[i + 1] .. ':' .. ARGV[i + 2]) then
    reply[#reply + 1] = (i - 1) / 3
  end
end
return reply
