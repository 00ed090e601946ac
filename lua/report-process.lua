#!lua flags=allow-oom
--[[
Reports what this process understands, for some time, and lists what all processes have reported. A process of an earlier version reports
nothing: the caller compares the lines with the clients that listen.

KEYS
  1 seonchak:processes
ARGV
  1 ttlMs        '0': the lines are removed
  2… line        none: nothing is reported
Reply
  {line, …}      those in force
--]]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local ttl = tonumber(ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
for i = 2, #ARGV do
  if ttl == 0 then
    redis.call('ZREM', KEYS[1], ARGV[i])
  else
    redis.call('ZADD', KEYS[1], now + ttl, ARGV[i])
  end
end
return redis.call('ZRANGE', KEYS[1], 0, -1)
