#!lua flags=allow-oom
--[[
Reports whether a coupon is in service on this server with all of the keys that were put in. Where it was last
verified on another server (Redis was restarted, replaced or promoted, so its data may be stale), collects what callers know. On request
puts it back into service, or under a higher epoch. Changes a few bytes of what is there.

Where the caller names the birth of its coupon, another coupon of the same id is recognised by its marker, id.installation-birth.unique: one of this
installation is taken out of service, since the database has lost it; one of another installation is left as it is.

KEYS
  1 coupon:id:{bucket}:meta
  2 coupon:id:{bucket}:winners
  3 coupon:id:{bucket}:issuable_coupon_queue
  4 coupon:id:{bucket}:claims
  5 coupon:id:{bucket}:claimed
ARGV
  1 server       run id of this Redis as the caller knows it, '': not asked
  2 epoch        '' to read; else the epoch whose content was found consistent, to put it back into service
  3 seenIssueNo  the highest number the caller has received
  4 raiseTo      with an epoch: the epoch it serves under from now on
  5 foundOn      with an epoch: the server on which it was found consistent; on another one nothing is written
  6 birth        installation-birth of the catalogue's coupon, '': not asked
  7 neverWarmed  '1': the catalogue has never put the coupon in, so whatever has its keys is not the coupon
Reply
  {'absent', epoch 0}   never warmed, lost, being recovered, or another coupon's meta or a key of another type has taken the name
  {'serving' | 'unverified' | 'damaged' | 'earlier_life' | 'foreign', epoch, nowMs, sinceMs, version, seq, seen, server}
      earlier_life  another coupon of this installation;  foreign  of another installation, or no coupon at all
      damaged  a key was lost, or was put in by a release without markers; nothing was written
      sinceMs  when the first caller inspected on this server;  seen  the highest number any caller has received
--]]
local id = string.match(KEYS[1], '(%d+):{')
local birth, never_warmed = ARGV[6], ARGV[7] == '1'
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local OURS = 'ours'
local function not_ours(status, epoch) return { status, epoch, now, now, 0, 0, 0, ARGV[1] } end
-- Whose a coupon is by its marker. Without a birth it was put in by a release without births, and not into a coupon that was never put in.
local function owner_of(marker)
  local their_birth = string.match(marker, '^' .. id .. '%.([^.]*)%.')
  if their_birth == birth then return OURS end
  if not their_birth then return never_warmed and 'foreign' or OURS end
  local installation = string.match(birth, '^[^-]*-')
  return string.sub(their_birth, 1, #installation) == installation and 'earlier_life' or 'foreign'
end
-- A key of another type answers with an error, which is not text.
local function owner_of_part(key, role, size_of, mark)
  local size = redis.pcall(size_of, key)
  if size == 0 then return OURS end
  local found = type(size) == 'number' and mark(key)
  if type(found) ~= 'string' or string.sub(found, 1, #role) ~= role then return 'foreign' end
  return owner_of(string.sub(found, #role + 1))
end
local function field_mark(key) return redis.call('HGET', key, '') end
local function last_mark(key) return redis.call('ZRANGE', key, -1, -1)[1] end

local meta = redis.pcall('HMGET', KEYS[1], 'epoch', 'server', 'version', 'seq', 'attesting', 'attestSince', 'seen', 'marker')
if birth ~= '' and never_warmed then
  if meta.err then return not_ours('foreign', 0) end
  if not meta[8] and redis.call('HLEN', KEYS[1]) > 0 then return not_ours('foreign', 0) end
  if not meta[8] then
    for _, owner in ipairs({
      owner_of_part(KEYS[2], '#w.', 'HLEN', field_mark), owner_of_part(KEYS[3], '#q.', 'ZCARD', last_mark),
      owner_of_part(KEYS[4], '#c.', 'ZCARD', last_mark), owner_of_part(KEYS[5], '#d.', 'HLEN', field_mark),
    }) do
      if owner ~= OURS then return not_ours(owner, 0) end
    end
  end
end
-- A key of another type has taken the name: meta was lost.
if meta.err then return { 'absent', 0 } end
local epoch, version, seq, marker = tonumber(meta[1] or 0), tonumber(meta[3]), tonumber(meta[4]), meta[8]
local of_this_id = not marker or string.sub(marker, 1, #id + 1) == id .. '.'
if birth ~= '' and marker and of_this_id then
  local owner = owner_of(marker)
  if owner == 'earlier_life' then redis.call('HSET', KEYS[1], 'server', '') end
  if owner ~= OURS then return not_ours(owner, epoch) end
end
if not meta[1] or not of_this_id then return { 'absent', 0 } end
-- A key of another type answers with an error, which is neither a score nor the marker.
local function has_score(key, member) return type(redis.pcall('ZSCORE', key, member)) == 'string' end
if not marker or redis.pcall('HGET', KEYS[2], '') ~= '#w.' .. marker or not has_score(KEYS[3], '#q.' .. marker)
  or not has_score(KEYS[4], '#c.' .. marker) or redis.pcall('HGET', KEYS[5], '') ~= '#d.' .. marker then
  return { 'damaged', epoch, now, now, version, seq, math.max(seq, tonumber(meta[7] or 0)), ARGV[1] }
end
local verified = ARGV[2] == meta[1] and ARGV[5] == ARGV[1]
if verified and tonumber(ARGV[4]) > epoch then
  epoch = tonumber(ARGV[4])
  redis.call('HSET', KEYS[1], 'epoch', ARGV[4])
end
if ARGV[1] == '' or meta[2] == ARGV[1] then return { 'serving', epoch, now, now, version, seq, seq, ARGV[1] } end
if verified then
  redis.call('HSET', KEYS[1], 'server', ARGV[1])
  redis.call('HDEL', KEYS[1], 'attesting', 'attestSince', 'seen')
  return { 'serving', epoch, now, now, version, seq, seq, ARGV[1] }
end
local since, seen = now, tonumber(ARGV[3])
if meta[5] == ARGV[1] then
  since = tonumber(meta[6])
  seen = math.max(seen, tonumber(meta[7]))
end
redis.call('HSET', KEYS[1], 'attesting', ARGV[1], 'attestSince', string.format('%.0f', since), 'seen', seen)
return { 'unverified', epoch, now, since, version, seq, seen, ARGV[1] }
