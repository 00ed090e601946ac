#!lua flags=allow-oom
--[[
Ends a claim whose issuances are recorded. May run under maxmemory: it frees.

KEYS
  1 coupon:{id}:claims
  2 coupon:{id}:claimed
ARGV
  1 token
Reply
  1              done
  0              the token is stale: acked, released or taken over before; or a key was lost, and nothing was written
--]]
local found = redis.call('HMGET', KEYS[2], '', ARGV[1])
local marker, packed = found[1], found[2]
if ARGV[1] == '' or not packed or not marker then return 0 end
if not redis.call('ZSCORE', KEYS[1], '#c' .. string.sub(marker, 3)) then return 0 end
-- The claims name each claim with its size, so that counting them need not read them. Issuances are joined by commas.
local _, commas = string.gsub(packed, ',', '')
redis.call('ZREM', KEYS[1], ARGV[1] .. ':' .. (commas + 1))
redis.call('HDEL', KEYS[2], ARGV[1])
return 1
