#!lua
--[[
Puts a recovered coupon back into service.

KEYS
  1 coupon:id:{bucket}:meta
  2 coupon:id:{bucket}:winners
  3 coupon:id:{bucket}:issuable_coupon_queue
  4 coupon:id:{bucket}:claims
  5 coupon:id:{bucket}:claimed
ARGV
  1 server       run id of this Redis as the caller knows it, '' unknown
  2 token        of the caller's recovery
  3 epoch
  4 lastIssueNo  the next number is above this and above all that was merged
  5 version
  6 quantity
  7 opensAt      milliseconds, '' no bound
  8 closesAt     milliseconds, '' no bound
  9 paused       '0' | '1'
  10 closed      '0' | '1'
  11 changeNo    of the change of terms decided last, '0': none
  12 refused     '' or why it was refused
Reply
  'taken_over'   another process recovers this coupon, or it is back in service, or the recovery began on another server, of which this
                 one may be an older copy; or a key was lost, and the lock is free for the next recovery; nothing was written
  'resumed'
--]]
local meta = redis.call('HMGET', KEYS[1], 'recovering', 'seq', 'recoverServer', 'marker')
local marker = meta[4]
if meta[1] ~= ARGV[2] or meta[3] ~= ARGV[1] then return 'taken_over' end
if redis.call('HGET', KEYS[2], '') ~= '#w.' .. marker or not redis.call('ZSCORE', KEYS[3], '#q.' .. marker)
  or not redis.call('ZSCORE', KEYS[4], '#c.' .. marker) or redis.call('HGET', KEYS[5], '') ~= '#d.' .. marker then
  redis.call('HDEL', KEYS[1], 'recoverUntil')
  return 'taken_over'
end
redis.call('HSET', KEYS[1],
  'quantity', ARGV[6], 'opensAt', ARGV[7], 'closesAt', ARGV[8], 'paused', ARGV[9], 'closed', ARGV[10],
  'version', ARGV[5], 'epoch', ARGV[3], 'seq', math.max(tonumber(meta[2]), tonumber(ARGV[4])), 'server', ARGV[1],
  'changeNo', ARGV[11], 'changeRefused', ARGV[12])
redis.call('HSETNX', KEYS[1], 'revoked', 0)
redis.call('HDEL', KEYS[1], 'recovering', 'recoverServer', 'recoverUntil', 'recoverSince', 'wasIn')
return 'resumed'
