#!/usr/bin/env bash
# Sends through Antryk's SMPP gateway to an SMSC of Perl's Net::SMPP, on loopback. See README.md.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PATH="$here/../../node_modules/.bin:$PATH"
if ! perl -MNet::SMPP -e 1 2>/dev/null; then
  if [[ $(id -u) != 0 ]]; then
    echo 'Net::SMPP is not installed: run this as root, or "apt-get install libnet-smpp-perl" first' >&2
    exit 2
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qqy --no-install-recommends libnet-smpp-perl >/dev/null
fi
dpkg-query -W -f '${Package} ${Version}\n' libnet-smpp-perl 2>/dev/null || true
node --disable-warning=ExperimentalWarning "$here/check.ts"
