#!lua flags=allow-oom
--[[
Reports whether a coupon is in service on this server, and whether all of its keys are the ones that were put in. Where it was last
verified on another server (Redis was restarted, replaced or promoted, so its data may be stale), collects what callers know. On request
puts it back into service, or under a higher epoch. Changes a few bytes of what is there.

KEYS
  1 coupon:{id}:meta
  2 coupon:{id}:winners
  3 coupon:{id}:issuable_coupon_queue
  4 coupon:{id}:claims
  5 coupon:{id}:claimed
ARGV
  1 server       run id of this Redis as the caller knows it, '': not asked
  2 epoch        '' to read; else the epoch whose content was found consistent, to put it back into service
  3 seenIssueNo  the highest number that was answered to the caller
  4 raiseTo      with an epoch: the epoch it serves under from now on
  5 foundOn      with an epoch: the server on which it was found consistent; on another one nothing is written
Reply
  {'absent', epoch 0}   never warmed, lost, being recovered, or another coupon's meta has taken the name
  {'serving' | 'unverified' | 'damaged', epoch, nowMs, sinceMs, version, seq, seen, server}
      damaged  a key was lost, or was put in by a release without markers; nothing was written
      sinceMs  when the first caller inspected on this server;  seen  the highest number answered to any caller
--]]
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'server', 'version', 'seq', 'attesting', 'attestSince', 'seen', 'marker')
if not meta[1] then return { 'absent', 0 } end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local epoch, version, seq = tonumber(meta[1]), tonumber(meta[3]), tonumber(meta[4])
local marker = meta[8]
local id = string.match(KEYS[1], '{(%d+)}')
if marker and string.sub(marker, 1, #id + 1) ~= id .. '.' then return { 'absent', 0 } end
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
