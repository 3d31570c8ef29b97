/**
 * The rules of `hold-machine.ts` in Lua, as the one script that a Redis or Valkey ledger runs. It reads and decides first
 * and writes last, so that a fault on the way has changed nothing. Amounts are doubles inside, exact to 2^53, and digits
 * where they are stored: cjson would round them to 14 figures.
 *
 * KEYS: accounts, holds, expiries, endings, windows, slots, then the rollup hash of each quarter that is written or read.
 * ARGV: now in ms or -1 for the server's clock, operations as JSON, how long ended holds and rollup rows are kept in ms,
 * prefix of rollup hashes.
 */
export const REDIS_SCRIPT = `
local accounts_key, holds_key, expiries_key = KEYS[1], KEYS[2], KEYS[3]
local endings_key, windows_key, slots_key = KEYS[4], KEYS[5], KEYS[6]
local now = tonumber(ARGV[1])
local operations = cjson.decode(ARGV[2])
local keep_ended, keep_rows, rollup_prefix = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local MAX = 9007199254740991
if now < 0 then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function digits(number) return string.format('%.0f', number) end
local function add(a, b) return math.min(a + b, MAX) end

local accounts, changed_accounts = {}, {}
local function account(name)
  local known = accounts[name]
  if known == nil then
    local values = redis.call('HMGET', accounts_key, 'p' .. name, 'h' .. name, 'u' .. name)
    known = values[1] and { posted = tonumber(values[1]), held = tonumber(values[2]), unreconciled = tonumber(values[3]) }
    accounts[name] = known
  end
  return known or nil
end
local function save_account(name) changed_accounts[name] = true end

local holds, changed_holds, new_windows = {}, {}, {}
local function hold_of(id)
  local known = holds[id]
  if known == nil then
    local text = redis.call('HGET', holds_key, id)
    known = text and cjson.decode(text)
    if known then
      known.used, known.version, known.expires = tonumber(known.used), tonumber(known.version), tonumber(known.expires)
      for _, line in ipairs(known.lines) do line.limit, line.amount = tonumber(line.limit), tonumber(line.amount) end
    end
    holds[id] = known
  end
  return known or nil
end
local function save_hold(id, hold)
  holds[id] = hold
  changed_holds[id] = true
end

local function standing(line)
  local state = account(line.account)
  local posted, held = state and state.posted or 0, state and state.held or 0
  for _, other in ipairs(line.counting or {}) do
    local counted = account(other)
    if counted then posted, held = add(posted, counted.posted), add(held, counted.held) end
  end
  return posted, held
end
local function told(line, posted, held) return { account = line.account, posted = digits(posted), held = digits(held) } end

local function book(hold, sign)
  for _, line in ipairs(hold.lines) do
    local state = account(line.account)
    if state then
      local rest = math.max(0, line.amount - hold.used)
      local posted = hold.state == 'expired' and hold.used + rest or hold.used
      if sign == 1 then state.posted = add(state.posted, posted) else state.posted = math.max(0, state.posted - posted) end
      if hold.state == 'open' then state.held = state.held + sign * rest end
      if hold.state == 'expired' then state.unreconciled = state.unreconciled + sign * rest end
      save_account(line.account)
    end
  end
end
local function rebook(id, hold, change)
  book(hold, -1)
  change()
  book(hold, 1)
  save_hold(id, hold)
end
local function holdable(name, amount)
  local state = account(name)
  return math.min(amount, MAX - (state and state.held or 0))
end

local function reserve(op)
  local known = hold_of(op.id)
  if known then return { ok = known.ok, over = known.over } end
  local ok, over, lines = true, {}, {}
  for _, line in ipairs(op.lines) do
    local posted, held = standing(line)
    local asked = 0
    for _, other in ipairs(op.lines) do
      if other.account == line.account then asked = add(asked, other.amount) end
    end
    if asked > line.limit - posted - held then
      over[#over + 1] = told(line, posted, held)
      if line.enforce then ok = false end
    end
  end
  if ok then
    for _, line in ipairs(op.lines) do
      local state = account(line.account)
      if not state then
        state = { posted = 0, held = 0, unreconciled = 0 }
        accounts[line.account] = state
        if line.keepMs >= 0 then new_windows[line.account] = now + line.keepMs end
      end
      local amount = holdable(line.account, line.amount)
      state.held = state.held + amount
      save_account(line.account)
      lines[#lines + 1] = {
        account = line.account, limit = line.limit, amount = amount, enforce = line.enforce, counting = line.counting
      }
    end
  end
  save_hold(op.id, {
    ok = ok, over = over, lines = lines, state = ok and 'open' or 'refused', used = 0, version = 0, expires = now + op.ttlMs
  })
  return { ok = ok, over = over }
end

local function extended(hold, total, over)
  local ok, states = hold.state == 'open', {}
  for place, line in ipairs(hold.lines) do
    if line.amount < total and line.enforce then ok = false end
    states[place] = told(line, standing(line))
  end
  return { ok = ok, over = over, state = hold.state == 'open' and 'open' or 'ended', accounts = states }
end

local function report(hold, op)
  hold.used, hold.version = op.used, op.version
  for _, line in ipairs(hold.lines) do line.amount = math.max(line.amount, add(op.used, op.held)) end
end

local function extend(op)
  local hold, lease = hold_of(op.id), op.version > 0
  if not hold then return { ok = false, over = {}, state = 'unknown', accounts = {} } end
  if hold.state == 'ended' or hold.state == 'refused' then return { ok = false, over = {}, state = 'ended', accounts = {} } end
  if lease and op.version < hold.version then return extended(hold, op.total, {}) end
  local over, fits = {}, true
  if hold.state == 'open' then
    for _, line in ipairs(hold.lines) do
      if op.total > line.amount then
        local posted, held = standing(line)
        local growth = 0
        for _, other in ipairs(hold.lines) do
          if other.account == line.account then
            growth = add(growth, math.max(op.total, hold.used) - math.max(other.amount, hold.used))
          end
        end
        if growth > line.limit - posted - held then
          over[#over + 1] = told(line, posted, held)
          if line.enforce then fits = false end
        end
      end
    end
    rebook(op.id, hold, function()
      if fits then
        for _, line in ipairs(hold.lines) do
          if lease or op.total > line.amount then line.amount = holdable(line.account, op.total) end
        end
      end
      if lease then report(hold, op) end
      hold.expires = lease and now + op.ttlMs or math.max(hold.expires, now + op.ttlMs)
    end)
  elseif lease then
    rebook(op.id, hold, function() report(hold, op) end)
  end
  return extended(hold, op.total, over)
end

local function finish(id, used)
  local hold = hold_of(id)
  if not hold then
    save_hold(id, { ok = true, over = {}, lines = {}, state = 'ended', used = 0, version = 0, expires = 0 })
    return true
  end
  if hold.state == 'ended' then return false end
  rebook(id, hold, function()
    hold.state = 'ended'
    hold.used = used or hold.used
  end)
  return true
end

local rows, changed_rows = {}, {}
local function row_of(slot, name)
  local key = rollup_prefix .. slot
  rows[key] = rows[key] or {}
  if not rows[key][name] then
    local text = redis.call('HGET', key, name)
    local sums = {}
    for digit in string.gmatch(text or '0 0 0 0', '%d+') do sums[#sums + 1] = tonumber(digit) end
    rows[key][name] = sums
  end
  return rows[key][name]
end
local function roll_up(op)
  local slot = digits(op.slot)
  local sums = row_of(slot, op.row)
  for place, more in ipairs({ op.amount, 1, op.inputTokens, op.outputTokens }) do sums[place] = add(sums[place], more) end
  changed_rows[slot] = true
end

local run = {
  reserve = reserve,
  extend = extend,
  settle = function(op)
    if finish(op.id, op.amount) then roll_up(op) end
    return cjson.null
  end,
  release = function(op)
    finish(op.id, nil)
    return cjson.null
  end,
  read = function(op)
    local states = {}
    for place, name in ipairs(op.accounts) do
      local state = account(name) or { posted = 0, held = 0, unreconciled = 0 }
      states[place] = {
        account = name, posted = digits(state.posted), held = digits(state.held), unreconciled = digits(state.unreconciled)
      }
    end
    return states
  end,
  slots = function(op)
    return redis.call('ZRANGEBYSCORE', slots_key, digits(op.from), '(' .. digits(op.to))
  end,
  rows = function(op)
    local sums, order = {}, {}
    for _, slot in ipairs(op.slots) do
      local stored = redis.call('HGETALL', rollup_prefix .. slot)
      for place = 1, #stored, 2 do
        local name = stored[place]
        if not sums[name] then
          sums[name] = { 0, 0, 0, 0 }
          order[#order + 1] = name
        end
        local column = 0
        for digit in string.gmatch(stored[place + 1], '%d+') do
          column = column + 1
          sums[name][column] = add(sums[name][column], tonumber(digit))
        end
      end
    end
    for place, name in ipairs(order) do
      local each = sums[name]
      order[place] = { name, digits(each[1]), digits(each[2]), digits(each[3]), digits(each[4]) }
    end
    return order
  end
}

-- What fell due, some of it at a time. Expiry moves money from held to posted, so no decision waits for it.
for _, id in ipairs(redis.call('ZRANGEBYSCORE', expiries_key, '-inf', digits(now), 'LIMIT', 0, 16)) do
  local hold = hold_of(id)
  if hold and hold.state == 'open' then rebook(id, hold, function() hold.state = 'expired' end) end
end
local answers = {}
for place, op in ipairs(operations) do answers[place] = run[op.op](op) end
local forgotten = redis.call('ZRANGEBYSCORE', endings_key, '-inf', digits(now - keep_ended), 'LIMIT', 0, 16)
local windows = redis.call('ZRANGEBYSCORE', windows_key, '-inf', digits(now), 'LIMIT', 0, 16)

for name in pairs(changed_accounts) do
  local state = accounts[name]
  redis.call('HSET', accounts_key, 'p' .. name, digits(state.posted), 'h' .. name, digits(state.held),
    'u' .. name, digits(state.unreconciled))
end
for name, forget_at in pairs(new_windows) do redis.call('ZADD', windows_key, digits(forget_at), name) end
for id in pairs(changed_holds) do
  local hold = holds[id]
  if hold.state == 'open' then
    redis.call('ZADD', expiries_key, digits(hold.expires), id)
  else
    redis.call('ZREM', expiries_key, id)
    redis.call('ZADD', endings_key, digits(now), id)
  end
  for _, line in ipairs(hold.lines) do line.limit, line.amount = digits(line.limit), digits(line.amount) end
  hold.used, hold.version, hold.expires = digits(hold.used), digits(hold.version), digits(hold.expires)
  redis.call('HSET', holds_key, id, cjson.encode(hold))
end
for slot in pairs(changed_rows) do
  local key = rollup_prefix .. slot
  for name, sums in pairs(rows[key]) do
    redis.call('HSET', key, name, digits(sums[1]) .. ' ' .. digits(sums[2]) .. ' ' .. digits(sums[3]) .. ' ' .. digits(sums[4]))
  end
  redis.call('PEXPIREAT', key, digits(math.max(now, tonumber(slot)) + keep_rows))
  redis.call('ZADD', slots_key, slot, slot)
end
for _, id in ipairs(forgotten) do
  if not changed_holds[id] then
    redis.call('HDEL', holds_key, id)
    redis.call('ZREM', endings_key, id)
  end
end
for _, name in ipairs(windows) do
  local state = account(name)
  if not state or state.held == 0 then
    redis.call('HDEL', accounts_key, 'p' .. name, 'h' .. name, 'u' .. name)
    redis.call('ZREM', windows_key, name)
  else
    redis.call('ZADD', windows_key, digits(now + keep_ended), name)
  end
end
if next(changed_rows) then redis.call('ZREMRANGEBYSCORE', slots_key, '-inf', '(' .. digits(now - keep_rows)) end
return cjson.encode(answers)
`;
