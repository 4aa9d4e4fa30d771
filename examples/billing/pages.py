"""The pages of the service: the billing page and the sign-in page. No scripts.

Whatever comes from outside is escaped. Not here: what the buttons do (`billing`, `server`).
"""

from __future__ import annotations

from html import escape

from billing import PRICES_CENTS, Account, Charge, Intent, dollars

STYLE = """
:root { --ink: #17202e; --soft: #5b6675; --line: #e3e7ee; --brand: #2f5bea; --wash: #f5f7fb; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--wash); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
header { background: #fff; border-bottom: 1px solid var(--line); }
header div, main { max-width: 880px; margin: 0 auto; padding: 0 24px; }
header div { display: flex; justify-content: space-between; align-items: center; height: 60px; }
.brand { font-weight: 700; letter-spacing: -.01em; }
.brand::before { content: ""; display: inline-block; width: 12px; height: 12px; margin-right: 10px;
  border-radius: 4px; background: var(--brand); }
.who { color: var(--soft); font-size: 14px; }
main { padding-top: 36px; padding-bottom: 64px; }
h1 { font-size: 26px; letter-spacing: -.02em; margin: 0 0 4px; }
h2 { font-size: 17px; margin: 0 0 14px; }
p { margin: 0 0 12px; } .soft { color: var(--soft); }
.card { background: #fff; border: 1px solid var(--line); border-radius: 14px; padding: 24px;
  margin-top: 20px; box-shadow: 0 1px 2px rgba(23, 32, 46, .04); }
.row { display: flex; gap: 16px; align-items: center; justify-content: space-between; }
.badge { display: inline-block; padding: 2px 12px; border-radius: 999px; font-weight: 600;
  font-size: 14px; background: #eef1f6; color: var(--soft); }
.badge.pro { background: #e7edff; color: var(--brand); }
.notice { border-radius: 10px; padding: 12px 16px; margin-top: 20px; }
.good { background: #e9f8ef; color: #14633a; border: 1px solid #bfe8cf; }
.bad { background: #fdeeee; color: #8d2020; border: 1px solid #f5c9c9; }
fieldset { border: 0; padding: 0; margin: 0 0 20px; display: grid; gap: 12px;
  grid-template-columns: 1fr 1fr; }
legend { padding: 0; margin-bottom: 8px; font-weight: 600; }
.choice { display: flex; gap: 12px; align-items: flex-start; border: 1px solid var(--line);
  border-radius: 12px; padding: 14px 16px; cursor: pointer; }
.choice:has(:checked) { border-color: var(--brand); box-shadow: 0 0 0 1px var(--brand); }
.choice input { margin-top: 5px; accent-color: var(--brand); }
.choice strong { display: block; }
.field { display: block; font-size: 14px; font-weight: 600; }
.field input { display: block; width: 100%; margin-top: 6px; padding: 10px 12px; font: inherit;
  font-weight: 400; border: 1px solid #cfd6e1; border-radius: 10px; }
.field input:focus { outline: 2px solid var(--brand); outline-offset: 1px; }
.fields { display: grid; gap: 16px; grid-template-columns: 2fr 1fr 1fr; margin-bottom: 20px; }
button { font: inherit; font-weight: 600; padding: 10px 18px; border-radius: 10px; cursor: pointer;
  border: 1px solid transparent; background: var(--brand); color: #fff; }
button.quiet { background: #fff; color: #8d2020; border-color: #e5c5c5; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 8px 24px; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; font-variant-numeric: tabular-nums; }
pre { white-space: pre-wrap; background: var(--wash); border-radius: 10px; padding: 16px;
  margin: 0; font: 14px/1.6 ui-monospace, "DejaVu Sans Mono", monospace; }
@media (max-width: 640px) { fieldset, .fields { grid-template-columns: 1fr; } }
"""


def billing_page(account: Account, intent: Intent | None, refusal: str = "") -> str:
    """Return the page ``/account/billing``.

    Args:
        account: whose.
        intent: what its checkout pays; None on the Pro plan.
        refusal: why the last checkout did not go through.
    """
    current = account.current
    name = "Free" if current is None else "Pro"
    notice = f'<p class="notice bad" role="alert">{escape(refusal)}</p>' if refusal else ""
    rest = _checkout(intent) if current is None and intent is not None else ""
    if current is not None:
        rest = _confirmation(current)
    return _page(
        "Billing",
        f"""<h1>Billing</h1>
<p class="soft">Your plan, your payments, your receipts.</p>{notice}
<section class="card row" aria-label="Current plan">
  <div><h2>Current plan</h2>
    <span class="badge {account.plan}" data-testid="plan-badge">{name}</span></div>
  {_cancel() if current is not None else '<span class="soft">$0 a month</span>'}
</section>
{rest}""",
        account.email,
    )


def sign_in_page(refusal: str = "") -> str:
    """Return what somebody without a session sees."""
    notice = f'<p class="notice bad" role="alert">{escape(refusal)}</p>' if refusal else ""
    return _page(
        "Sign in",
        f"""<h1>Sign in</h1>{notice}
<form class="card" method="post" action="/session">
  <div class="fields" style="grid-template-columns: 1fr 1fr">
    <label class="field">E-mail <input name="email" type="email" required></label>
    <label class="field">Password <input name="password" type="password" required></label>
  </div>
  <button>Sign in</button>
</form>""",
    )


def message_page(title: str, text: str) -> str:
    """Return a page that says one thing."""
    return _page(title, f'<h1>{escape(title)}</h1><p class="soft">{escape(text)}</p>')


def _checkout(intent: Intent) -> str:
    month, year = (dollars(PRICES_CENTS[period]) for period in ("month", "year"))
    return f"""<form class="card" method="post" action="/account/billing/checkout"
  aria-label="Upgrade to Pro">
  <h2>Upgrade to Pro</h2>
  <input type="hidden" name="intent" value="{escape(intent.id)}">
  <fieldset><legend>How often</legend>
    <label class="choice"><input type="radio" name="period" value="year" checked>
      <span><strong>Annual</strong><span class="soft">{year} a year</span></span></label>
    <label class="choice"><input type="radio" name="period" value="month">
      <span><strong>Monthly</strong><span class="soft">{month} a month</span></span></label>
  </fieldset>
  <div class="fields">
    <label class="field">Card number
      <input name="number" inputmode="numeric" autocomplete="cc-number" required></label>
    <label class="field">Expiry
      <input name="expiry" placeholder="MM/YY" autocomplete="cc-exp" required></label>
    <label class="field">CVC
      <input name="cvc" inputmode="numeric" autocomplete="cc-csc" required></label>
  </div>
  <button data-testid="upgrade">Upgrade to Pro</button>
</form>"""


def _confirmation(charge: Charge) -> str:
    often = "annual" if charge.period == "year" else "monthly"
    return f"""<section class="card" aria-label="Receipt" data-testid="receipt">
  <h2>Receipt</h2>
  <dl>
    <dt>Order</dt><dd data-testid="order-id">{escape(charge.order_id)}</dd>
    <dt>Plan</dt><dd data-testid="receipt-plan">Pro</dd>
    <dt>Billing</dt><dd data-testid="receipt-period">{often}</dd>
    <dt>Charged</dt><dd data-testid="total">{dollars(charge.amount_cents)}</dd>
    <dt>Next billing date</dt><dd data-testid="renews">{charge.renews.isoformat()}</dd>
  </dl>
</section>"""


def _cancel() -> str:
    return """<form method="post" action="/account/billing/cancel">
    <button class="quiet" data-testid="cancel-plan">Cancel plan</button></form>"""


def _page(title: str, body: str, email: str = "") -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
<header><div><span class="brand">Dashboard</span><span class="who">{escape(email)}</span></div>
</header>
<main>{body}</main>
</body>
</html>
"""
