"""The browser of one scenario: headless Chromium that reaches the service under test alone.

    with Browser(connect, authority, origins) as browser:
        browser.perform(Call("browser", {"action": "open", "url": "/account/billing"}))

One Chromium for each scenario's process, started when it is first needed: nothing is shared with
another scenario, and whatever ends the process ends the browser.

    `session`    calls in, replies out, each within its time
    `actions`    what each action does on a page
    `door`       the one way out
    `launching`  finding and starting Chromium
"""

from sigil.gate.browser.session import Browser

__all__ = ["Browser"]
