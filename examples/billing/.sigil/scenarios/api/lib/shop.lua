-- What several scenarios begin with.
local shop = {}

-- Signs up a new account; returns its token, and options that carry it.
function shop.account()
  local signup = sigil.post("/api/signup", {
    email = sigil.gen.email(),
    password = sigil.env("SIGNUP_PASSWORD"),
  })
  expect(signup.status == 201)
  local token = signup.json.session_token
  return token, { headers = { Authorization = "Bearer " .. token } }
end

-- Pays for the Pro plan with the test card; returns the response.
function shop.pay(intent, auth)
  return sigil.post("/api/checkout", {
    payment_intent = intent, number = "4242 4242 4242 4242", expiry = "12/49", cvc = "123",
  }, auth)
end

return shop
