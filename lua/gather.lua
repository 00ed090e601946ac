#!lua
--[[
Begins the winners of a coupon that is being warmed, under a temporary key, or adds to them.

The key names the server on which the warm began. It is made before anything is read from the tables: a store that has lost something since
has lost this key too, or is another server, and then lua/warm.lua does not take what was read.

KEYS
  1 coupon:id:{bucket}:warming:<unique>
ARGV
  1 server       run id of this Redis as the caller knows it, '' unknown
  2 ttlSeconds   the remains of a warm that died expire after this; renewed by every call
  3 begins       '1' to begin, '0' to add
  4… memberId, 'issueNo:issuedAtMs'   2 each, up to 1,000 winners
Reply
  'missing'      nothing to add to; nothing was written
  'gathered'
--]]
if ARGV[3] == '1' then
  redis.call('HSET', KEYS[1], '', ARGV[1])
elseif redis.call('HEXISTS', KEYS[1], '') == 0 then
  return 'missing'
end
if #ARGV > 3 then redis.call('HSET', KEYS[1], unpack(ARGV, 4)) end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 'gathered'
