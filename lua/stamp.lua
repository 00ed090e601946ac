#!lua flags=allow-oom
--[[
Compares the stamp of the database with the one that Redis has, and takes it over where it is newer. A stamp is `number.random`: only
the database that wrote it has it.

KEYS
  1 seonchak:stamp
ARGV
  1 stamp   that the database has
  2 writes  '1': Redis takes it where it is newer; '0': nothing is written
Reply
  {'ours', passed}  Redis had this stamp, an earlier one or none; passed: 1 where it had an earlier one, else 0
  {'ahead', found}  nothing was written: Redis has one of the same or a higher number. '' where the key is not of this kind
--]]
local found = redis.pcall('HGET', KEYS[1], 'stamp')
if type(found) == 'table' then return { 'ahead', '' } end
if found == ARGV[1] then return { 'ours', 0 } end
local function number(stamp) return tonumber(string.match(stamp, '^%d+') or 0) end
if found and number(found) >= number(ARGV[1]) then return { 'ahead', found } end
if ARGV[2] == '1' then redis.call('HSET', KEYS[1], 'stamp', ARGV[1]) end
return { 'ours', found and 1 or 0 }
