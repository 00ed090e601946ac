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
  2 numbers      of the issuances, ascending: '7-9,12-12' is 7, 8, 9 and 12
  3… holder      of each number, up to 2,000
Reply
  {'not_ready'}  never warmed, out of service, or a key was lost
  {'revoked', …} then what snapshot.lua has after 'ready', and last how many were taken back:
  nowMs, version, epoch, quantity, opensAt, closesAt, paused, closed, issued, lastIssueNo, count
--]]
local meta = redis.call('HMGET', KEYS[1], 'version', 'epoch', 'quantity', 'opensAt', 'closesAt', 'paused', 'closed', 'seq', 'server', 'marker')
if not meta[2] or not meta[10] or (ARGV[1] ~= '' and meta[9] ~= ARGV[1]) then return { 'not_ready' } end
local clock = redis.call('TIME')
local version = tonumber(meta[1])

-- In place of the numbers the holders follow the empty name, under which the winners keep their marker.
local numbers = ARGV[2]
ARGV[2] = ''
local held = redis.call('HMGET', KEYS[2], unpack(ARGV, 2))
if held[1] ~= '#w.' .. meta[10] or not redis.call('ZSCORE', KEYS[3], '#q.' .. meta[10]) then return { 'not_ready' } end

local match, tonumber = string.match, tonumber
local ended, queued, place = {}, {}, 1
-- What is held under its number has its row mostly, and so the queue has its marker alone.
local is_queued = redis.call('ZCARD', KEYS[3]) > 1
for first, last in string.gmatch(numbers, '(%d+)-(%d+)') do
  for number = tonumber(first), tonumber(last) do
    place = place + 1
    local value = held[place]
    if value and tonumber(match(value, '^(%d+):')) == number then
      local holder = ARGV[place + 1]
      ended[#ended + 1] = holder
      if is_queued then queued[#queued + 1] = holder .. match(value, ':.*') end
    end
  end
end
local count = 0
if #ended > 0 then
  -- One that is named twice is deleted once.
  count = redis.call('HDEL', KEYS[2], unpack(ended))
  version = version + 1
  if is_queued then redis.call('ZREM', KEYS[3], unpack(queued)) end
  redis.call('HSET', KEYS[1], 'version', version)
  redis.call('HINCRBY', KEYS[1], 'revoked', count)
end
return {
  'revoked', clock[1] * 1000 + math.floor(clock[2] / 1000), version, tonumber(meta[2]), tonumber(meta[3]),
  meta[4], meta[5], meta[6], meta[7], redis.call('HLEN', KEYS[2]) - 1, tonumber(meta[8]), count,
}
