import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { VirtualClock } from '../../../../base/virtual-clock.js'
import { FileError, VirtualFiles } from '../virtual-files.js'
import { matchPattern } from './match-pattern.js'
import { parseScript } from './parse-script.js'
import { runCommand } from './sh-applet.js'
import type { CommandContext, ContainerWorld } from './shell-context.js'
import { Pipe, readAll } from './streams.js'

let folder: string
let root: string
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'flotilla-shell-'))
  root = join(folder, 'root')
  for (const path of ['etc', 'mnt/v']) mkdirSync(join(root, path), { recursive: true })
  mkdirSync(join(folder, 'volume'))
  writeFileSync(join(folder, 'outside'), 'secret')
  writeFileSync(join(folder, 'volume', 'key'), 'value')
  symlinkSync(join(folder, 'outside'), join(root, 'absolute'))
  symlinkSync('../outside', join(root, 'relative'))
  symlinkSync('..', join(folder, 'volume', 'up'))
  symlinkSync('loop', join(root, 'loop'))
})
after(() => rmSync(folder, { recursive: true, force: true }))

const files = () => new VirtualFiles(root, [{ path: '/mnt/v', directory: join(folder, 'volume'), readOnly: true }])

async function run(script: string, input?: string): Promise<{ code: number; out: string; err: string }> {
  const [stdout, stderr, stdin] = [new Pipe(), new Pipe(), new Pipe()]
  const texts = Promise.all([readAll(stdout), readAll(stderr)])
  if (input !== undefined) await stdin.write(input)
  stdin.end()
  const world: ContainerWorld = {
    files: files(),
    clock: new VirtualClock({ idle: async () => {} }),
    hostname: 'box',
    user: { id: 0, group: 0, groups: [] },
    address: '127.9.9.9',
    boundPort: (port) => port,
    resolve: async () => [],
    processes: new Map(),
    nextProcess: () => 1,
    searchDomains: [],
    nameServer: undefined,
    exit() {},
  }
  const context: CommandContext = {
    world,
    stdin,
    stdout,
    stderr,
    env: new Map([
      ['A', 'one two'],
      ['HOME', '/etc'],
    ]),
    cwd: '/',
    tty: false,
    signal: AbortSignal.timeout(4000),
  }
  const code = await runCommand(['sh', '-c', script], context)
  stdout.end()
  stderr.end()
  const [out, err] = await texts
  return { code, out: out.toString(), err: err.toString() }
}

test('scripts: lists, conditions, loops, pipes, substitutions', async () => {
  const cases: [string, string, number?][] = [
    ['echo a; echo b && echo c || echo d', 'a\nb\nc\n'],
    ['false || echo no; true && ! false && echo yes', 'no\nyes\n'],
    ['for x in 1 2 3; do if [ $x -eq 2 ]; then continue; fi; echo $x; done', '1\n3\n'],
    ['i=0; while [ $i -lt 3 ]; do i=$((i+1)); done; echo $i', '3\n'],
    ['printf "%s\\n" c a b | sort | head -n 2', 'a\nb\n'],
    ['echo $A; echo "$A"; echo \'$A\'; echo "${NONE:-x y}" ${A%% *} ${#A}', 'one two\none two\n$A\nx y one 7\n'],
    ['for w in $A; do echo [$w]; done; for w in "$A"; do echo [$w]; done', '[one]\n[two]\n[one two]\n'],
    ['echo $(echo in; echo ner) `echo old`', 'in ner old\n'],
    ['x=$(false); echo $?', '1\n'],
    ['(cd /etc; pwd); pwd', '/etc\n/\n'],
    ['echo hi > /etc/f; echo more >> /etc/f; cat < /etc/f; wc -l < /etc/f', 'hi\nmore\n2\n'],
    ['echo oops >&2 2>/dev/null; nosuch 2>&1', 'sh: nosuch: not found\n', 127],
    ['set -e; echo a; false; echo b', 'a\n', 1],
    ['exit 300', '', 44],
    ['trap "echo bye" EXIT; echo hi', 'hi\nbye\n'],
    ['cat /mnt/v/k*; echo; ls /mnt', 'value\nv\n'],
    ['yes_is_not_here || echo $((2 * (3 + 4) % 5))', '4\n'],
    ['seq 5 | grep -v 3 | tail -n 2 | tr_is_not_here; true', ''],
    ['echo "a b" | while read x y; do echo $y-$x; done', 'b-a\n'],
    ['# nothing\necho a # b\n\n\\\necho c', 'a\nc\n'],
    ['until true; do echo never; done; { echo g; }; timeout 5 echo t', 'g\nt\n'],
    ["printf 'one\\ntwo\\nthree\\n' | sed -n '2p;$p'", 'two\nthree\n'],
    ["printf 'a=1\\nb=2\\n' | sed 's/=/: /; s/\\([a-z]\\):/<\\1>/'", '<a> 1\n<b> 2\n'],
    ["echo /a/b/a | sed -E 's,/(a|b),[\\1],g;s/]/)/2'", '[a][b)[a]\n'],
    ["printf '1\\n2\\n3\\n4\\n' | sed '2,3d'; printf '1\\n# x\\n' | sed '/^#/!d'; echo a | sed 's/b/c/'", '1\n4\n# x\na\n'],
    ["printf '1\\n2\\n3\\n' | sed -e 2q -e 's/$/!/'; echo abc | sed 'y/abc/xyz/'; echo a | sed 'a b'", '1!\n2\nxyz\na\nb\n'],
    ['echo old > f; sed -i s/old/new/ f; cat f; rm f', 'new\n'],
    ['echo a:b:c:d | cut -d: -f1,3-; echo abcdef | cut -c2-3; echo none | cut -d: -f2', 'a:c:d\nbc\nnone\n'],
    ['echo -n hi | base64; echo aGk= | base64 -d; echo -n hi | base64 -w0', 'aGk=\nhiaGk='],
    ["printf 'H v\\nx 1\\ny 2\\n' | awk 'NR>1 {print $2\"-\"$1, NR}'", '1-x 2\n2-y 3\n'],
    ["printf 'a b\\nc d\\n' | awk '/^c/'; printf 'a:b\\nc:d\\n' | awk -F: '$1 == \"a\" {print $2}'", 'c d\nb\n'],
    ["printf 'a b\\n\\n' | awk '!/^$/{print NF;}'", '2\n'],
    ["printf 'a\\na\\nb\\n' | uniq -c", '      2 a\n      1 b\n'],
    ["echo 10.1.2.3,fd00::1 | tr ',' ' ' | awk '{print $1}'", '10.1.2.3\n'],
    ["echo 'a b c' | awk '{print $NF, $1}'; echo Hi | tr A-Za-z a-za-z; echo a-b | tr -d -- -", 'c a\nhi\nab\n'],
    ['t=true; f=false; if $f && $t; then echo no; elif $f; then echo no; else echo yes; fi', 'yes\n'],
    [
      'A=10.9.8.7; echo "$A" | grep -qE \'([^0-9]|^)[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}([^0-9]|$)\' && echo v4',
      'v4\n',
    ],
    ["env B=2 sh -c 'echo $B $0 $1' name arg", '2 name arg\n'],
  ]
  for (const [script, out, code = 0] of cases) {
    const result = await run(script)
    assert.deepEqual([result.out, result.code], [out, code], `${script}: ${result.err}`)
  }
  assert.equal((await run('cat; read x', 'fed')).out, 'fed')
})

test('nothing outside the root can be read or changed, links and mounts included', async () => {
  for (const path of [
    '/absolute',
    '/relative',
    '/../outside',
    '/etc/../../outside',
    '/mnt/v/up/outside',
    '/mnt/v/../../outside',
    '/loop',
  ])
    assert.throws(() => files().read(path, '/'), FileError, path)
  assert.equal(files().read('../../mnt/v/key', '/etc').toString(), 'value')
  for (const script of ['echo x > /mnt/v/key', 'rm -r /mnt', 'rm /mnt/v/key', 'touch /mnt/v/new', 'rm -rf /'])
    assert.notEqual((await run(script)).code, 0, script)
  assert.equal((await run('echo x > /absolute')).code, 1)
  assert.equal(readFileSync(join(folder, 'outside'), 'utf8'), 'secret')
  assert.equal(readFileSync(join(folder, 'volume', 'key'), 'utf8'), 'value')
})

test('hostile scripts end in a message, not in a crash or an endless wait', async () => {
  const bad = [
    '(',
    ')',
    'if',
    'if true; then',
    'while',
    "'",
    '"',
    '${',
    '${x',
    '$(',
    '$((',
    '`',
    'a |',
    'a &&',
    '| a',
    ';;',
    'case x in esac',
    'cat << E',
    'f() { x; }',
    '$((1/0))',
    '$((',
    '$(('.repeat(300),
    '('.repeat(5000),
    '{ '.repeat(5000),
    '\u0000',
    'echo ${A:?bad}',
  ]
  for (const script of bad) {
    const { code, err } = await run(script)
    assert.ok(code === 0 || err !== '', `${script.slice(0, 20)}: ${code}`)
  }
  assert.throws(() => parseScript('x'.repeat(300_000)), /longer than/)
  assert.equal(matchPattern(`${'*a'.repeat(40)}b`, 'a'.repeat(2000)), false)
  assert.equal(matchPattern('[!a-c]?\\*', 'dx*'), true)
  assert.equal(matchPattern('[', '['), true)
})

test('what asks for a better shell before it starts one finds the one that there is', async () => {
  const asked = await run('command -v bash >/dev/null && exec bash -c "echo bash" || exec sh -c "echo sh"')
  assert.match(asked.out, /^(bash|sh)\n$/)
  assert.equal(asked.err, '')
  const names = await run('command -v cd ls /bin/cat; type read ls; command echo hi; command -v nothing; echo $?; type nothing')
  assert.equal(names.out, 'cd\n/bin/ls\n/bin/cat\nread is a shell builtin\nls is /bin/ls\nhi\n127\n')
  assert.deepEqual([names.err, names.code], ['sh: nothing: not found\n', 127])
  assert.equal((await run('clear; echo x')).out, '\u001b[H\u001b[Jx\n')
})

test('mv says what it does with -v', async () => {
  assert.equal((await run('mkdir -p /tmp; echo x > /a; mv -v /a /tmp/; cat /tmp/a')).out, "renamed '/a' -> '/tmp/a'\nx\n")
})

test('[[ is a name of test', async () => {
  assert.equal((await run('if [[ -n x ]]; then echo yes; fi; [[ -r /no-file ]] || echo no')).out, 'yes\nno\n')
  assert.match((await run('[[ -n x ]')).err, /missing \]\]/)
})

test('/dev/null is read as an empty file, also by what waits at its end for ever', async () => {
  assert.deepEqual(await run('cat /dev/null && wc -c < /dev/null && tail /dev/null'), { code: 0, out: '0\n', err: '' })
  const ended = run('tail -f /dev/null').then(() => 'ended')
  const goesOn = new Promise((resolve) => setTimeout(resolve, 30, 'goes on'))
  assert.equal(await Promise.race([ended, goesOn]), 'goes on')
})

test('expr', async () => {
  const asked = await run(
    "expr 7 % 2; expr 4 % 2; echo $?; expr a = a; expr a != a; expr 2 '*' 3 + 1; if [ $(expr 3 % 2) -ne 0 ]; then echo odd; fi",
  )
  assert.deepEqual([asked.out, asked.err], ['1\n0\n1\n1\n0\n7\nodd\n', ''])
})

test('curl as probes of others call it', {
  skip: process.platform === 'linux' ? false : 'a loopback address of its own is needed',
}, async () => {
  const server = createServer((request, response) => response.end(`${request.method} ${request.url}`))
  await new Promise<void>((done) => server.listen(0, '127.9.9.9', done))
  try {
    const { port } = server.address() as AddressInfo
    const url = `http://127.9.9.9:${port}`
    const asked = await run(
      `for i in $(seq 0 2); do echo; curl -q -s --connect-timeout 2 ${url}/ ; done; curl -g -q -s '${url}/dial?a=[1]'; curl --unknown ${url}/`,
    )
    assert.equal(asked.out, '\nGET /\nGET /\nGET /GET /dial?a=[1]')
    assert.match(asked.err, /unrecognized option: unknown/)
  } finally {
    server.close()
  }
})

test('hexdump -C and ip', async () => {
  const dump = await run('hexdump -C', `${'a'.repeat(48)}\n`)
  const row = `${'61 '.repeat(8)} ${'61 '.repeat(8)} |${'a'.repeat(16)}|`
  assert.equal(dump.out, `00000000  ${row}\n*\n00000030  0a${' '.repeat(46)}  |.|\n00000031\n`)
  assert.match((await run('ip addr')).out, /inet 127\.9\.9\.9\/32 scope global eth0/)
  assert.deepEqual(await run('ip link add dummy0 type dummy || true'), {
    code: 0,
    out: '',
    err: 'ip: RTNETLINK answers: Operation not permitted\n',
  })
})

test('case, functions and here-documents', async () => {
  const script = `
    kind() {
      local word=$1; shift
      case "$word" in
        a*|b) echo "first $word $# $*" ;;
        '*') echo star; return 3;;
        ( [0-9]* ) echo number
          ;;
        *) echo other
      esac
    }
    kind apple x y; kind 7; kind zebra; kind '*'; echo $?$word
    function twice { echo $1$1; }
    twice ab | tr a-z A-Z
    set -- one two; echo $1 $#
    cat <<EOF
A is $A and $(echo two)
EOF
    cat <<-'END' | tr x y
	$A x
	END
    case x in y) echo no;; esac; echo "code $?"`
  assert.deepEqual(await run(script), {
    code: 0,
    out: 'first apple 2 x y\nnumber\nother\nstar\n3\nABAB\none 2\nA is one two and two\n$A y\ncode 0\n',
    err: '',
  })
  assert.match((await run('f() { f; }; f')).err, /too many functions inside each other/)
  assert.match((await run('cat <<EOF\ntext')).err, /unterminated here-document/)
  assert.match((await run('case x in x) echo a')).err, /unexpected end of file/)
})
