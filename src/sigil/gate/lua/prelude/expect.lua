-- `expect`, and where a run is: its step, the asserts that are open, what has passed.
--
-- The rewritten text of `expect(a == b)` makes a frame, notes in it what each sub-expression
-- came to, and hands the frame to `expect` with the values (`sigil.gate.lua.rewrite`).

local inside = ...
local throw = inside.throw
local raw_metatable, setmetatable = inside.getmetatable, setmetatable
local select, error, type, find = select, error, type, string.find

local FRAME = { __metatable = false, __name = "frame" }
local NIL = {}

inside.expects = 0 -- passed so far
inside.step = 1
inside.reached = {}
inside.checked = 0 -- claims of any kind that were looked at
inside.vacuous = { kind = "error", message = "nothing was checked: it has no expect" }
inside.properties = 0 -- invariants that are being tried

-- Marks in the rewritten text --------------------------------------------------------------

local hooks = {}

function hooks.step(number)
  inside.step = number
  inside.reached[number] = true
end

local function arrived(site)
  local number = inside.steps[site]
  if number then hooks.step(number) end
end

function hooks.frame(site)
  arrived(site)
  local frame = setmetatable({ site = site, outer = inside.open }, FRAME)
  inside.open = frame
  return frame
end

-- One value; nil is told apart from what was never evaluated.
function hooks.one(frame, part, value)
  if value == nil then frame[part] = NIL else frame[part] = value end
  return value
end

-- However many values a call gives; the first is noted.
function hooks.all(frame, part, ...)
  local first = ...
  if first == nil then frame[part] = NIL else frame[part] = first end
  return ...
end

local SITE = { __metatable = false, __name = "site" }
local sites = {}

function hooks.at(site)
  arrived(site)
  local mark = sites[site]
  if not mark then
    mark = setmetatable({ site = site }, SITE)
    sites[site] = mark
  end
  return mark
end

-- Splits the mark that the rewriting put in front from the arguments as they were written.
function inside.marked(first, ...)
  if raw_metatable(first) == SITE then return first.site, ... end
  return nil, first, ...
end

-- The function itself ----------------------------------------------------------------------

local function claimed(frame, count, value, message, ...)
  if count == 0 then error("expect needs a value to look at", 3) end
  if frame then inside.open = frame.outer end
  inside.checked = inside.checked + 1
  if not value then
    throw("fail", type(message) == "string" and message or "assertion is false", { frame = frame })
  end
  if inside.properties == 0 then inside.expects = inside.expects + 1 end
  return value, message, ...
end

local function framed(frame, ...) return claimed(frame, select("#", ...), ...) end

function inside.expect(...)
  if raw_metatable((...)) == FRAME then return framed(...) end
  return claimed(nil, select("#", ...), ...)
end

-- A claim that is not written as an expect: it counts as one.
function inside.claim(holds, site, message, record)
  inside.checked = inside.checked + 1
  if not holds then
    record = record or {}
    record.site = record.site or site
    throw("fail", message, record)
  end
  if inside.properties == 0 then inside.expects = inside.expects + 1 end
end

-- How it ended -----------------------------------------------------------------------------

local OUT_OF = { ["not enough memory"] = true }

-- An error of Lua inside of an open expect is a check that failed: the value that it looks at
-- is not of the shape that it needs.
local function of_lua(raised)
  local record = { kind = "error", message = "an error that is no text was raised", raised = raised }
  if type(raised) == "string" then
    record.message = raised
    if inside.open and not OUT_OF[raised] and not find(raised, "stack overflow", 1, true) then
      record.kind, record.frame = "fail", inside.open
      record.unevaluated = true
    end
  end
  return record
end

function inside.outcome(raised)
  if inside.dead then return { kind = "dead", message = inside.dead } end
  return inside.record_of(raised) or of_lua(raised)
end

-- Runs the function and says how it ended: nil for well.
function inside.run(run)
  local whole, ok, raised = inside.watched(run)
  if inside.dead or not whole or not ok then return inside.outcome(raised) end
  return nil
end

-- Fills a chunk that was compiled outside with what its rewritten text calls.
function inside.start(make)
  return make(inside.environment, hooks.one, hooks.all, hooks.frame, hooks.at, hooks.step)()
end

-- Runs such a chunk: what it returns, or how it failed.
function inside.load(make)
  local whole, ok, value = inside.watched(inside.start, make)
  if inside.dead or not whole or not ok then return nil, inside.outcome(value) end
  return value, nil
end

-- What a frame notes of a part: whether it was evaluated, and its value.
function inside.noted(frame, part)
  local value = frame[part]
  if value == nil then return false, nil end
  if value == NIL then return true, nil end
  return true, value
end
