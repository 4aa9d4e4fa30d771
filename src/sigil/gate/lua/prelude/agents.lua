-- What is asked of a model: `sigil.intent` does something, `sigil.judge` grades something.

local inside = ...
local ask, need, throw = inside.ask, inside.need, inside.throw
local sigil = inside.sigil
local format, ipairs, rawequal = string.format, ipairs, rawequal

inside.intents = {} -- {site, result} in order

function sigil.intent(...)
  local site, request = inside.marked(...)
  need("intent", "sigil.intent")
  inside.checked = inside.checked + 1
  local result = ask("intent", site, request)
  inside.intents[#inside.intents + 1] = { site = site, result = result }
  return result
end

function sigil.judge(...)
  local site, subject, options = inside.marked(...)
  need("judge", "sigil.judge")
  inside.checked = inside.checked + 1
  local score, rationale, least = ask("judge", site, subject, options)
  if score == nil then
    inside.unsure = inside.unsure or {
      kind = "unsure", step = inside.step, site = site, line = inside.line_here(),
      message = "the judge would not say: " .. rationale,
    }
    return { score = inside.null, rationale = rationale }
  end
  if score < least then
    throw("fail", format("the judge gave %.2f, below %.2f: %s", score, least, rationale), { site = site })
  end
  return { score = score, rationale = rationale }
end

-- The place of an intent's result in that list; nil for any other value.
function inside.origin_of(value)
  for place, intent in ipairs(inside.intents) do
    if rawequal(intent.result, value) then return place end
  end
  return nil
end
