return {
  title = "Whoever signs up is on the free plan",
  priority = "P1",
  tags = { "account" },
  policy = { capabilities = { "http" } },

  run = function()
    -- 1. A new account has a session.
    local email = sigil.gen.email()
    local account = { email = email, password = sigil.env("SIGNUP_PASSWORD") }
    local signup = sigil.post("/api/signup", account)
    expect(signup.status == 201)

    -- 2. It is on the free plan.
    local auth = { headers = { Authorization = "Bearer " .. signup.json.session_token } }
    local subscription = sigil.get("/api/subscription", nil, auth)
    expect(subscription.json.plan == "free")
    expect(subscription.json.price_cents == 0)

    -- 3. The address is taken now.
    expect(sigil.post("/api/signup", account).status == 409)

    -- 4. Nobody reads a subscription without a session.
    expect(sigil.get("/api/subscription").status == 401)
  end,
}
