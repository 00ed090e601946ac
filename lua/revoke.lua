#!lua flags=allow-oom
--[[
Takes a live issuance back: its unit returns to stock, its number is never used again, the version is bumped by one. A queued
issuance leaves the queue; a claimed one stays with its claim, and the ledger keeps its row out. May run under maxmemory: it frees.

KEYS
  1 coupon:id:{bucket}:meta
  2 coupon:id:{bucket}:winners
  3 coupon:id:{bucket}:issuable_coupon_queue
ARGV
  1 server       run id of this Redis as the caller knows it, '': not asked
  2 issueNo
  3 memberId
Reply
  {'not_ready'}  never warmed, out of service, or a key was lost
  {'revoked' | 'absent', …} and then what snapshot.lua has after 'ready':
  nowMs, version, epoch, quantity, opensAt, closesAt, paused, closed, issued, lastIssueNo
--]]
local meta = redis.call('HMGET', KEYS[1], 'version', 'epoch', 'quantity', 'opensAt', 'closesAt', 'paused', 'closed', 'seq', 'server', 'marker')
if not meta[2] or not meta[10] or (ARGV[1] ~= '' and meta[9] ~= ARGV[1]) then return { 'not_ready' } end
local clock = redis.call('TIME')
local version = tonumber(meta[1])
local status = 'absent'

local held = redis.call('HMGET', KEYS[2], '', ARGV[3])
if held[1] ~= '#w.' .. meta[10] or not redis.call('ZSCORE', KEYS[3], '#q.' .. meta[10]) then return { 'not_ready' } end
local value = held[2]
local issue_no, issued_at = string.match(value or '', '^(%d+):(%d+)$')
if issue_no == ARGV[2] then
  status = 'revoked'
  version = version + 1
  redis.call('HDEL', KEYS[2], ARGV[3])
  redis.call('ZREM', KEYS[3], ARGV[3] .. ':' .. issued_at)
  redis.call('HSET', KEYS[1], 'version', version)
  redis.call('HINCRBY', KEYS[1], 'revoked', 1)
end
return {
  status, clock[1] * 1000 + math.floor(clock[2] / 1000), version, tonumber(meta[2]), tonumber(meta[3]),
  meta[4], meta[5], meta[6], meta[7], redis.call('HLEN', KEYS[2]) - 1, tonumber(meta[8]),
}
