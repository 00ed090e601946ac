#!lua flags=allow-oom
--[[
Names the installation that this Redis belongs to, unless another one is named, and the highest coupon id that it has seen. A database whose
coupons end below that has lost some.

KEYS
  1 seonchak:installation
ARGV
  1 installation
  2 highest      coupon id
  3 lowers       '1': the highest id becomes this one even where it was above
Reply
  {'ours', highest}   that is known from now on
  {'foreign'}    another installation is named, or the key is not of this kind; nothing was written
--]]
local known = redis.pcall('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
if known.err then return { 'foreign' } end
for i = 1, #known, 2 do
  if known[i] ~= ARGV[1] then return { 'foreign' } end
end
local highest = tonumber(ARGV[2])
if ARGV[3] ~= '1' then highest = math.max(highest, tonumber(known[2] or 0)) end
redis.call('ZADD', KEYS[1], highest, ARGV[1])
return { 'ours', highest }
