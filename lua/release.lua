#!lua flags=allow-oom
--[[
Returns a claim: its issuances go back to the queue under their numbers. One that was revoked meanwhile does not, since a
revoked issuance is not queued; its member may even have a new one waiting there. Nothing of a coupon that is out of service: its
winners may be missing, and an issuance that none of them holds would be taken for a revoked one. May run under maxmemory, as claim may.

KEYS
  1 coupon:{id}:winners
  2 coupon:{id}:issuable_coupon_queue
  3 coupon:{id}:claims
  4 coupon:{id}:claimed
  5 coupon:{id}:meta
ARGV
  1 token
Reply
  1              done
  0              the token is stale: acked, released or taken over before; or the coupon is out of service or has lost a key, and
                 nothing was written: its lease will end
--]]
local meta = redis.call('HMGET', KEYS[5], 'epoch', 'marker')
local marker = meta[2]
if not meta[1] or not marker or redis.call('HGET', KEYS[1], '') ~= '#w.' .. marker
  or not redis.call('ZSCORE', KEYS[2], '#q.' .. marker) or not redis.call('ZSCORE', KEYS[3], '#c.' .. marker) then
  return 0
end
local found = redis.call('HMGET', KEYS[4], '', ARGV[1])
local packed = found[2]
if ARGV[1] == '' or not packed or found[1] ~= '#d.' .. marker then return 0 end
local members, values, queue = {}, {}, {}
for issue_no, member, issued_at in string.gmatch(packed, '(%d+):([^:,]+):(%d+)') do
  members[#members + 1] = member
  values[#values + 1] = issue_no .. ':' .. issued_at
end
local held = redis.call('HMGET', KEYS[1], unpack(members))
for i = 1, #members do
  if held[i] == values[i] then
    local issue_no, issued_at = string.match(values[i], '^(%d+):(%d+)$')
    queue[#queue + 1] = issue_no
    queue[#queue + 1] = members[i] .. ':' .. issued_at
  end
end
if queue[1] then redis.call('ZADD', KEYS[2], unpack(queue)) end
redis.call('ZREM', KEYS[3], ARGV[1] .. ':' .. #members)
redis.call('HDEL', KEYS[4], ARGV[1])
return 1
