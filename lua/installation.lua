#!lua flags=allow-oom
--[[
Names the installation of this Redis, with the layout of its keys, and the highest coupon id seen. A database whose
coupons end below that has lost some.

KEYS
  1 seonchak:installation
ARGV
  1 installation  layout and name
  2 highest       coupon id
  3 lowers        '1': the highest id becomes this one even where it was above
  4 creates       '1': names it where none is named
  5 replaces      an installation that may be replaced; '': none
Reply
  {'ours', highest}   that is known from now on
  {'absent'}     none is named; nothing was written
  {'foreign', installation}   that is named; nothing was written. '' where the key is not of this kind
--]]
local known = redis.pcall('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
if known.err then return { 'foreign', '' } end
if #known == 0 and ARGV[4] ~= '1' then return { 'absent' } end
for i = 1, #known, 2 do
  if known[i] ~= ARGV[1] and known[i] ~= ARGV[5] then return { 'foreign', known[i] } end
end
local highest = tonumber(ARGV[2])
if ARGV[3] ~= '1' then highest = math.max(highest, tonumber(known[2] or 0)) end
redis.call('ZADD', KEYS[1], highest, ARGV[1])
if ARGV[5] ~= '' and ARGV[5] ~= ARGV[1] then redis.call('ZREM', KEYS[1], ARGV[5]) end
return { 'ours', highest }
