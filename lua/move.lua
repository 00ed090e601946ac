#!lua flags=allow-oom
--[[
Gives the keys of one coupon the names of the present layout, all in one step (docs/adr/0094). On a single Redis they come from their earlier names; in
a Cluster, where a rename cannot leave its slot, from copies, which are complete or not taken. A key that has one of the new names is never overwritten.

KEYS
  1 meta, from
  2 winners, from
  3 queue, from
  4 claims, from
  5 claimed, from
  6 meta, to
  7 winners, to
  8 queue, to
  9 claims, to
  10 claimed, to
ARGV
  1 meta       how many elements the key must have; '': it is not moved
  2 winners
  3 queue
  4 claims
  5 claimed
Reply
  'moved'
  'present'      a key has one of the new names; nothing was renamed
  'incomplete'   a key has another number of elements; nothing was renamed
--]]
local from = { KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5] }
local to = { KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10] }
-- Meta, winners and claimed are hashes.
local counts = { 'HLEN', 'HLEN', 'ZCARD', 'ZCARD', 'HLEN' }
for i = 1, 5 do
  local there = redis.pcall(counts[i], to[i])
  if there ~= 0 then return 'present' end
end
for i = 1, 5 do
  if ARGV[i] ~= '' and redis.call(counts[i], from[i]) ~= tonumber(ARGV[i]) then return 'incomplete' end
end
for i = 1, 5 do
  if ARGV[i] ~= '' then redis.call('RENAME', from[i], to[i]) end
end
return 'moved'
