/**
 * A process that listens at the name of iscsid's socket. In Perl, because Node.js cannot listen at an abstract name; every Debian has Perl.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { must } from './shell.js'

const LISTEN = String.raw`
use strict; use Socket;
my $s;
socket($s, AF_UNIX, SOCK_STREAM, 0) && bind($s, pack("S a*", AF_UNIX, "\0ISCSIADM_ABSTRACT_NAMESPACE")) && listen($s, 8) or die "$!";
$| = 1;
`
/** Listens, starts a program, prints what the program sends, and answers with success. */
const CAPTURE = `${LISTEN}${String.raw`
my $pid = fork;
if (!$pid) { open STDOUT, '>', '/dev/null'; exec @ARGV or die }
accept(my $c, $s) or die "$!";
my $data = '';
for (;;) {
  my $r = ''; vec($r, fileno($c), 1) = 1;
  select($r, undef, undef, 0.5) && sysread($c, my $part, 65536) or last;
  $data .= $part;
}
syswrite($c, substr($data, 0, 4) . ("\0" x 2460));
close $c;
waitpid $pid, 0;
print unpack('H*', $data);
`}`
/** Prints the number of bytes of each connection. */
const COUNT = `${LISTEN}${String.raw`
print "listening\n";
while (accept(my $c, $s)) { my $n = 0; while (my $got = sysread($c, my $part, 65536)) { $n += $got } print "$n\n" }
`}`

/** The request that iscsiadm sends to iscsid, recorded in a network namespace without another iscsid. */
export async function requestOf(argv: readonly string[]): Promise<Uint8Array> {
  return Buffer.from(await must(['unshare', '--net', 'perl', '-e', CAPTURE, ...argv]), 'hex')
}

/**
 * A program of the user `nobody` in place of iscsid, which must have ended before. The returned function ends it and returns the bytes of
 * each connection.
 */
export async function impostor(): Promise<() => Promise<number[]>> {
  const child = spawn('setpriv', ['--reuid=65534', '--clear-groups', 'perl', '-e', COUNT], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  await once(child.stdout, 'data')
  return async () => {
    const ended = once(child, 'close')
    child.kill()
    await ended
    return said.split('\n').slice(1, -1).map(Number)
  }
}
