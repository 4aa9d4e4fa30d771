-- `sigil`: requests, commands, the evaluator's environment, documents.

local inside = ...
local ask, throw, freeze = inside.ask, inside.throw, inside.freeze
local setmetatable, type, rawget, rawset = setmetatable, type, rawget, rawset
local lower, upper, format = string.lower, string.upper, string.format
local match, math_type, tonumber, error = string.match, math.type, tonumber, error
local text_of = inside.sealed.tostring

local sigil = {}
inside.sigil = sigil

-- Refuses what the scenario did not declare.
local function need(capability, name)
  if not inside.running then
    throw("scenario", name .. " can only be called while run is running")
  end
  if capability and not inside.capabilities[capability] then
    throw("scenario", format('%s needs the capability "%s": add it to policy.capabilities', name, capability))
  end
end
inside.need = need

-- JSON -------------------------------------------------------------------------------------

local NULL = setmetatable({}, {
  __metatable = false,
  __name = "null",
  __index = function(_, key)
    error("attempt to index a JSON null (field '" .. text_of(key) .. "')", 2)
  end,
  __newindex = function() error("attempt to change a JSON null", 2) end,
  __tostring = function() return "null" end,
})
inside.null = NULL

local ARRAY = { __metatable = false, __name = "array" }

-- Marks a table as an array, which only an empty one needs.
function inside.array(list)
  if inside.getmetatable(list) == nil then setmetatable(list, ARRAY) end
  return list
end

local KINDS = { [ARRAY] = "array" }

-- What a table is to JSON and to a reader: null, array, response or table.
function inside.kind_of(container)
  if container == NULL then return "null" end
  return KINDS[inside.getmetatable(container)] or "table"
end

sigil.json = freeze("sigil.json", {
  null = NULL,
  array = function(list)
    if type(list) ~= "table" then throw("scenario", "sigil.json.array needs a table") end
    return inside.array(list)
  end,
  encode = function(value) return ask("encode", value) end,
  decode = function(text) return ask("decode", text) end,
})
sigil.yaml = freeze("sigil.yaml", { decode = function(text) return ask("yaml", text) end })

-- HTTP -------------------------------------------------------------------------------------

local HEADERS = {
  __metatable = false,
  __index = function(headers, name)
    return type(name) == "string" and rawget(headers, lower(name)) or nil
  end,
}

local RESPONSE = {
  __metatable = false,
  __index = function(response, name)
    if name ~= "json" or response.body == "" then return nil end
    local value = ask("body", response.body)
    rawset(response, "json", value)
    return value
  end,
}

KINDS[RESPONSE] = "response"

local function request(name, method, path, body, options)
  need("http", name)
  local status, headers, text, elapsed = ask("http", name, method, path, body, options)
  return setmetatable({
    status = status, headers = setmetatable(headers, HEADERS), body = text, elapsed_ms = elapsed,
  }, RESPONSE)
end

for _, method in ipairs({ "get", "post", "put", "patch", "delete", "head", "options" }) do
  local name, verb = "sigil." .. method, upper(method)
  sigil[method] = function(path, body, options)
    return request(name, verb, path, body, options)
  end
end

function sigil.request(method, path, body, options)
  return request("sigil.request", method, path, body, options)
end

function sigil.expect_status_class(...)
  local site, response, class = inside.marked(...)
  if type(response) ~= "table" or math_type(response.status) ~= "integer" then
    throw("scenario", "sigil.expect_status_class needs a response")
  end
  local digit = type(class) == "string" and match(class, "^([1-5])xx$") or class
  digit = tonumber(digit)
  if not digit or digit < 1 or digit > 5 then
    throw("scenario", 'a class of statuses is a number from 1 to 5, or a text such as "2xx"')
  end
  inside.claim(
    response.status // 100 == digit, site,
    format("the status %d is not %dxx", response.status, digit)
  )
  return response
end

-- Commands, environment, time --------------------------------------------------------------

function sigil.exec(command, arguments, options)
  need("exec", "sigil.exec")
  return ask("exec", command, arguments, options)
end

function sigil.env(name)
  need(nil, "sigil.env")
  return ask("env", name)
end

function sigil.sleep(seconds)
  need(nil, "sigil.sleep")
  ask("sleep", seconds)
end
