-- The library of Lua as a scenario sees it: nothing that reaches out, nothing that differs
-- between two processes, nothing that works for long inside of C.

local inside = ...
local sealed, throw, spend = inside.sealed, inside.throw, inside.spend
local raw_metatable = inside.getmetatable
local error, type, next, select, ipairs = error, type, next, select, ipairs
local rawget, rawset, rawlen, rawequal = rawget, rawset, rawlen, rawequal
local setmetatable, getmetatable, tostring = setmetatable, getmetatable, tostring
local math_type = math.type
local rep, format, gsub, find = string.rep, string.format, string.gsub, string.find
local concat, insert, remove, unpack, pack = table.concat, table.insert, table.remove, table.unpack, table.pack

local MOST_TEXT <const> = inside.text_bytes
local BYTES_PER_INSTRUCTION <const> = 64

-- Text without addresses -------------------------------------------------------------------

local PLAIN = { ["nil"] = true, boolean = true, number = true, string = true }

local function text_of(value)
  local kind = type(value)
  if PLAIN[kind] then return tostring(value) end
  local meta = raw_metatable(value)
  local own = meta and rawget(meta, "__tostring")
  if own then
    local text = own(value)
    if type(text) ~= "string" then error("'__tostring' must return a string", 2) end
    return text
  end
  local name = meta and rawget(meta, "__name")
  return type(name) == "string" and name or kind
end
sealed.tostring = text_of

local function formatted(pattern, ...)
  if type(pattern) == "string" and find(gsub(pattern, "%%%%", ""), "%%[^%a]*p") then
    error("invalid conversion '%p' to 'format': addresses differ between runs", 2)
  end
  local values = pack(...)
  for i = 1, values.n do
    if not PLAIN[type(values[i])] then values[i] = text_of(values[i]) end
  end
  return format(pattern, unpack(values, 1, values.n))
end

-- An order of keys -------------------------------------------------------------------------

local RANK = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
  local kind = type(a)
  if kind ~= type(b) then return RANK[kind] < RANK[type(b)] end
  if kind == "boolean" then return b and not a end
  return a < b
end

-- Sorts list[1..n] by merging: stable, and the same whatever the clock says.
local function sort_range(list, n, less)
  local source, target = list, {}
  local width = 1
  while width < n do
    for low = 1, n, 2 * width do
      local middle, high = low + width, low + 2 * width
      if middle > n + 1 then middle = n + 1 end
      if high > n + 1 then high = n + 1 end
      local left, right = low, middle
      for slot = low, high - 1 do
        if left < middle and (right >= high or not less(source[right], source[left])) then
          target[slot] = source[left]
          left = left + 1
        else
          target[slot] = source[right]
          right = right + 1
        end
      end
    end
    source, target = target, source
    width = 2 * width
  end
  if source ~= list then
    for slot = 1, n do list[slot] = source[slot] end
  end
end

local function keys_in_order(container)
  local keys, count = {}, 0
  local others = 0
  for key in next, container do
    count = count + 1
    keys[count] = key
    if not RANK[type(key)] then others = others + 1 end
  end
  if others > 0 and count > 1 then
    error("a table with tables or functions as keys has no order of its own", 3)
  end
  if count > 1 then sort_range(keys, count, before) end
  return keys, count
end
inside.keys_in_order = keys_in_order

local function walk(container)
  local keys, count = keys_in_order(container)
  local at = 0
  return function()
    while at < count do
      at = at + 1
      local value = rawget(container, keys[at])
      if value ~= nil then return keys[at], value end
    end
    return nil
  end, container, nil
end

function sealed.pairs(container)
  local meta = raw_metatable(container)
  local own = meta and rawget(meta, "__pairs")
  if own then
    local step, state, first = own(container)
    return step, state, first
  end
  if type(container) ~= "table" then
    error("bad argument #1 to 'pairs' (table expected, got " .. type(container) .. ")", 2)
  end
  return walk(container)
end

-- The least key that comes after `last`: one pass, so that nothing need be remembered.
function sealed.next(container, last)
  if type(container) ~= "table" then
    error("bad argument #1 to 'next' (table expected, got " .. type(container) .. ")", 2)
  end
  if last ~= nil and not RANK[type(last)] then return nil end
  local least
  for key in next, container do
    if not RANK[type(key)] then
      if next(container, nil) ~= key or next(container, key) ~= nil then
        error("a table with tables or functions as keys has no order of its own", 2)
      end
      return key, rawget(container, key)
    end
    if (last == nil or before(last, key)) and (least == nil or before(key, least)) then
      least = key
    end
  end
  if least == nil then return nil end
  return least, rawget(container, least)
end

-- Tables and metatables --------------------------------------------------------------------

function sealed.setmetatable(container, meta)
  if type(meta) == "table" then
    for _, name in ipairs({ "__gc", "__mode" }) do
      if rawget(meta, name) ~= nil then
        error("a scenario has no " .. name .. ": when it would act is left to chance", 2)
      end
    end
  end
  return setmetatable(container, meta)
end

-- C functions over a length that a metamethod makes up would never end.
local function plain(container, name)
  if type(container) ~= "table" then
    error("bad argument #1 to '" .. name .. "' (table expected, got " .. type(container) .. ")", 3)
  end
  local meta = raw_metatable(container)
  if meta and rawget(meta, "__len") ~= nil then
    error(name .. " needs a table without __len", 3)
  end
  spend(rawlen(container) // BYTES_PER_INSTRUCTION)
end

local tables = { pack = pack }

function tables.insert(container, ...)
  plain(container, "insert")
  return insert(container, ...)
end

function tables.remove(container, ...)
  plain(container, "remove")
  return remove(container, ...)
end

function tables.concat(container, ...)
  plain(container, "concat")
  local text = concat(container, ...)
  spend(#text // BYTES_PER_INSTRUCTION)
  return text
end

function tables.unpack(container, first, last)
  if last == nil then plain(container, "unpack") end
  return unpack(container, first or 1, last or rawlen(container))
end

function tables.sort(container, less)
  plain(container, "sort")
  if less ~= nil and type(less) ~= "function" then
    error("bad argument #2 to 'sort' (function expected, got " .. type(less) .. ")", 2)
  end
  sort_range(container, #container, less or function(a, b) return a < b end)
end

function tables.move(from, first, last, at, to)
  to = to or from
  if at > first then
    for i = last - first, 0, -1 do to[at + i] = from[first + i] end
  else
    for i = 0, last - first do to[at + i] = from[first + i] end
  end
  return to
end

-- Strings ----------------------------------------------------------------------------------

local strings = {}
for _, name in ipairs({
  "byte", "char", "find", "gmatch", "gsub", "len", "lower", "match", "pack", "packsize",
  "reverse", "sub", "unpack", "upper",
}) do
  strings[name] = string[name]
end
strings.format = formatted

function strings.rep(text, count, between)
  local length = #text + (between and #between or 0)
  if length == 0 or count <= 0 then return "" end
  if count > MOST_TEXT // length then
    error("a repeated string is longer than " .. MOST_TEXT .. " bytes", 2)
  end
  spend(length * count // BYTES_PER_INSTRUCTION)
  return rep(text, count, between)
end

raw_metatable("").__index = strings
raw_metatable("").__metatable = false

-- Libraries that can be read and not changed -----------------------------------------------

local frozen = setmetatable({}, { __mode = "k" })

-- A view of `fields`; `missing` says what to do about a name that it lacks.
local function freeze(name, fields, missing)
  local view = setmetatable({}, {
    __index = missing and function(_, key)
      local value = fields[key]
      if value == nil then return missing(key) end
      return value
    end or fields,
    __newindex = function() error(name .. " cannot be changed", 2) end,
    __metatable = false,
    __name = name,
    __pairs = function() return walk(fields) end,
  })
  frozen[view] = true
  return view
end
inside.freeze = freeze

function sealed.rawset(container, key, value)
  if frozen[container] then error("a library cannot be changed", 2) end
  return rawset(container, key, value)
end

local numbers = {}
for name, value in next, math do numbers[name] = value end
numbers.randomseed = nil
function numbers.random(low, high)
  if low == nil then return inside.fraction() end
  if high == nil then low, high = 1, low end
  return inside.integer(low, high)
end

local globals = {
  _VERSION = _VERSION, assert = assert, error = error, getmetatable = getmetatable, ipairs = ipairs,
  rawequal = rawequal, rawget = rawget, rawlen = rawlen, select = select, tonumber = tonumber,
  type = type,
}
for name, value in next, sealed do globals[name] = value end
globals.coroutine = freeze("coroutine", sealed.coroutine)
globals.string = freeze("string", strings)
globals.table = freeze("table", tables)
globals.math = freeze("math", numbers)
globals.utf8 = freeze("utf8", utf8)
inside.globals = globals
