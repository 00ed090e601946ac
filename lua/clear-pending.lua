#!lua flags=allow-oom
--[[
Removes the marks of coupons that were last marked at least idleMs ago.

KEYS
  1 seonchak:announced
ARGV
  1 idleMs
  2… couponId    1 to 3,000
Reply
  how many marks were removed
--]]
local clock = redis.call('TIME')
local latest = clock[1] * 1000 + math.floor(clock[2] / 1000) - ARGV[1]
local removed = 0
for i = 2, #ARGV do
  local marked_at = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if marked_at and tonumber(marked_at) <= latest then removed = removed + redis.call('ZREM', KEYS[1], ARGV[i]) end
end
return removed
