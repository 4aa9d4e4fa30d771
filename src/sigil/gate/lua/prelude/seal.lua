-- The walls: a budget that stays spent, errors that carry their kind, calls that protect.
--
-- Everything here holds the original functions in locals, because a scenario can change whatever
-- it can reach. The hook is per thread and is off while a C function runs.

local inside = ...
local host = inside.host
inside.host = nil

local error, pcall, type, select = error, pcall, type, select
local getmetatable, setmetatable = debug.getmetatable, setmetatable
local sethook, getinfo = debug.sethook, debug.getinfo
local create, resume, close = coroutine.create, coroutine.resume, coroutine.close
local status = coroutine.status
local enter, leave, answer = host.enter, host.leave, host.answer

local STRIDE <const> = 1000
local RESUME_COST <const> = STRIDE -- a thread that ends before its first stride was not counted
local CALL_COST <const> = 100
local DEAD = {}

local used, budget = 0, inside.budget

-- Nothing runs after this: every protected call throws it again.
local function die(reason)
  inside.dead = inside.dead or reason
  error(DEAD, 0)
end
inside.die = die

local function spend(count)
  used = used + count
  if used > budget then die("budget") end
end
inside.spend = spend

local function tick() spend(STRIDE) end

local function unwatched(...)
  sethook()
  return ...
end

local function watched(f, ...)
  sethook(tick, "", STRIDE)
  return unwatched(pcall(f, ...))
end

-- Protects `f` like pcall, with the budget watched in it and nowhere else. The hook may yet strike
-- after `f` has ended and before it is off: then the outer call catches it, with the whole of the
-- next stride to switch it off in.
function inside.watched(f, ...)
  return unwatched(pcall(watched, f, ...))
end

-- Errors of ours ---------------------------------------------------------------------------

local known = setmetatable({}, { __mode = "k" })
local ERROR = { __metatable = false, __name = "error" }
function ERROR.__tostring(raised)
  local record = known[raised]
  return record and record.message or "error"
end

-- The line of the scenario's own text that is running; nil inside of none.
local function line_here()
  local level = 2
  while true do
    local frame = getinfo(level, "Sl")
    if not frame then return nil end
    if frame.source == "=scenario" and frame.currentline > 0 then return frame.currentline end
    level = level + 1
  end
end
inside.line_here = line_here

-- kind: "fail" (no scenario can catch it), "effect", "service" or "scenario".
local function throw(kind, message, record)
  record = record or {}
  record.kind, record.message = kind, message
  record.line = record.line or line_here()
  local raised = setmetatable({ message = message }, ERROR)
  known[raised] = record
  error(raised, 0)
end
inside.throw = throw

function inside.record_of(raised) return known[raised] end

-- Calls to the host ------------------------------------------------------------------------

local function answered(tag, ...)
  leave()
  if tag == "ok" then return ... end
  if tag == "abort" then die("abort") end
  throw(tag, (...))
end

-- The heap's limit is lifted meanwhile: running out of it inside of Python would jump over
-- Python's own frames.
function inside.ask(name, ...)
  spend(CALL_COST)
  enter()
  return answered(answer(name, ...))
end

-- Protected calls --------------------------------------------------------------------------

local function settled(open, ok, ...)
  if inside.dead then error(DEAD, 0) end
  if ok then return true, ... end
  local record = known[(...)]
  if record and record.kind == "fail" then error((...), 0) end
  inside.open = open
  return false, ...
end

local sealed = {}
inside.sealed = sealed

function sealed.pcall(f, ...)
  return settled(inside.open, pcall(f, ...))
end

local function second_on(_, ...) return ... end

local function handled(handler, ok, ...)
  if ok then return true, ... end
  return false, second_on(settled(inside.open, pcall(handler, ...)))
end

-- A handler of the original runs with hooks off; here it runs after the call has ended, once.
function sealed.xpcall(f, handler, ...)
  return handled(handler, settled(inside.open, pcall(f, ...)))
end

sealed.coroutine = {
  isyieldable = coroutine.isyieldable, running = coroutine.running,
  status = coroutine.status, yield = coroutine.yield,
}

local function thread_of(f)
  if type(f) ~= "function" then throw("scenario", "a coroutine is made of a function") end
  local thread = create(f)
  sethook(thread, tick, "", STRIDE)
  return thread
end
sealed.coroutine.create = thread_of

function sealed.coroutine.resume(thread, ...)
  spend(RESUME_COST)
  return settled(inside.open, resume(thread, ...))
end

local function raise_last(raised, closed, ...)
  if closed then error(raised, 0) end
  error((...), 0)
end

-- As the original does, closes what is open in a thread that failed.
local function passed_on(thread, ok, ...)
  if ok then return ... end
  if status(thread) == "dead" then raise_last((...), settled(inside.open, close(thread))) end
  error((...), 0)
end

function sealed.coroutine.wrap(f)
  local thread = thread_of(f)
  return function(...)
    spend(RESUME_COST)
    return passed_on(thread, settled(inside.open, resume(thread, ...)))
  end
end

-- A thread that died inside of the hook would run its last handlers unwatched.
function sealed.coroutine.close(thread)
  if inside.dead then error(DEAD, 0) end
  return settled(inside.open, close(thread))
end

local function ended(open, ok, ...)
  if inside.dead then error(DEAD, 0) end
  if ok then return true, ... end
  local record = inside.outcome((...)) -- looks at the assert that is open
  inside.open = open
  return false, (...), record
end

-- Protects `f` for us: true and its values, or false, what it raised and the record of that.
function inside.attempt(f, ...)
  return ended(inside.open, pcall(f, ...))
end

inside.getmetatable = getmetatable
