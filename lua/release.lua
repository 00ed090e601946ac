#!lua flags=allow-oom
--[[
Gives a claim back: its issuances return to the queue under their numbers. One that was revoked meanwhile does not, since a
revoked issuance is not queued; its member may even have a new one waiting there. May run under maxmemory, as claim may.

KEYS
  1 coupon:{id}:winners
  2 coupon:{id}:issuable_coupon_queue
  3 coupon:{id}:claims
  4 coupon:{id}:claimed
ARGV
  1 token
Reply
  1              done
  0              the token is stale: acked, released or taken over before
--]]
local packed = ARGV[1] ~= '' and redis.call('HGET', KEYS[4], ARGV[1])
if not packed then return 0 end
local members, values, queue = {}, {}, {}
for issue_no, member, issued_at in string.gmatch(packed, '(%d+):([^:,]+):(%d+)') do
  members[#members + 1] = member
  values[#values + 1] = issue_no .. ':' .. issued_at
end
local held = redis.call('HMGET', KEYS[1], unpack(members))
-- Where the winners themselves are gone, nobody was revoked: then everything goes back.
local all = redis.call('HEXISTS', KEYS[1], '') == 0
for i = 1, #members do
  if all or held[i] == values[i] then
    local issue_no, issued_at = string.match(values[i], '^(%d+):(%d+)$')
    queue[#queue + 1] = issue_no
    queue[#queue + 1] = members[i] .. ':' .. issued_at
  end
end
if queue[1] then redis.call('ZADD', KEYS[2], unpack(queue)) end
redis.call('ZREM', KEYS[3], ARGV[1] .. ':' .. #members)
redis.call('HDEL', KEYS[4], ARGV[1])
return 1
