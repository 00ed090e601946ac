#!lua flags=no-writes
--[[
Reads one or more coupons at one instant. A broken key spoils the element of its own coupon only.

KEYS, for each coupon
  1 coupon:id:{bucket}:meta
  2 coupon:id:{bucket}:winners
  3 coupon:id:{bucket}:issuable_coupon_queue
  4 coupon:id:{bucket}:claims
  5 coupon:id:{bucket}:claimed
ARGV
  1 server       run id of this Redis as the caller knows it, '': not asked
Reply
  {element, …}, an element for each coupon
      {'not_ready'}  never warmed, out of service, last verified on another server, or a key was lost
      {'ready', nowMs, version, epoch, quantity, opensAt, closesAt, paused, closed, issued, lastIssueNo}
          opensAt, closesAt  milliseconds as text, '' where there is no bound;  paused, closed  '0' | '1';  the rest integers
      {'error', message}
--]]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function read(key)
  local meta = redis.call('HMGET', KEYS[key], 'version', 'epoch', 'quantity', 'opensAt', 'closesAt', 'paused', 'closed', 'seq', 'server', 'marker')
  local marker = meta[10]
  if not meta[2] or not marker or (ARGV[1] ~= '' and meta[9] ~= ARGV[1]) then return { 'not_ready' } end
  if redis.call('HGET', KEYS[key + 1], '') ~= '#w.' .. marker or not redis.call('ZSCORE', KEYS[key + 2], '#q.' .. marker)
    or not redis.call('ZSCORE', KEYS[key + 3], '#c.' .. marker) or redis.call('HGET', KEYS[key + 4], '') ~= '#d.' .. marker then
    return { 'not_ready' }
  end
  return {
    'ready', now, tonumber(meta[1]), tonumber(meta[2]), tonumber(meta[3]),
    meta[4], meta[5], meta[6], meta[7], redis.call('HLEN', KEYS[key + 1]) - 1, tonumber(meta[8]),
  }
end

local elements = {}
for key = 1, #KEYS, 5 do
  local fine, element = pcall(read, key)
  if not fine then element = { 'error', type(element) == 'table' and element.err or tostring(element) } end
  elements[#elements + 1] = element
end
return elements
