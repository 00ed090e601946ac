#!lua
--[[
Takes a coupon out of service so that one process can recover it, or takes a recovery over whose process is gone. What is there stays,
except that meta loses its epoch: then no script admits, amends or revokes. Also how the recovering process renews its lock.

KEYS
  1 coupon:{id}:meta
  2 coupon:{id}:winners
  3 coupon:{id}:issuable_coupon_queue
  4 coupon:{id}:claims
  5 coupon:{id}:claimed
ARGV
  1 server       run id of this Redis as the caller knows it, '' unknown; a recovery ends on the server on which it read (lua/resume.lua)
  2 token        of the caller's recovery
  3 lockMs       how long it may be silent before another process takes over
  4 epoch        that the caller judged to have lost its past; '' when it found none
  5 seenIssueNo  the highest number the caller was ever told; kept, so that none of those is given again
Reply
  {'serving'}    another epoch is in service by now
  {'busy'}       another process is at it
  {'begun', nowMs, sinceMs, seq, version, quantity, opensAt, closesAt, paused, closed}
      sinceMs  when the first process noticed;  version  0 and the terms '' where nothing is known of them
--]]
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'recovering', 'recoverUntil', 'recoverSince', 'seq', 'seen',
  'version', 'quantity', 'opensAt', 'closesAt', 'paused', 'closed')
if meta[1] and meta[1] ~= ARGV[4] then return { 'serving' } end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local seq = math.max(tonumber(meta[5] or 0), tonumber(meta[6] or 0), tonumber(ARGV[5]))
redis.call('HSET', KEYS[1], 'seq', seq)
if meta[2] and meta[2] ~= ARGV[2] and tonumber(meta[3]) > now then return { 'busy' } end

local since = tonumber(meta[4] or now)
redis.call('HDEL', KEYS[1], 'epoch', 'server', 'attesting', 'attestSince', 'seen')
redis.call('HSET', KEYS[1], 'recovering', ARGV[2], 'recoverServer', ARGV[1],
  'recoverUntil', string.format('%.0f', now + ARGV[3]), 'recoverSince', string.format('%.0f', since))
redis.call('HSET', KEYS[2], '', '')
redis.call('ZADD', KEYS[3], 0, '#')
redis.call('ZADD', KEYS[4], 0, '#')
redis.call('HSET', KEYS[5], '', '')
return {
  'begun', now, since, seq, tonumber(meta[7] or 0), meta[8] or '', meta[9] or '', meta[10] or '', meta[11] or '', meta[12] or '',
}
