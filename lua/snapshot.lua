#!lua flags=no-writes
--[[
A coupon at one instant.

KEYS
  1 coupon:{id}:meta
  2 coupon:{id}:winners
ARGV
  1 server       run id of this Redis as the caller knows it, '': not asked
Reply
  {'not_ready'}  never warmed, out of service, or last verified on another server
  {'ready', nowMs, version, epoch, quantity, opensAt, closesAt, paused, closed, issued, lastIssueNo}
      opensAt, closesAt  milliseconds as text, '' where there is no bound;  paused, closed  '0' | '1';  the rest integers
--]]
local meta = redis.call('HMGET', KEYS[1], 'version', 'epoch', 'quantity', 'opensAt', 'closesAt', 'paused', 'closed', 'seq', 'server')
if not meta[2] or (ARGV[1] ~= '' and meta[9] ~= ARGV[1]) then return { 'not_ready' } end
local clock = redis.call('TIME')
return {
  'ready', clock[1] * 1000 + math.floor(clock[2] / 1000), tonumber(meta[1]), tonumber(meta[2]), tonumber(meta[3]),
  meta[4], meta[5], meta[6], meta[7], redis.call('HLEN', KEYS[2]) - 1, tonumber(meta[8]),
}
