local shop = require("lib.shop")

return {
  title = "A payment intent is charged once",
  priority = "P0",
  tags = { "billing", "checkout" },
  policy = { capabilities = { "http", "property" } },

  run = function()
    local _, auth = shop.account()

    -- 1. The annual price is what the plan says.
    local intent = sigil.post("/api/payment_intents", { period = "year" }, auth)
    expect(intent.status == 201)
    expect(intent.json.amount_cents == 9900)

    -- 2. A card that is declined changes nothing.
    local declined = sigil.post("/api/checkout", {
      payment_intent = intent.json.id, number = "4000000000000002", expiry = "12/49", cvc = "123",
    }, auth)
    expect(declined.status == 402)
    expect(sigil.get("/api/subscription", nil, auth).json.plan == "free")

    -- 3. Paying twice charges once.
    local first = shop.pay(intent.json.id, auth)
    local second = shop.pay(intent.json.id, auth)
    expect(first.status == 200)
    expect(second.json.order_id == first.json.order_id)
    expect(#sigil.get("/api/charges", nil, auth).json.charges == 1)

    -- 4. Reading changes nothing.
    invariant("the subscription is a pure read", {
      cases = 10,
      for_all = { request_id = sigil.gen.uuid() },
      check = function(case)
        local headers = { Authorization = auth.headers.Authorization, ["X-Request-Id"] = case.request_id }
        expect(sigil.get("/api/subscription", nil, { headers = headers }).json.plan == "pro")
      end,
    })
  end,
}
