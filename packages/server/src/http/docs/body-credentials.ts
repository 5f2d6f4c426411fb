/** GET /docs/body-credentials: the page that the `Link` of a deprecated request leads to (RFC 9745 §3). */
import { preparedPage } from "./prepared.ts";

export const bodyCredentials = preparedPage("/docs/body-credentials", "text/html; charset=utf-8", () => page);

const page = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Credentials in headers</title>
<style>body{font:16px/1.5 system-ui;max-width:42rem;margin:3rem auto;padding:0 1rem}
pre{background:#f4f4f4;padding:1rem;overflow:auto}</style>
<h1>Send credentials in headers</h1>
<p>Your request carried <code>accessKey</code> and <code>secretKey</code> in its JSON body. That still works,
but is deprecated since 2026-11-01, and the operator of this server can switch it off. Bodies are stored and printed in
more places than headers.</p>
<pre>curl -X POST …/api/v1/sms/send-otp \\
  -H 'content-type: application/json' \\
  -H 'x-access-key: antryk_ak_…' \\
  -H 'x-secret-key: antryk_sk_…' \\
  -d '{"to":"+919876543210","serviceId":"…"}'</pre>
<p>Take both fields out of the body and send them as <code>x-access-key</code> and <code>x-secret-key</code>.
Nothing else changes.</p>
</html>
`;
