#!/bin/sh
# Guess: a mail that a server gave up because it could reach no other server in time comes back with a status that says so,
# such as 4.4.7, "delivery time expired" (RFC 3463), so that a program can tell it from an address that does not exist.
# Seen with Exim 4.96 of Debian 12: Status is 5.0.0 without a Diagnostic-Code, the same as for an address that it cannot
# route. Only the words for people tell the two apart. Postfix 3.7 gives 4.4.1 with the last error.
# Needs root, and Debian 12 for amd64 with its packages; Exim runs in a folder of its own and ends by itself.
# Output seen:
#   late@gone.example: retry timeout exceeded; Action: failed; Status: 5.0.0
#   ben@nowhere.example: Unrouteable address; Action: failed; Status: 5.0.0
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq exim4-daemon-light libidn12 2>/dev/null
for package in *.deb; do dpkg -x "$package" root; done
mkdir -p root/lib64 root/etc/exim4 root/var/spool/exim4 root/var/log/exim4 root/mail root/dev root/tmp
needed=$(LD_LIBRARY_PATH=root/usr/lib/x86_64-linux-gnu ldd root/usr/sbin/exim4 | grep -o '[^ 	]*/[^ ]*')
for library in $needed; do
  case $library in */ld-linux*) cp -L "$library" root/lib64/ ;; *) install -D "$library" "root/lib/x86_64-linux-gnu/${library##*/}" ;; esac
done
mknod -m 666 root/dev/null c 1 3
printf 'root:x:0:0::/:/bin/false\nDebian-exim:x:5000:5000::/:/bin/false\n' >root/etc/passwd
printf 'root:x:0:\nDebian-exim:x:5000:\nmail:x:8:\n' >root/etc/group
chown 5000:5000 root/var/spool/exim4 root/var/log/exim4 root/mail
cat >root/etc/exim4/exim4.conf <<'CONF'
primary_hostname = relay.halden.example
never_users =
trusted_users = root
begin routers
box:
  driver = accept
  domains = halden.example
  transport = box
remote:
  driver = manualroute
  route_list = gone.example 127.0.0.1
  self = send
  transport = out
begin transports
box:
  driver = appendfile
  directory = /mail
  maildir_format
  user = Debian-exim
  group = Debian-exim
out:
  driver = smtp
  port = 9
  hosts_try_fastopen =
begin retry
* * F,1s,1s
CONF
exim() { chroot root /usr/sbin/exim4 "$@" 2>/dev/null; }
for to in late@gone.example ben@nowhere.example; do
  printf 'From: portal@halden.example\nTo: %s\nSubject: Hello\n\nHello\n' "$to" | exim -odf -f bounces@halden.example "$to"
done
sleep 3
exim -q
reports() { find root/mail/new -type f 2>/dev/null; }
for _try in 1 2 3 4 5 6 7 8 9 10; do [ "$(reports | wc -l)" = 2 ] || { sleep 1; exim -q; }; done
told() {  # the address, what is said of it, and what its fields say
  file=$(grep -l "Final-Recipient: rfc822;$1" root/mail/new/*)
  words=$(sed -n "/^  $1\$/{n;s/^ *//p;q}" "$file")
  printf '%s: %s; %s; %s' "$1" "$words" "$(grep '^Action' "$file")" "$(grep '^Status' "$file")"
  if grep -q '^Diagnostic-Code' "$file"; then printf '; a diagnostic code'; fi
  echo
}
said=$(told late@gone.example; told ben@nowhere.example)
printf '%s\n' "$said"
[ "$said" = "late@gone.example: retry timeout exceeded; Action: failed; Status: 5.0.0
ben@nowhere.example: Unrouteable address; Action: failed; Status: 5.0.0" ] || { echo "This has changed."; exit 1; }
