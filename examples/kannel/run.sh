#!/usr/bin/env bash
# Sends one-time passwords through a real Kannel and compares what arrives with what was sent. See README.md.
# Everything listens on loopback and lives in a temporary folder; all processes end with the script. It ends
# with another status than zero if something differed.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
PATH="$repo/node_modules/.bin:$PATH:/usr/sbin"
[[ -x $repo/node_modules/.bin/antryk ]] || { echo "run \"npm ci\" in $repo first" >&2; exit 2; }

dir=$(mktemp -d)
pids=()
cleanup() {
  local status=$?
  trap - EXIT INT TERM
  for pid in "${pids[@]}"; do kill -CONT "$pid" 2>/dev/null || true; kill -KILL "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  # A smsbox that lost its bearerbox starts itself again under the same id, so the list above is whole.
  if ((status != 0)) && [[ -n ${KEEP:-} ]]; then echo "kept: $dir" >&2; else rm -rf "$dir"; fi
  exit "$status"
}
trap cleanup EXIT INT TERM

say() { printf '\n== %s\n' "$*"; }
fail() { printf '✖ %s\n' "$*" >&2; exit 1; }
ok() { printf '✔ %s\n' "$*"; }
same() { [[ $2 == "$3" ]] || fail "$1: expected $2, got $3"; ok "$1: $3"; }
# until_true SECONDS WHAT COMMAND …
until_true() {
  local tries=$(($1 * 20)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((tries-- > 0)) || { tail -n 5 "$dir"/*.log "$dir"/*.out >&2 || true; fail "$what: not within the time"; }
    sleep 0.05
  done
}
start() { # start NAME COMMAND …: in the background; its id goes to $started
  local name=$1
  shift
  "$@" >"$dir/$name.out" 2>&1 &
  started=$!
  pids+=("$started")
  disown "$started"
}

say "Kannel"
if ! command -v bearerbox >/dev/null || ! command -v smsbox >/dev/null; then
  if [[ $(id -u) != 0 ]]; then
    echo "Kannel is not installed: run this as root, or \"apt-get install kannel\" first" >&2
    exit 2
  fi
  # Debian starts a service as it installs it, unless this file forbids it; this script does not need it, now or at the
  # next boot.
  policy=/usr/sbin/policy-rc.d
  made=
  [[ -e $policy ]] || { made=yes; printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; }
  {
    apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends kannel
  } >"$dir/apt.log" 2>&1 ||
    { [[ -z $made ]] || rm -f $policy; tail -n 20 "$dir/apt.log" >&2; fail "apt-get could not install kannel"; }
  [[ -z $made ]] || rm -f $policy
  update-rc.d kannel disable >/dev/null 2>&1 || true
  ok "installed from Debian, its service switched off"
fi
dpkg-query -W -f '${Package} ${Version} ${Architecture}\n' kannel 2>/dev/null || true

read -r antryk_port admin_port smsbox_port fake_port smpp_port sendsms_port < <(node -e '
  const servers = Array.from({ length: 6 }, () => require("node:net").createServer().listen(0, "127.0.0.1"));
  Promise.all(servers.map((server) => new Promise((done) => server.on("listening", done)))).then(() => {
    console.log(servers.map((server) => server.address().port).join(" "));
    for (const server of servers) server.close();
  });')
secret() { node -p 'require("node:crypto").randomBytes(12).toString("hex")'; }
sendsms_password=$(secret)
sed -e "s|@DIR@|$dir|; s|@ADMIN_PORT@|$admin_port|; s|@SMSBOX_PORT@|$smsbox_port|; s|@FAKE_PORT@|$fake_port|" \
  -e "s|@SMPP_PORT@|$smpp_port|; s|@SENDSMS_PORT@|$sendsms_port|; s|@SENDSMS_PASSWORD@|$sendsms_password|" \
  -e "s|@ADMIN_PASSWORD@|$(secret)|" \
  "$here/kannel.conf.in" >"$dir/kannel.conf"

inbox="$dir/inbox"
port_open() { (: <"/dev/tcp/127.0.0.1/$1"); }
start_fake() {
  start fake-smsc node "$here/fake-smsc.ts" "$fake_port" "$inbox"
  fake=$started
  until_true 10 "the fake SMSC connects" grep -q connected "$dir/fake-smsc.out"
}

start smpp-smsc node "$here/smpp-smsc.ts" "$smpp_port" "$inbox"
until_true 10 "the SMPP SMSC listens" grep -q listens "$dir/smpp-smsc.out"
start bearerbox bearerbox "$dir/kannel.conf"
bearerbox=$started
until_true 10 "bearerbox listens" port_open "$smsbox_port"
start smsbox smsbox "$dir/kannel.conf"
until_true 10 "smsbox listens" port_open "$sendsms_port"
start_fake
until_true 10 "Kannel binds by SMPP" grep -q bound "$dir/smpp-smsc.out"
ok "bearerbox and smsbox run, with an SMSC of the fake protocol and one of SMPP 3.4"

say "Antryk"
export ANTRYK_HOST=127.0.0.1 ANTRYK_PORT=$antryk_port
export ANTRYK_DATABASE_URL="sqlite:$dir/antryk.db" ANTRYK_KEYRING="$dir/keyring.json"
export ANTRYK_PUBLIC_URL=http://127.0.0.1:$antryk_port
field() { node -p 'JSON.parse(require("node:fs").readFileSync(0, "utf8"))[process.argv[1]]' "$1"; }
url=http://127.0.0.1:$sendsms_port/cgi-bin/sendsms
account=$(antryk account create Example --json | field accountId)
keys=$(antryk key create --account "$account" --json)
access_key=$(field accessKey <<<"$keys")
secret_key=$(field secretKey <<<"$keys")
# service SMSC [FLAG …]: prints its id
service() {
  local smsc=$1
  shift
  antryk service create --account "$account" --name Acme --countries IN --provider kannel --kannel-url "$url" \
    --kannel-username antryk --kannel-password "$sendsms_password" --kannel-from 12345 --kannel-smsc "$smsc" \
    --json "$@" | field serviceId
}
echo '$ antryk service create --account … --name Acme --countries IN --provider kannel'\
' --kannel-url http://127.0.0.1:13013/cgi-bin/sendsms \'
echo '    --kannel-username antryk --kannel-password … --kannel-from 12345 --kannel-smsc fake'
builtin_text='{code} is your Acme code. It expires in 5 min. Do not share it with anyone.'
hindi='आपका Acme कोड {code} है। इसे किसी को न बताएँ।'
long_hindi='आपका Acme सत्यापन कोड {code} है। यह पाँच मिनट में समाप्त हो जाएगा। '\
'कृपया इसे किसी के साथ साझा न करें, हमारे कर्मचारी भी इसे कभी नहीं माँगते। ज़रूरत हो तो सहायता लें 🙏'
signs='Acme [€5] ^~|\ ñ à Ç Ω @ _ }
{code}
+ & = % # ? "quoted"'
long_english='{code} is your Acme code. It expires in 5 minutes. Do not share it with anyone: '\
'nobody at Acme will ever ask you for it, by telephone, by mail or in a message. '\
'If you did not ask for it, you may simply ignore this message [€].'
english_service=$(service fake)
hindi_service=$(service fake --template "$hindi")
signs_service=$(service fake --template "$signs")
smpp_english=$(service smpp)
smpp_hindi=$(service smpp --template "$hindi")
smpp_signs=$(service smpp --template "$signs")
smpp_long=$(service smpp --template "$long_english")
smpp_long_hindi=$(service smpp --template "$long_hindi")
nowhere=$(service nowhere)
stranger=$(service fake --kannel-password "not-$sendsms_password")
# Receipts are taken for gateways that have a name.
antryk gateway add reporting --provider kannel --kannel-url "$url" --kannel-username antryk \
  --kannel-password "$sendsms_password" --kannel-from 12345 --kannel-smsc smpp >/dev/null
reporting=$(antryk service create --account "$account" --name Acme --countries IN --route '*=reporting' --json | field serviceId)
start antryk antryk serve
until_true 15 "antryk listens" curl -sf "http://127.0.0.1:$antryk_port/readyz"
ok "antryk serve listens on loopback"

# call OPERATION BODY: prints both, leaves $status and $reply
call() {
  printf '$ curl -d '\''%s'\'' …/%s\n' "$2" "$1"
  reply=$(curl -sS -m 30 -w '\n%{http_code}' -H 'content-type: application/json' \
    -H "x-access-key: $access_key" -H "x-secret-key: $secret_key" \
    -d "$2" "http://127.0.0.1:$antryk_port/api/v1/sms/$1")
  status=${reply##*$'\n'}
  reply=${reply%$'\n'*}
  printf '%s %s\n' "$status" "$reply"
}
codes=()
# arrives NUMBER COUNT TEMPLATE: the message is there, with this text byte for byte; leaves $code
arrives() {
  local path="$inbox/$1.$2" expected
  until_true 15 "message $2 to $1 arrives" test -e "$path.text"
  code=$(grep -oE '[0-9]{6}' "$path.text" | head -n 1) || fail "no code in the message to $1"
  codes+=("$code")
  expected=${3//\{code\}/$code}
  printf '  %s got (%s):\n' "$1" "$(cat "$path.how")"
  sed 's/^/    │ /' "$path.text"
  echo
  cmp -s <(printf '%s' "$expected") "$path.text" || fail "the text to $1 differs; sent was: $expected"
  ok "number and text arrived as sent"
}
verifies() {
  call verify-otp "{\"to\":\"$1\",\"serviceId\":\"$2\",\"otp\":\"$3\"}"
  same "verify-otp" 200 "$status"
  [[ $reply == *'"valid":true'* ]] || fail "the code does not verify"
  ok "valid: true"
}
# round TITLE NUMBER SERVICE TEMPLATE
round() {
  say "$1"
  call send-otp "{\"to\":\"$2\",\"serviceId\":\"$3\"}"
  same "send-otp" 200 "$status"
  sent_reply=$reply
  arrives "$2" 1 "$4"
  verifies "$2" "$3" "$code"
}
# refused NUMBER SERVICE
refused() {
  call send-otp "{\"to\":\"$1\",\"serviceId\":\"$2\"}"
  same "send-otp" 500 "$status"
  [[ $reply == *'"type":"provider_unavailable"'* ]] || fail "another error"
}
logged() { until_true 5 "\"$1\" in the log" grep -qF "$1" "$dir/antryk.out"; ok "logged: $1"; }

round "English, by the fake SMSC" +919876543210 "$english_service" "$builtin_text"
round "Devanagari, by the fake SMSC" +919876543211 "$hindi_service" "$hindi"
round "signs of the GSM extension table and line breaks, by the fake SMSC" +919876543212 "$signs_service" "$signs"
round "English, by SMPP" +919876543213 "$smpp_english" "$builtin_text"
round "Devanagari, by SMPP" +919876543214 "$smpp_hindi" "$hindi"
round "signs of the GSM extension table and line breaks, by SMPP" +919876543215 "$smpp_signs" "$signs"
round "a long English text, by SMPP" +919876543216 "$smpp_long" "$long_english"
round "a long Devanagari text with an emoji, by SMPP" +919876543217 "$smpp_long_hindi" "$long_hindi"

round "a receipt, fetched by Kannel" +919876543219 "$reporting" "$builtin_text"
verification=$(sed -E 's/.*"verificationId":"([^"]+)".*/\1/' <<<"$sent_reply")
timeline() {
  curl -sS -H "x-access-key: $access_key" -H "x-secret-key: $secret_key" \
    "http://127.0.0.1:$antryk_port/api/v1/sms/verifications/$verification"
}
has_receipt() { [[ $(timeline) == *'"receipt":{"status":"delivered"'* ]]; }
until_true 15 "the receipt reaches the timeline" has_receipt
timeline
echo
ok "delivered: reported by the SMSC to Kannel, and by Kannel to Antryk"

say "the whole GSM alphabet, by SMPP (the provider alone: a template can't hold \"{\")"
node "$here/whole-alphabet.ts" "$url" antryk "$sendsms_password" +919876543218 smpp "$dir/alphabet.txt"
until_true 15 "the alphabet arrives" test -e "$inbox/+919876543218.1.text"
cmp "$dir/alphabet.txt" "$inbox/+919876543218.1.text" || fail "the alphabet differs"
ok "$(cat "$inbox/+919876543218.1.how"): arrived as sent"

say "Kannel has no route for the smsc-id"
refused +919876543220 "$nowhere"
logged "HTTP 403 not routable"
call verify-otp "{\"to\":\"+919876543220\",\"serviceId\":\"$nowhere\",\"otp\":\"123456\"}"
same "nothing is pending" 404 "$status"

say "Kannel refuses the password"
refused +919876543221 "$stranger"
logged "HTTP 403 authorization failed"

say "the SMSC is gone: Kannel answers 202 all the same, and only stores the message"
kill -KILL "$fake"
until_true 10 "Kannel sees that the SMSC is gone" grep -q "Closing connection" "$dir/bearerbox.log"
refused +919876543222 "$english_service"
logged "HTTP 202 queued, no SMSC is connected"
echo "  … the SMSC comes back, and Kannel sends what it stored"
: >"$dir/fake-smsc.out"
rm -rf "$inbox"
start_fake
arrives +919876543222 1 "$builtin_text"
verifies +919876543222 "$english_service" "$code"

say "bearerbox hangs: no answer within the send's 8 seconds"
kill -STOP "$bearerbox"
refused +919876543223 "$english_service"
echo "  … bearerbox goes on"
kill -CONT "$bearerbox"
arrives +919876543223 1 "$builtin_text"
verifies +919876543223 "$english_service" "$code"

say "bearerbox is dead"
kill -KILL "$bearerbox"
until_true 10 "smsbox stops listening" bash -c "! (: </dev/tcp/127.0.0.1/$sendsms_port) 2>/dev/null"
refused +919876543224 "$english_service"
logged "ECONNREFUSED"
call verify-otp "{\"to\":\"+919876543224\",\"serviceId\":\"$english_service\",\"otp\":\"123456\"}"
same "nothing is pending" 404 "$status"

say "what Antryk logged"
for word in "$sendsms_password" "$secret_key" 9876543 "${codes[@]}"; do
  ! grep -qE "(^|[^0-9a-f])$word" "$dir/antryk.out" || fail "a password, number or code is in the log"
done
ok "no password, number or code among $(wc -l <"$dir/antryk.out") lines"
printf '\nAll as sent.\n'
