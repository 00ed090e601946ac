#!lua
--[[
Puts a coupon in, unless it is there: the winners were built under a temporary key, this step names them and writes the rest.
An issuance still queued or claimed is left alone, whatever became of meta: it may be the only trace of a winner.

KEYS
  1 coupon:{id}:meta
  2 coupon:{id}:winners
  3 coupon:{id}:issuable_coupon_queue
  4 coupon:{id}:claims
  5 coupon:{id}:claimed
  6 coupon:{id}:warming:<unique>   the winners being built, sentinel included, with a time to live
ARGV
  1 issued       how many winners were built
  2 quantity
  3 opensAt      milliseconds, '' no bound
  4 closesAt     milliseconds, '' no bound
  5 paused       '0' | '1'
  6 closed       '0' | '1'
  7 version
  8 epoch
  9 lastIssueNo
Reply
  'present'      it was there already; nothing changed and the temporary key is gone
  'warmed'
  'incomplete'   the temporary key does not hold what was built (its time to live ended, or a member stood in it twice)
--]]
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('UNLINK', KEYS[6])
  return 'present'
end
if redis.call('HLEN', KEYS[6]) ~= ARGV[1] + 1 then
  redis.call('UNLINK', KEYS[6])
  return 'incomplete'
end
redis.call('UNLINK', KEYS[2])
redis.call('RENAME', KEYS[6], KEYS[2])
redis.call('PERSIST', KEYS[2])
redis.call('ZADD', KEYS[3], 0, '#')
redis.call('ZADD', KEYS[4], 0, '#')
redis.call('HSET', KEYS[5], '', '')
redis.call('HSET', KEYS[1],
  'quantity', ARGV[2], 'opensAt', ARGV[3], 'closesAt', ARGV[4], 'paused', ARGV[5], 'closed', ARGV[6],
  'version', ARGV[7], 'epoch', ARGV[8], 'seq', ARGV[9], 'revoked', 0)
return 'warmed'
