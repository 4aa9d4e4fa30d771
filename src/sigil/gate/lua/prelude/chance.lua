-- Chance that is a function of the seed: numbers from a counter under BLAKE2b, drawn one by one.
--
-- Every draw is a whole number from 0 to a limit, and 0 stands for the simplest choice. So a case
-- is the list of its draws, and a simpler case is a shorter or smaller list (`invariant`).

local inside = ...
local ask, throw = inside.ask, inside.throw
local unpack, ult, math_type, ipairs = string.unpack, math.ult, math.type, ipairs

local WORDS <const> = 8 -- in a block of 64 bytes
local MOST_DRAWS <const> = 10000 -- of one case
local BLOCK <const> = "<i8i8i8i8i8i8i8i8"

-- A stream of numbers that belongs to a name and an index.
function inside.stream(label, index)
  return { label = label, index = index, blocks = 0, words = {}, at = WORDS, draws = {}, count = 0 }
end

-- A stream that gives the draws of a list, and then only zeros.
function inside.repeated(draws)
  return { given = draws, draws = {}, count = 0 }
end

local main = inside.stream("", 0)
inside.current = main

local function word(stream)
  local at = stream.at + 1
  if at > WORDS then
    stream.words = { unpack(BLOCK, ask("chance", stream.label, stream.index, stream.blocks)) }
    stream.blocks = stream.blocks + 1
    at = 1
  end
  stream.at = at
  return stream.words[at]
end

local function mask_of(limit)
  local mask = limit
  for _, shift in ipairs({ 1, 2, 4, 8, 16, 32 }) do mask = mask | (mask >> shift) end
  return mask
end
local masks = {}

-- Rejects what is over the limit: every number is as likely as another.
local function uniform(stream, limit)
  local mask = masks[limit]
  if not mask then
    mask = mask_of(limit)
    masks[limit] = mask
  end
  local number
  repeat number = word(stream) & mask until not ult(limit, number)
  return number
end

-- A whole number from 0 to limit.
local function draw(limit)
  local stream = inside.current
  local number
  if stream == main then
    return uniform(stream, limit)
  end
  local count = stream.count + 1
  if count > MOST_DRAWS then throw("scenario", "a case draws more than 10000 numbers") end
  if stream.given then
    number = stream.given[count] or 0
    if number > limit then number = limit end
  else
    number = uniform(stream, limit)
  end
  stream.count = count
  stream.draws[count] = number
  return number
end
inside.draw = draw

-- A whole number from low to high; the one that is nearest to 0 is the simplest.
function inside.integer(low, high)
  if math_type(low) ~= "integer" or math_type(high) ~= "integer" then
    throw("scenario", "the bounds of a whole number are whole numbers")
  end
  local range = high - low
  if low > high or range < 0 then
    throw("scenario", low > high and "the lower bound is above the upper" or "the bounds are too far apart")
  end
  if low >= 0 then return low + draw(range) end
  if high <= 0 then return high - draw(range) end
  local number = draw(range)
  return number <= high and number or high - number
end

-- A float from 0 up to 1, without 1.
function inside.fraction() return draw((1 << 53) - 1) / (1 << 53) end
