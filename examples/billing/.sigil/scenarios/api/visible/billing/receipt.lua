local shop = require("lib.shop")

return {
  title = "The receipt says what was bought",
  priority = "P1",
  tags = { "billing", "receipt" },
  policy = { capabilities = { "http", "judge" } },

  run = function()
    local _, auth = shop.account()
    local intent = sigil.post("/api/payment_intents", { period = "month" }, auth)
    expect(shop.pay(intent.json.id, auth).status == 200)

    -- Every sentence of this rubric can be decided without a model.
    --- It names "Pro", "monthly" and "$12.00".
    --- It mentions "Next billing date".
    --- It never mentions "undefined".
    --- It has at most 120 words.
    local receipt = sigil.get("/api/subscription", nil, auth).json.receipt_preview
    sigil.judge(receipt, { min_score = 1.0 })
  end,
}
