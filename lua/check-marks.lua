#!lua flags=allow-oom
--[[
Checks whether the marks of pending coupons are all there, and names their loss where they are not. The name is lost with the marks, so a
second loss has another one. '#' (whole) or the name lies after all coupons, with the score +inf.

KEYS
  1 seonchak:announced
ARGV
  1 restored     name of the loss after which the caller has marked every coupon that has something to record; '': it has not
  2 fresh        begins with '#' and was never used before: the name of a loss that has none
Reply
  ''             whole
  name           of the loss
--]]
local call, key = redis.call, KEYS[1]
if call('ZSCORE', key, '#') then return '' end
local name = call('ZRANGE', key, '+inf', '+inf', 'BYSCORE')[1]
if not name then
  call('ZADD', key, '+inf', ARGV[2])
  return ARGV[2]
end
if name ~= ARGV[1] then return name end
call('ZREM', key, name)
call('ZADD', key, '+inf', '#')
return ''
