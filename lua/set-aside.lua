#!lua
--[[
Sets one key of another coupon aside that had the same id in an earlier life of the database. It is renamed, not dropped: it may be the only trace of
what members were answered. A key without a marker of this installation stays as it is. Meta comes last, so that a repeat finds the others.

KEYS
  1 any of coupon:id:{bucket}:meta, winners, issuable_coupon_queue, claims, claimed
  2 the same under coupon:id:{bucket}:set-aside:<unique>:
ARGV
  1 installation  how each birth of this installation begins
  2 birth         installation-birth of the catalogue's coupon, whose keys stay; '': it has none
  3 role          of the key in its marker, such as '#w.'; '' for meta
Reply
  0              not such a key
  1 or more      renamed; of a meta it is the epoch
--]]
local id = string.match(KEYS[1], '(%d+):{')
local is_meta, is_hash = ARGV[3] == '', ARGV[3] == '#w.' or ARGV[3] == '#d.'
local mark
if is_meta then
  mark = redis.pcall('HGET', KEYS[1], 'marker')
elseif is_hash then
  mark = redis.pcall('HGET', KEYS[1], '')
else
  mark = redis.pcall('ZRANGE', KEYS[1], -1, -1)[1]
end
if type(mark) ~= 'string' or string.sub(mark, 1, #ARGV[3]) ~= ARGV[3] then return 0 end
local birth = string.match(string.sub(mark, #ARGV[3] + 1), '^' .. id .. '%.([^.]*)%.')
if not birth or birth == ARGV[2] or string.sub(birth, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
local epoch = is_meta and tonumber(redis.call('HGET', KEYS[1], 'epoch') or 1) or 1
redis.call('RENAME', KEYS[1], KEYS[2])
return math.max(1, epoch)
