#!lua
--[[
Puts a coupon in, unless it is there: the winners were built under a temporary key, this step names them and writes the rest.
An issuance still queued or claimed is left alone, whatever became of meta: it may be the only trace of a winner.

KEYS
  1 coupon:id:{bucket}:meta
  2 coupon:id:{bucket}:winners
  3 coupon:id:{bucket}:issuable_coupon_queue
  4 coupon:id:{bucket}:claims
  5 coupon:id:{bucket}:claimed
  6 coupon:id:{bucket}:warming:<unique>   the winners being built, with a time to live; its field '' is the server on which that began
ARGV
  1 server       run id of this Redis as the caller knows it, '' unknown
  2 issued       how many winners were built
  3 quantity
  4 opensAt      milliseconds, '' no bound
  5 closesAt     milliseconds, '' no bound
  6 paused       '0' | '1'
  7 closed       '0' | '1'
  8 version
  9 epoch
  10 lastIssueNo
  11 changeNo    of the change of terms decided last, '0': none
  12 refused     '' or why it was refused
  13 marker      never used before; every key carries it from now on
  14 own         how each marker of the catalogue's coupon begins
Reply
  'present'      the temporary key was removed: the coupon is in Redis already;
                 or it is being recovered, and was put in before or something of it is known;
                 or it was put in before and meta is lost: its recovery puts it in
  'foreign'      another coupon of this id is there
  'warmed'
  'incomplete'   the temporary key does not hold what was built (its time to live ended, the store lost it or is another one since,
                 or a member was in it twice)
--]]
local known = redis.call('HMGET', KEYS[1], 'epoch', 'recovering', 'seq', 'marker', 'wasIn')
if known[4] and string.sub(known[4], 1, #ARGV[14]) ~= ARGV[14] then
  redis.call('UNLINK', KEYS[6])
  return 'foreign'
end
-- A recovery of a coupon of which nothing is known yet began in the middle of the very first warm: it ends.
local winners = redis.call('HLEN', KEYS[2])
local rescued = known[2] and (known[5] or tonumber(known[3] or 0) > 0 or winners > 1)
local meta_lost = not known[2] and winners > 0
if known[1] or rescued or meta_lost then
  redis.call('UNLINK', KEYS[6])
  return 'present'
end
if redis.call('HLEN', KEYS[6]) ~= ARGV[2] + 1 or redis.call('HGET', KEYS[6], '') ~= ARGV[1] then
  redis.call('UNLINK', KEYS[6])
  return 'incomplete'
end
redis.call('UNLINK', KEYS[2])
redis.call('HSET', KEYS[6], '', '#w.' .. ARGV[13])
redis.call('RENAME', KEYS[6], KEYS[2])
redis.call('PERSIST', KEYS[2])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '+inf', '+inf')
redis.call('ZADD', KEYS[3], '+inf', '#q.' .. ARGV[13])
redis.call('ZREMRANGEBYSCORE', KEYS[4], '+inf', '+inf')
redis.call('ZADD', KEYS[4], '+inf', '#c.' .. ARGV[13])
redis.call('HSET', KEYS[5], '', '#d.' .. ARGV[13])
redis.call('HSET', KEYS[1],
  'quantity', ARGV[3], 'opensAt', ARGV[4], 'closesAt', ARGV[5], 'paused', ARGV[6], 'closed', ARGV[7],
  'version', ARGV[8], 'epoch', ARGV[9], 'seq', ARGV[10], 'revoked', 0, 'server', ARGV[1],
  'changeNo', ARGV[11], 'changeRefused', ARGV[12], 'marker', ARGV[13])
redis.call('HDEL', KEYS[1], 'recovering', 'recoverServer', 'recoverUntil', 'recoverSince', 'wasIn')
return 'warmed'
