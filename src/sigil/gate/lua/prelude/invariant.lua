-- `invariant(name, {cases, for_all, check, shrink})`: a claim about every case that can be drawn.
--
-- A case that breaks it is made simpler by making its list of draws shorter and its numbers
-- smaller, as long as it still breaks it. So every generator shrinks, also one that a scenario
-- writes itself.
-- Source: MacIver and Donaldson 2020, "Test-Case Reduction via Test-Case Generation".

local inside = ...
local attempt, throw, need = inside.attempt, inside.throw, inside.need
local type, error, math_type, min = type, error, math.type, math.min
local format, ipairs = string.format, ipairs

local CASES <const> = 100
local MOST_CASES <const> = 100000
local TRIES <const> = 500 -- of simpler cases

local FIELDS = { cases = true, for_all = true, check = true, shrink = true }

local function refuse(problem) throw("scenario", "invariant: " .. problem) end

local function count_of(value, name, least, most)
  if math_type(value) ~= "integer" or value < least or value > most then
    refuse(format("%s is a whole number from %d to %d", name, least, most))
  end
  return value
end

local function read(name, claim)
  if type(name) ~= "string" or name == "" then refuse("the first argument is its name") end
  if type(claim) ~= "table" then refuse("the second argument is a table with check") end
  for _, field in ipairs(inside.keys_in_order(claim)) do
    if not FIELDS[field] then refuse("there is no field " .. inside.sealed.tostring(field)) end
  end
  if type(claim.check) ~= "function" then refuse("check is a function of a case") end
  if claim.for_all ~= nil and type(claim.for_all) ~= "function" then
    refuse("for_all was evaluated once already; write its table inside of the call, or a function")
  end
  local tries = claim.shrink
  if tries == nil or tries == true then tries = TRIES elseif tries == false then tries = 0 end
  return count_of(claim.cases or CASES, "cases", 1, MOST_CASES), count_of(tries, "shrink", 0, MOST_CASES)
end

-- Draws a case and checks it: nil if it holds, else {record, case, draws}.
local function broken(claim, stream)
  inside.current = stream
  local case = {}
  local ok, raised, record = attempt(function()
    if claim.for_all then
      case = claim.for_all()
      if type(case) ~= "table" then refuse("for_all gives a table with a value for each name") end
    end
    if claim.check(case) == false then throw("fail", "check returned false") end
  end)
  if ok then return nil end
  if record.kind ~= "fail" then error(raised, 0) end
  return { record = record, case = case, draws = stream.draws, count = stream.count }
end

local function simpler(a, b)
  if a.count ~= b.count then return a.count < b.count end
  for i = 1, a.count do
    if a.draws[i] ~= b.draws[i] then return a.draws[i] < b.draws[i] end
  end
  return false
end

local function without(draws, count, first, length)
  local left = {}
  for i = 1, count do
    if i < first or i >= first + length then left[#left + 1] = draws[i] end
  end
  return left
end

local function replaced(draws, count, at, number)
  local changed = {}
  for i = 1, count do changed[i] = draws[i] end
  changed[at] = number
  return changed
end

-- A search that keeps the simplest case that still breaks the claim.
local function search(claim, found, tries)
  local best = found
  local function try(draws)
    if tries <= 0 then return false end
    tries = tries - 1
    local other = broken(claim, inside.repeated(draws))
    if other and simpler(other, best) then
      best = other
      return true
    end
    return false
  end
  return try, function() return best, tries end
end

local function delete_runs(try, now)
  for length = 8, 1, -1 do
    local at = now().count - length + 1
    while at >= 1 do
      local best = now()
      if not try(without(best.draws, best.count, at, length)) then at = at - 1
      else at = min(at, now().count - length + 1) end
    end
  end
end

local function lower_each(try, now)
  local at = 1
  while at <= now().count do
    if now().draws[at] > 0 and not try(replaced(now().draws, now().count, at, 0)) then
      local low, high = 0, now().draws[at] -- low holds, high breaks
      while high - low > 1 do
        local best, tries = now()
        if tries <= 0 or best.count < at then break end
        local middle = low + (high - low) // 2
        if try(replaced(best.draws, best.count, at, middle)) then high = now().draws[at] or middle
        else low = middle end
      end
    end
    at = at + 1
  end
end

local function shrunk(claim, found, tries)
  local try, now = search(claim, found, tries)
  repeat
    local before = now()
    delete_runs(try, now)
    lower_each(try, now)
    local after, left = now()
  until after == before or left <= 0
  return (now())
end

local function hold(name, claim, cases, tries)
  for index = 1, cases do
    local found = broken(claim, inside.stream(name, index))
    if found then return index, tries > 0 and shrunk(claim, found, tries) or found end
  end
end

function inside.invariant(...)
  local site, name, claim = inside.marked(...)
  need("property", "invariant")
  local cases, tries = read(name, claim)
  local stream, step = inside.current, inside.step
  inside.properties = inside.properties + 1
  local ok, index, found = attempt(hold, name, claim, cases, tries)
  inside.properties = inside.properties - 1
  inside.current, inside.step = stream, step
  if not ok then error(index, 0) end
  inside.claim(index == nil, site, "", index and {
    frame = found.record.frame, site = found.record.site, line = found.record.line, case = found.case,
    unevaluated = found.record.unevaluated, claim = name, number = index, of = cases,
    inner = found.record.inner or found.record.message,
  })
end
