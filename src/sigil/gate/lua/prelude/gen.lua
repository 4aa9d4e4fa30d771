-- `sigil.gen`: values by chance. Each call gives a value; inside of `for_all` it gives another one
-- for every case, because the rewriting makes a function of that table.

local inside = ...
local draw, integer, fraction, throw = inside.draw, inside.integer, inside.fraction, inside.throw
local type, format, sub, concat = type, string.format, string.sub, table.concat
local match, tonumber, select, math_type = string.match, tonumber, select, math.type

local ALPHABET <const> = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
local MOST_ITEMS <const> = 10000
local EDGE_ONE_IN <const> = 10
local HUGE <const> = math.huge
local EDGE_RANGE <const> = 100 -- a smaller range meets its ends often enough

local gen = {}

local function refuse(name, problem) throw("scenario", "sigil.gen." .. name .. " " .. problem) end

local function bounds(name, options, low, high)
  if options == nil then return low, high end
  if math_type(options) == "integer" then low, high = options, options
  elseif type(options) == "table" then low, high = options.min or low, options.max or high
  else refuse(name, "takes a number or a table with min and max") end
  if math_type(low) ~= "integer" or math_type(high) ~= "integer" or low < 0 or high < low or high > MOST_ITEMS then
    refuse(name, "needs 0 <= min <= max <= 10000")
  end
  return low, high
end

-- Makes low to high things, each number as likely as another. Each one beyond the least has a draw
-- of its own that asks for it, so that leaving out both draws leaves out that thing alone.
local function many(low, high, make)
  local count = 0
  while count < high and (count < low or draw(high - count) > 0) do
    count = count + 1
    make(count)
  end
end

local function text(name, alphabet, low, high)
  if type(alphabet) ~= "string" or alphabet == "" then refuse(name, "needs an alphabet") end
  local letters = {}
  many(low, high, function(i)
    local at = draw(#alphabet - 1) + 1
    letters[i] = sub(alphabet, at, at)
  end)
  return concat(letters)
end

function gen.int(low, high)
  if low == nil and high == nil then low, high = 0, 2147483647 end
  if math_type(low) ~= "integer" or math_type(high) ~= "integer" then
    refuse("int", "needs two whole numbers")
  end
  if high - low > EDGE_RANGE and draw(EDGE_ONE_IN - 1) == EDGE_ONE_IN - 1 then
    return draw(1) == 0 and low or high
  end
  return integer(low, high)
end

function gen.float(low, high)
  low, high = low or 0.0, high or 1.0
  if type(low) ~= "number" or type(high) ~= "number" or not (low <= high) or high - low == HUGE then
    refuse("float", "needs two numbers, the lower first")
  end
  return low + (high - low) * fraction()
end

function gen.bool() return draw(1) == 1 end

function gen.const(...) return ... end

function gen.choice(list)
  if type(list) ~= "table" or #list == 0 then refuse("choice", "needs a list that is not empty") end
  return list[draw(#list - 1) + 1]
end

function gen.string(options)
  local low, high = bounds("string", options, 0, 16)
  local alphabet = type(options) == "table" and options.alphabet or ALPHABET
  return text("string", alphabet, low, high)
end

function gen.email()
  return text("email", "abcdefghijklmnopqrstuvwxyz0123456789", 12, 12) .. "@example.com"
end

function gen.uuid()
  return format(
    "%08x-%04x-4%03x-%x%03x-%012x",
    draw(0xffffffff), draw(0xffff), draw(0xfff), 8 + draw(3), draw(0xfff), draw(0xffffffffffff)
  )
end

-- Days since 1970-01-01 and back, in the proleptic Gregorian calendar.
-- Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013.
local function days_of(year, month, day)
  if month <= 2 then year = year - 1 end
  local era = year // 400
  local of_era = year - era * 400
  local of_year = (153 * (month + (month > 2 and -3 or 9)) + 2) // 5 + day - 1
  return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
end

local function date_of(days)
  days = days + 719468
  local era = days // 146097
  local of_era = days - era * 146097
  local year_of_era = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
  local of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
  local shifted = (5 * of_year + 2) // 153
  local month = shifted + (shifted < 10 and 3 or -9)
  local year = year_of_era + era * 400 + (month <= 2 and 1 or 0)
  return format("%04d-%02d-%02d", year, month, of_year - (153 * shifted + 2) // 5 + 1)
end

local function parsed(date)
  local year, month, day = match(date, "^(%d%d%d%d)-(%d%d)-(%d%d)$")
  local days = year and days_of(tonumber(year), tonumber(month), tonumber(day))
  if not days or date_of(days) ~= date then refuse("date", "needs dates such as 2026-01-31") end
  return days
end

function gen.date(from, to)
  from, to = from or "2000-01-01", to or "2030-12-31"
  if type(from) ~= "string" or type(to) ~= "string" then
    refuse("date", "needs dates such as 2026-01-31")
  end
  local first, last = parsed(from), parsed(to)
  if first > last then refuse("date", "needs the earlier date first") end
  return date_of(first + draw(last - first))
end

-- Made of others: each is a function that gives a value, or a call of sigil.gen in place.

local function made(name, of)
  if type(of) ~= "function" then
    refuse(name, "needs a call of sigil.gen written in place, or a function")
  end
  return of()
end

function gen.list(of, options)
  local low, high = bounds("list", options, 0, 10)
  local list = {}
  many(low, high, function(i) list[i] = made("list", of) end)
  return inside.array(list)
end

function gen.table(keys, values, options)
  local low, high = bounds("table", options, 0, 10)
  local container = {}
  many(low, high, function()
    local key = made("table", keys)
    if key == nil or key ~= key then refuse("table", "has a key that no table can have") end
    container[key] = made("table", values)
  end)
  return container
end

function gen.one_of(...)
  local count = select("#", ...)
  if count == 0 then refuse("one_of", "needs something to choose from") end
  return made("one_of", (select(draw(count - 1) + 1, ...)))
end

function gen.optional(of)
  if draw(1) == 0 then return nil end
  return made("optional", of)
end

inside.sigil.gen = inside.library("sigil.gen", gen)
