#!lua
--[[
Queues issuances that were admitted and are not recorded, once more. Only what its member still holds under that very number; a queued
one stays as it is, and one that is recorded meanwhile becomes a replay.

KEYS
  1 coupon:id:{bucket}:winners
  2 coupon:id:{bucket}:issuable_coupon_queue
ARGV
  1… issueNo, memberId, issuedAtMs   3 each, up to 1,000 issuances
Reply
  'not_ready'    a key is missing, or its marker is not that of the other key; nothing was written
  how many were queued that were not
--]]
local marker = redis.call('HGET', KEYS[1], '')
if not marker or not redis.call('ZSCORE', KEYS[2], '#q' .. string.sub(marker, 3)) then return 'not_ready' end
local queue = {}
for i = 1, #ARGV, 3 do
  local member, at = ARGV[i + 1], ARGV[i + 2]
  if redis.call('HGET', KEYS[1], member) == ARGV[i] .. ':' .. at then
    queue[#queue + 1] = ARGV[i]
    queue[#queue + 1] = member .. ':' .. at
  end
end
if not queue[1] then return 0 end
return redis.call('ZADD', KEYS[2], unpack(queue))
