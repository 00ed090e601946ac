#!lua flags=allow-oom
--[[
Takes many live issuances of one coupon back, as revoke.lua does with one: their units return to stock, their numbers are never
used again. All of them together bump the version once: each bump costs every process one more read of all winners. Those that are
not live change nothing, so the call is safe to repeat. May run under maxmemory: it frees.

KEYS
  1 coupon:id:{bucket}:meta
  2 coupon:id:{bucket}:winners
  3 coupon:id:{bucket}:issuable_coupon_queue
ARGV
  1 server       run id of this Redis as the caller knows it, '': not asked
  2… issueNo, memberId   2 each, up to 1,000 issuances
Reply
  {'not_ready'}  never warmed, out of service, or a key was lost
  {'revoked', …} then what snapshot.lua has after 'ready', and last how many were taken back:
  nowMs, version, epoch, quantity, opensAt, closesAt, paused, closed, issued, lastIssueNo, count
--]]
local meta = redis.call('HMGET', KEYS[1], 'version', 'epoch', 'quantity', 'opensAt', 'closesAt', 'paused', 'closed', 'seq', 'server', 'marker')
if not meta[2] or not meta[10] or (ARGV[1] ~= '' and meta[9] ~= ARGV[1]) then return { 'not_ready' } end
local clock = redis.call('TIME')
local version = tonumber(meta[1])

local members = { '' }
for at = 3, #ARGV, 2 do members[#members + 1] = ARGV[at] end
local held = redis.call('HMGET', KEYS[2], unpack(members))
if held[1] ~= '#w.' .. meta[10] or not redis.call('ZSCORE', KEYS[3], '#q.' .. meta[10]) then return { 'not_ready' } end

local ended, queued, seen = {}, {}, {}
for place = 2, #members do
  local issue_no, issued_at = string.match(held[place] or '', '^(%d+):(%d+)$')
  if issue_no == ARGV[place * 2 - 2] and not seen[members[place]] then
    seen[members[place]] = true
    ended[#ended + 1] = members[place]
    queued[#queued + 1] = members[place] .. ':' .. issued_at
  end
end
if #ended > 0 then
  version = version + 1
  redis.call('HDEL', KEYS[2], unpack(ended))
  redis.call('ZREM', KEYS[3], unpack(queued))
  redis.call('HSET', KEYS[1], 'version', version)
  redis.call('HINCRBY', KEYS[1], 'revoked', #ended)
end
return {
  'revoked', clock[1] * 1000 + math.floor(clock[2] / 1000), version, tonumber(meta[2]), tonumber(meta[3]),
  meta[4], meta[5], meta[6], meta[7], redis.call('HLEN', KEYS[2]) - 1, tonumber(meta[8]), #ended,
}
