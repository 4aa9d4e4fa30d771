-- What a scenario finds: the globals, helpers by `require`, and nothing else to write over.

local inside = ...
local throw, globals = inside.throw, inside.globals
local setmetatable, type, error, rawset = setmetatable, type, error, rawset

globals.sigil = inside.library("sigil", inside.sigil)
globals.expect = inside.expect
globals.invariant = inside.invariant

local LOADING = {}
local loaded = {}

function globals.require(name)
  if type(name) ~= "string" then throw("scenario", "require needs a name such as lib.money") end
  local value = loaded[name]
  if value == LOADING then throw("scenario", name .. " requires itself") end
  if value ~= nil then return value end
  local make = inside.ask("helper", name)
  loaded[name] = LOADING
  value = inside.start(make)
  if value == nil then value = true end
  loaded[name] = value
  return value
end

-- The three names that are ours cannot be set, whoever sets them.
local RESERVED = { sigil = true, expect = true, invariant = true }
inside.environment = setmetatable({}, {
  __index = globals,
  __newindex = function(environment, name, value)
    if RESERVED[name] then error(name .. " is taken; choose another name", 2) end
    rawset(environment, name, value)
  end,
  __metatable = false,
})
