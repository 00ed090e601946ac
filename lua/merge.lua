#!lua
--[[
Takes what another source knows into the winners of a coupon that is being recovered. Safe to repeat.

KEYS
  1 coupon:id:{bucket}:meta
  2 coupon:id:{bucket}:winners
  3 coupon:id:{bucket}:issuable_coupon_queue
ARGV
  1 token        of the caller's recovery
  2 lockMs       renewed with every call
  3 source       'recorded': rows of the ledger; they are kept, whatever is here
                 'unrecorded': queued, claimed or dead-lettered; taken unless the member holds as high a number
                 'revoked': taken out where the member still holds that very number
  4… issueNo, memberId, issuedAtMs   3 each, up to 1,000 issuances
Reply
  {'taken_over'} another process recovers this coupon, or it is back in service; or a key was lost, and the lock is free for the next
                 recovery; nothing was merged
  {'merged', memberId, 'issueNo:issuedAtMs', …}   issuances that a row displaced
--]]
local meta = redis.call('HMGET', KEYS[1], 'recovering', 'marker', 'seq')
if meta[1] ~= ARGV[1] then return { 'taken_over' } end
if redis.call('HGET', KEYS[2], '') ~= '#w.' .. meta[2] or not redis.call('ZSCORE', KEYS[3], '#q.' .. meta[2]) then
  redis.call('HDEL', KEYS[1], 'recoverUntil')
  return { 'taken_over' }
end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('HSET', KEYS[1], 'recoverUntil', string.format('%.0f', now + ARGV[2]))

local before = tonumber(meta[3])
local seq = before
local reply = { 'merged' }
for i = 4, #ARGV, 3 do
  local issue_no, member = ARGV[i], ARGV[i + 1]
  local value = issue_no .. ':' .. ARGV[i + 2]
  local held = redis.call('HGET', KEYS[2], member)
  local held_no = held and string.match(held, '^%d+')
  if ARGV[3] == 'revoked' then
    if held_no == issue_no then
      redis.call('HDEL', KEYS[2], member)
      redis.call('ZREM', KEYS[3], member .. ':' .. string.match(held, '%d+$'))
      redis.call('HINCRBY', KEYS[1], 'revoked', 1)
    end
  elseif not held or (ARGV[3] == 'recorded' and held ~= value) then
    redis.call('HSET', KEYS[2], member, value)
    if held and held_no ~= issue_no then
      reply[#reply + 1] = member
      reply[#reply + 1] = held
    end
  elseif ARGV[3] == 'unrecorded' and tonumber(held_no) < tonumber(issue_no) then
    redis.call('HSET', KEYS[2], member, value)
  end
  seq = math.max(seq, tonumber(issue_no))
end
if seq > before then redis.call('HSET', KEYS[1], 'seq', seq) end
return reply
