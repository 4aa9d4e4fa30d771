local shop = require("lib.shop")

return {
  title = "The dashboard takes somebody from Free to Pro and back",
  priority = "P0",
  tags = { "billing", "browser" },
  policy = { capabilities = { "http", "browser" } },

  run = function()
    local token, auth = shop.account()

    -- 1. The page shows the free plan, and annual billing is picked already.
    sigil.browser.open("/session?token=" .. token)
    expect(sigil.browser.url() == "/account/billing")
    expect(sigil.browser.text("[data-testid=plan-badge]") == "Free")
    expect(sigil.browser.eval("document.querySelector('[name=period]:checked').value") == "year")

    -- 2. The test card pays for it.
    sigil.browser.fill("[name=number]", "4242 4242 4242 4242")
    sigil.browser.fill("[name=expiry]", "12/49")
    sigil.browser.fill("[name=cvc]", "123")
    sigil.browser.click("[data-testid=upgrade]")
    sigil.browser.wait({ selector = "[data-testid=receipt]" })
    expect(sigil.browser.text("[data-testid=plan-badge]") == "Pro")
    expect(sigil.browser.text("[data-testid=total]") == "$99.00")
    sigil.browser.screenshot("receipt")

    -- 3. The API agrees.
    expect(sigil.get("/api/subscription", nil, auth).json.plan == "pro")

    -- 4. Cancelling leads back.
    sigil.browser.click("[data-testid=cancel-plan]")
    expect(sigil.browser.text("[data-testid=plan-badge]") == "Free")
    expect(not sigil.browser.visible("[data-testid=cancel-plan]"))
  end,
}
