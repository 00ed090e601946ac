#!lua flags=allow-oom
--[[
Tries every command that the other scripts call, on keys of its own, which are empty before and after. A command that was renamed or is not granted
to the user would otherwise fail in the middle of a script, after its first write.

KEYS
  1 coupon:{probe}:one
  2 coupon:{probe}:two
ARGV
  none
Reply
  {command, …}   those that are refused
--]]
local one, two = KEYS[1], KEYS[2]
local refused = {}
local function try(command, ...)
  local reply = redis.pcall(command, ...)
  local fault = type(reply) == 'table' and reply.err
  -- Where an earlier command is refused, a later one may find nothing, or a key of another type.
  local is_consequence = fault and (string.find(fault, 'no such key', 1, true) or string.find(fault, 'WRONGTYPE', 1, true))
  if fault and not is_consequence then refused[#refused + 1] = command end
end
try('TIME')
try('HSET', one, 'field', 1)
try('HSETNX', one, 'field', 1)
try('HINCRBY', one, 'field', 1)
try('HGET', one, 'field')
try('HMGET', one, 'field')
try('HEXISTS', one, 'field')
try('HKEYS', one)
try('HVALS', one)
try('HLEN', one)
try('EXPIRE', one, 60)
try('PERSIST', one)
try('RENAME', one, two)
try('HDEL', two, 'field')
try('ZADD', one, 1, 'member')
try('ZSCORE', one, 'member')
try('ZCARD', one)
try('ZRANGE', one, 0, 0)
try('ZREMRANGEBYSCORE', one, 2, 2)
try('ZREM', one, 'other')
try('ZPOPMIN', one)
try('UNLINK', one, two)
return refused
