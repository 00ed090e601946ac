#!lua flags=allow-oom
--[[
Ends claims whose issuances are recorded, one of each coupon. May run under maxmemory: it frees.

KEYS, for each coupon
  1 coupon:id:{bucket}:claims
  2 coupon:id:{bucket}:claimed
ARGV
  1… token       for each coupon, in the order of KEYS
Reply
  {element, …}, an element for each coupon
      1              done
      0              the token is stale: acked, released or taken over before; or a key was lost, and nothing was written
      {'error', message}
--]]
local call = redis.call

local function ack(key, token)
  local found = call('HMGET', KEYS[key + 1], '', token)
  local marker, packed = found[1], found[2]
  if token == '' or not packed or not marker then return 0 end
  if not call('ZSCORE', KEYS[key], '#c' .. string.sub(marker, 3)) then return 0 end
  -- The claims name each claim with its size, so that counting them need not read them. Issuances are joined by commas.
  local _, commas = string.gsub(packed, ',', '')
  call('ZREM', KEYS[key], token .. ':' .. (commas + 1))
  call('HDEL', KEYS[key + 1], token)
  return 1
end

local elements = {}
for i = 1, #ARGV do
  local fine, element = pcall(ack, 2 * i - 1, ARGV[i])
  elements[i] = fine and element or { 'error', type(element) == 'table' and element.err or tostring(element) }
end
return elements
