#!lua flags=allow-oom
--[[
Changes terms of a coupon and bumps its version by one, unless nothing changes. May run under maxmemory: it rewrites a few
short fields, and an operator must be able to pause or close a coupon then.

KEYS
  1 coupon:id:{bucket}:meta
  2 coupon:id:{bucket}:winners
ARGV, each '' where the term stays
  1 server       run id of this Redis as the caller knows it, '': not asked
  2 quantity
  3 opensAt      milliseconds, 'none': no bound
  4 closesAt     milliseconds, 'none': no bound
  5 paused       '0' | '1'
  6 closed       '1'
  7 changeNo     '0': carried out whatever came before; else each number is decided once
  8 epoch        in which the caller saw the coupon serve, '': not asked
Reply
  {'not_ready'}  never warmed, out of service, of another epoch, or a key was lost
  {'amended' | 'superseded' | 'closed' | 'window_invalid' | 'quantity_below_issued', …} and then what snapshot.lua has after 'ready':
  nowMs, version, epoch, quantity, opensAt, closesAt, paused, closed, issued, lastIssueNo
      superseded  a change with a higher number was decided; a repeat of the last number gets its first answer
--]]
local meta = redis.call('HMGET', KEYS[1], 'version', 'epoch', 'quantity', 'opensAt', 'closesAt', 'paused', 'closed', 'seq', 'server',
  'changeNo', 'changeRefused', 'marker')
if not meta[2] or not meta[12] or (ARGV[1] ~= '' and meta[9] ~= ARGV[1]) then return { 'not_ready' } end
-- A command that comes late, or a second time, must not be carried out on a coupon that was rebuilt since.
if ARGV[8] ~= '' and meta[2] ~= ARGV[8] then return { 'not_ready' } end
if redis.call('HGET', KEYS[2], '') ~= '#w.' .. meta[12] then return { 'not_ready' } end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local issued = redis.call('HLEN', KEYS[2]) - 1

local version = tonumber(meta[1])
local quantity, opens, closes, paused, closed = meta[3], meta[4], meta[5], meta[6], meta[7]
local function snapshot(status)
  return {
    status, now, version, tonumber(meta[2]), tonumber(quantity), opens, closes, paused, closed, issued, tonumber(meta[8]),
  }
end

local change, decided = tonumber(ARGV[7]), tonumber(meta[10] or 0)
if change > 0 and change < decided then return snapshot('superseded') end
if change > 0 and change == decided then return snapshot(meta[11] == '' and 'amended' or meta[11]) end
local function refuse(reason)
  if change > 0 then redis.call('HSET', KEYS[1], 'changeNo', ARGV[7], 'changeRefused', reason) end
  return snapshot(reason)
end

local names_terms = ARGV[2] ~= '' or ARGV[3] ~= '' or ARGV[4] ~= '' or ARGV[5] ~= ''
if closed == '1' and names_terms then return refuse('closed') end

local function bound(asked, present)
  if asked == '' then return present end
  return asked == 'none' and '' or asked
end
local new_opens, new_closes = bound(ARGV[3], opens), bound(ARGV[4], closes)
local names_bound = ARGV[3] ~= '' or ARGV[4] ~= ''
if names_bound and new_opens ~= '' and new_closes ~= '' and tonumber(new_closes) < tonumber(new_opens) then
  return refuse('window_invalid')
end
if ARGV[2] ~= '' and tonumber(ARGV[2]) < issued then return refuse('quantity_below_issued') end

local new_quantity = ARGV[2] ~= '' and ARGV[2] or quantity
local new_closed = ARGV[6] ~= '' and ARGV[6] or closed
local new_paused = ARGV[5] ~= '' and ARGV[5] or paused
-- A coupon warmed closed and paused keeps both; closing ends a pause only as a change.
if new_closed == '1' and closed ~= '1' then new_paused = '0' end

if change > 0 then redis.call('HSET', KEYS[1], 'changeNo', ARGV[7], 'changeRefused', '') end
local same = new_quantity == quantity and new_opens == opens and new_closes == closes
if same and new_paused == paused and new_closed == closed then return snapshot('amended') end
version = version + 1
quantity, opens, closes, paused, closed = new_quantity, new_opens, new_closes, new_paused, new_closed
redis.call('HSET', KEYS[1],
  'version', version, 'quantity', quantity, 'opensAt', opens, 'closesAt', closes, 'paused', paused, 'closed', closed)
return snapshot('amended')
