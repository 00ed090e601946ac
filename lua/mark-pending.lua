#!lua
--[[
Marks coupons as having something to record, now or soon.

KEYS
  1 seonchak:announced
ARGV
  1… couponId    1 to 3,000
Reply
  1
--]]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
for i = 1, #ARGV do
  redis.call('ZADD', KEYS[1], now, ARGV[i])
end
return 1
