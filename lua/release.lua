#!lua flags=allow-oom
--[[
Returns claims, one of each coupon: its issuances go back to the queue under their numbers. One that was revoked meanwhile does not, since a
revoked issuance is not queued; its member may even have a new one waiting there. Nothing of a coupon that is out of service: its
winners may be missing, and an issuance that none of them holds would be taken for a revoked one. May run under maxmemory, as claim may.

KEYS, for each coupon
  1 coupon:id:{bucket}:winners
  2 coupon:id:{bucket}:issuable_coupon_queue
  3 coupon:id:{bucket}:claims
  4 coupon:id:{bucket}:claimed
  5 coupon:id:{bucket}:meta
ARGV
  1… token       for each coupon, in the order of KEYS
Reply
  {element, …}, an element for each coupon
      1              done
      0              the token is stale: acked, released or taken over before; or the coupon is out of service or has lost a key, and
                     nothing was written: its lease will end
      {'error', message}
--]]
local call = redis.call

local function release(key, token)
  local winners, queued, claims, claimed = KEYS[key], KEYS[key + 1], KEYS[key + 2], KEYS[key + 3]
  local meta = call('HMGET', KEYS[key + 4], 'epoch', 'marker')
  local marker = meta[2]
  if not meta[1] or not marker or call('HGET', winners, '') ~= '#w.' .. marker
    or not call('ZSCORE', queued, '#q.' .. marker) or not call('ZSCORE', claims, '#c.' .. marker) then
    return 0
  end
  local found = call('HMGET', claimed, '', token)
  local packed = found[2]
  if token == '' or not packed or found[1] ~= '#d.' .. marker then return 0 end
  local members, values, queue = {}, {}, {}
  for issue_no, member, issued_at in string.gmatch(packed, '(%d+):([^:,]+):(%d+)') do
    members[#members + 1] = member
    values[#values + 1] = issue_no .. ':' .. issued_at
  end
  local held = call('HMGET', winners, unpack(members))
  for i = 1, #members do
    if held[i] == values[i] then
      local issue_no, issued_at = string.match(values[i], '^(%d+):(%d+)$')
      queue[#queue + 1] = issue_no
      queue[#queue + 1] = members[i] .. ':' .. issued_at
    end
  end
  if queue[1] then call('ZADD', queued, unpack(queue)) end
  call('ZREM', claims, token .. ':' .. #members)
  call('HDEL', claimed, token)
  return 1
end

local elements = {}
for i = 1, #ARGV do
  local fine, element = pcall(release, 5 * i - 4, ARGV[i])
  elements[i] = fine and element or { 'error', type(element) == 'table' and element.err or tostring(element) }
end
return elements
