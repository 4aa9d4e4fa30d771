-- The page shows what the API says.
return {
  title = "The quote on the page is the quote of the API",
  priority = "P1",
  tags = { "page" },
  policy = { capabilities = { "http", "browser" } },

  run = function()
    -- 1. Ask the API.
    local quote = sigil.get("/api/quote?plan=pro&seats=7")
    expect(quote.status == 200)

    -- 2. Read the page.
    sigil.browser.open("/quote?plan=pro&seats=7")
    expect(sigil.browser.text("[data-testid=total]") == "$84.00")
    expect(quote.json.total_cents == 8400)
  end,
}
