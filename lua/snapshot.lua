#!lua flags=no-writes
--[[
A coupon at one instant.

KEYS
  1 coupon:{id}:meta
  2 coupon:{id}:winners
  3 coupon:{id}:issuable_coupon_queue
  4 coupon:{id}:claims
  5 coupon:{id}:claimed
ARGV
  1 server       run id of this Redis as the caller knows it, '': not asked
Reply
  {'not_ready'}  never warmed, out of service, last verified on another server, or a key was lost
  {'ready', nowMs, version, epoch, quantity, opensAt, closesAt, paused, closed, issued, lastIssueNo}
      opensAt, closesAt  milliseconds as text, '' where there is no bound;  paused, closed  '0' | '1';  the rest integers
--]]
local meta = redis.call('HMGET', KEYS[1], 'version', 'epoch', 'quantity', 'opensAt', 'closesAt', 'paused', 'closed', 'seq', 'server', 'marker')
local marker = meta[10]
if not meta[2] or not marker or (ARGV[1] ~= '' and meta[9] ~= ARGV[1]) then return { 'not_ready' } end
if redis.call('HGET', KEYS[2], '') ~= '#w.' .. marker or not redis.call('ZSCORE', KEYS[3], '#q.' .. marker)
  or not redis.call('ZSCORE', KEYS[4], '#c.' .. marker) or redis.call('HGET', KEYS[5], '') ~= '#d.' .. marker then
  return { 'not_ready' }
end
local clock = redis.call('TIME')
return {
  'ready', clock[1] * 1000 + math.floor(clock[2] / 1000), tonumber(meta[1]), tonumber(meta[2]), tonumber(meta[3]),
  meta[4], meta[5], meta[6], meta[7], redis.call('HLEN', KEYS[2]) - 1, tonumber(meta[8]),
}
