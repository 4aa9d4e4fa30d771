-- Names that do not exist: an error that says which was meant, where Lua would give nil.

local inside = ...
local freeze, throw, ask = inside.freeze, inside.throw, inside.ask
local text_of = inside.sealed.tostring

-- A frozen library whose unknown names are errors.
function inside.library(name, fields)
  return freeze(name, fields, function(key)
    throw("scenario", ask("unknown", name, text_of(key)))
  end)
end
