-- `sigil.browser`: one call of the world each. Getters return text or a boolean, actions nothing.

local inside = ...
local ask, need, throw = inside.ask, inside.need, inside.throw
local type = type

-- The names of each action's arguments, in order; `?` where one may be missing.
local ACTIONS = {
  open = { "url" }, click = { "selector" }, fill = { "selector", "value" },
}
local GETTERS = {
  text = { "selector" }, html = { "selector?" }, title = {}, url = {}, screenshot = { "name?" },
  eval = { "script" }, cookies = {}, snapshot = {}, visible = { "selector" },
}

local browser = {}

local function asking(action, names)
  local name = "sigil.browser." .. action
  return function(...)
    need("browser", name)
    return ask("browser", action, names, ...)
  end
end

for action, names in next, ACTIONS do
  local perform = asking(action, names)
  browser[action] = function(...) perform(...) end
end
for action, names in next, GETTERS do browser[action] = asking(action, names) end

function browser.wait(wanted)
  need("browser", "sigil.browser.wait")
  if type(wanted) ~= "table" then
    throw("scenario", "sigil.browser.wait needs a table with text or selector")
  end
  ask("wait", wanted)
end

inside.sigil.browser = inside.library("sigil.browser", browser)
