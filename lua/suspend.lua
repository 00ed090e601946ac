#!lua
--[[
Takes a coupon out of service for its recovery, or takes over a recovery whose process has died. Its content stays,
except that meta loses its epoch: then no script admits, amends or revokes. Also how the recovering process renews its lock.

A key that does not carry the marker of the coupon is not the one that was put in (it was lost, or another one has its name): what it
holds is dropped, and it begins empty. Where the marker itself is not known, since meta was lost, a key is recognised by the coupon's id
in its marker. A coupon that a release without markers has put in keeps its keys. All of them get the new marker.

KEYS
  1 coupon:id:{bucket}:meta
  2 coupon:id:{bucket}:winners
  3 coupon:id:{bucket}:issuable_coupon_queue
  4 coupon:id:{bucket}:claims
  5 coupon:id:{bucket}:claimed
ARGV
  1 server       run id of this Redis as the caller knows it, '' unknown; a recovery ends on the server on which it read (lua/resume.lua)
  2 token        of the caller's recovery, never used before; it is the marker from now on
  3 lockMs       how long it may be silent before another process takes over
  4 epoch        that the caller found to have lost data; '' when it found none
  5 seenIssueNo  the highest number the caller has received; kept, so that none of those is given again
  6 birth        installation-birth of the catalogue's coupon, part of the marker from now on; '': none
Reply
  {'serving'}    another epoch is in service by now
  {'busy'}       another process is recovering the coupon, or the coupon in Redis has another birth
  {'begun', nowMs, sinceMs, seq, version, quantity, opensAt, closesAt, paused, closed, claimsKnown}
      sinceMs  when the first process noticed;  version  0 and the terms '' where nothing is known of them
      claimsKnown  1: the coupon was in service here and has lost a key, and whatever a recorder holds in memory is in another one
--]]
local meta = redis.pcall('HMGET', KEYS[1], 'epoch', 'recovering', 'recoverUntil', 'recoverSince', 'seq', 'seen',
  'version', 'quantity', 'opensAt', 'closesAt', 'paused', 'closed', 'marker', 'server')
local id = string.match(KEYS[1], '(%d+):{')
-- A key of another type, or another coupon's meta, has taken the name.
if meta.err or meta[13] and string.sub(meta[13], 1, #id + 1) ~= id .. '.' then
  redis.call('UNLINK', KEYS[1])
  meta = {}
end
local own = ARGV[6] == '' and id .. '.' or id .. '.' .. ARGV[6] .. '.'
-- A marker without a birth is of a release without births.
local function has_birth(marker) return string.find(marker, '.', #id + 2, true) ~= nil end
if ARGV[6] ~= '' and meta[13] and has_birth(meta[13]) and string.sub(meta[13], 1, #own) ~= own then return { 'busy' } end
if meta[1] and meta[1] ~= ARGV[4] then return { 'serving' } end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local seq = math.max(tonumber(meta[5] or 0), tonumber(meta[6] or 0), tonumber(ARGV[5]))
redis.call('HSET', KEYS[1], 'seq', seq)
if meta[2] and meta[2] ~= ARGV[2] and tonumber(meta[3] or 0) > now then return { 'busy' } end

local marker = meta[13]
local function is_ours(found, role, without_marker)
  -- A key of another type answers with an error.
  if type(found) ~= 'string' then return false end
  if marker then return found == role .. marker end
  if found == without_marker or string.sub(found, 1, #role + #own) == role .. own then return true end
  return string.sub(found, 1, #role + #id + 1) == role .. id .. '.' and not has_birth(string.sub(found, #role + 1))
end
local function last_of(key)
  local last = redis.pcall('ZRANGE', key, -1, -1, 'WITHSCORES')
  if last.err then return false end
  if last[1] and last[2] == 'inf' then return last[1] end
  return redis.call('ZSCORE', key, '#') and '#'
end
local ours = {
  [2] = is_ours(redis.pcall('HGET', KEYS[2], ''), '#w.', ''),
  [3] = is_ours(last_of(KEYS[3]), '#q.', '#'),
  [4] = is_ours(last_of(KEYS[4]), '#c.', '#'),
  [5] = is_ours(redis.pcall('HGET', KEYS[5], ''), '#d.', ''),
}
local lost = not (ours[2] and ours[3] and ours[4] and ours[5])
local served_here = meta[1] and marker and meta[14] == ARGV[1] and tonumber(meta[5]) == seq
local claims_known = served_here and lost and (ours[2] or ours[5]) and 1 or 0
for place, is_there in pairs(ours) do
  if not is_there then redis.call('UNLINK', KEYS[place]) end
end

local since = tonumber(meta[4] or now)
-- Any of its keys proves that it was put in before: a first warm that arrives late has read an older past (lua/warm.lua).
if not meta[2] and (meta[1] or ours[2] or ours[3] or ours[4] or ours[5]) then redis.call('HSET', KEYS[1], 'wasIn', 1) end
redis.call('HDEL', KEYS[1], 'epoch', 'server', 'attesting', 'attestSince', 'seen')
redis.call('HSET', KEYS[1], 'recovering', ARGV[2], 'recoverServer', ARGV[1],
  'recoverUntil', string.format('%.0f', now + ARGV[3]), 'recoverSince', string.format('%.0f', since), 'marker', own .. ARGV[2])
marker = own .. ARGV[2]
redis.call('HSET', KEYS[2], '', '#w.' .. marker)
for place, role in pairs({ [3] = '#q.', [4] = '#c.' }) do
  redis.call('ZREM', KEYS[place], '#')
  redis.call('ZREMRANGEBYSCORE', KEYS[place], '+inf', '+inf')
  redis.call('ZADD', KEYS[place], '+inf', role .. marker)
end
redis.call('HSET', KEYS[5], '', '#d.' .. marker)

-- A claim is named in one key and held in the other. One whose lease is lost has ended; one whose issuances are lost is not a claim.
local named = {}
for _, claim in ipairs(redis.call('ZRANGE', KEYS[4], 0, -2)) do
  local token = string.match(claim, '^(.*):%d+$')
  named[token] = true
  if redis.call('HEXISTS', KEYS[5], token) == 0 then redis.call('ZREM', KEYS[4], claim) end
end
for _, token in ipairs(redis.call('HKEYS', KEYS[5])) do
  if token ~= '' and not named[token] then
    local _, commas = string.gsub(redis.call('HGET', KEYS[5], token), ',', '')
    redis.call('ZADD', KEYS[4], now, token .. ':' .. (commas + 1))
  end
end
return {
  'begun', now, since, seq, tonumber(meta[7] or 0), meta[8] or '', meta[9] or '', meta[10] or '', meta[11] or '', meta[12] or '',
  claims_known,
}
