"""What a model answers that is asked for scenarios about notes."""

from __future__ import annotations

CREATE = """\
return {
  title = "A note is found by its id",
  priority = "P1",
  policy = { capabilities = { "http" } },
  run = function()
    local prefix = "list" -- varies: "list", "memo", "idea", "plan"
    -- 1. Sign up.
    local email = sigil.gen.email()
    local signup = sigil.post("/signup", { email = email, password = sigil.gen.string(12) })
    expect(signup.status == 201)
    local headers = { Authorization = "Bearer " .. signup.json.session_token }
    -- 2. Write a note.
    local title = prefix .. sigil.gen.string(6)
    local note = sigil.post("/notes", { title = title }, { headers = headers })
    expect(note.status == 201)
    -- 3. Read it.
    local read = sigil.get("/notes/" .. note.json.id, nil, { headers = headers })
    expect(read.json.title == title)
  end,
}
"""


def block(text: str = CREATE, clauses: str = "criterion-4") -> str:
    return f"```lua {clauses}\n{text}```\n"


def scenario(body: str, capabilities: str = '"http"', priority: str = "P1") -> str:
    """Return a block with a scenario that does this."""
    return block(
        f'return {{ priority = "{priority}", policy = {{ capabilities = {{ {capabilities} }} }},\n'
        f"run = function()\n-- 1. Do it.\n{body}\nend }}\n"
    )


USELESS = scenario('local r = sigil.get("/quote?seats=1")\nexpect(r.status < 1000)')
