// The real tier: builds the peers it can, then runs each test file by itself, the quick ones first. A line a file says what
// came of it and how long it took, so that a run that is cut off still tells where it was. FLOTILLA_REAL_MINUTES bounds the
// whole (peers included): files that no time is left for are skipped and named.
import { spawn } from 'node:child_process'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'

const peers = [
  ...['etcd', 'kube-apiserver', 'helm3', 'kustomize', 'kube-controller-manager', 'kube-scheduler', 'kubectl', 'kubectl-1.37'],
  ...['go-clients', 'mcs-conformance', 'flux-kustomize', 'helm4', 'kubectl-1.29', 'istio', 'envoy', 'coredns', 'grpc-xds'],
  ...['kubefed-planner', 'karmada'],
]
/** They take minutes each; what is left of the time is theirs. */
const slow = ['mcs-conformance', 'storms', 'real-random', 'helm-corpus-3', 'helm-corpus-4', 'kustomize-random']
const MINUTE = 60_000
const FILE_LIMIT = 10 * MINUTE
/**
 * So many files of a whole run get a second try: real programs on a shared machine meet by chance what no one can repeat. A
 * run with more failures than that is broken, and what passed at the second try only is named, to be looked into.
 */
export const SECOND_TRIES = 2

export async function runRealTier(files, wholeRun) {
  const begin = Date.now()
  const endsAt = begin + Number(process.env.FLOTILLA_REAL_MINUTES ?? 24 * 60) * MINUTE
  const env = { ...process.env }
  if (wholeRun) {
    await buildPeers(begin)
    env.FLOTILLA_PEERS_BUILT = '1'
  }
  const total = { pass: 0, fail: 0, skipped: 0 }
  const flaky = []
  const rank = (file) => slow.indexOf(basename(file, '.test.js'))
  for (const file of [...files].sort((a, b) => rank(a) - rank(b))) {
    const left = Math.min(FILE_LIMIT, endsAt - Date.now())
    if (left < MINUTE) {
      total.skipped++
      console.log(`ok - ${file} # SKIP the time of this run is over (FLOTILLA_REAL_MINUTES)`)
      continue
    }
    const from = Date.now()
    let counts = await runFile(file, env, left)
    if (wholeRun && counts.fail > 0 && flaky.length < SECOND_TRIES && endsAt - Date.now() > FILE_LIMIT) {
      say(`${file} ${seconds(from)}: ${counts.fail} FAILED AT THE FIRST TRY`)
      flaky.push(file)
      counts = await runFile(file, env, FILE_LIMIT)
    }
    for (const name of Object.keys(total)) total[name] += counts[name]
    say(`${file} ${seconds(from)}: ${counts.pass} passed, ${counts.fail} failed, ${counts.skipped} skipped`)
  }
  console.log(`# tests ${total.pass + total.fail + total.skipped}`)
  for (const [name, count] of Object.entries(total)) console.log(`# ${name} ${count}`)
  console.log(`# flaky ${flaky.length}${flaky.map((file) => ` ${file}`).join('')}`)
  console.log(`# duration_ms ${Date.now() - begin}`)
  return total.fail === 0
}

const say = (line) => console.log(`## ${line}`)
const seconds = (from) => `${((Date.now() - from) / 1000).toFixed(1)} s`

/** Each line names the program, or why it cannot be had, and the time until then. */
async function buildPeers(begin) {
  const child = spawn(process.execPath, ['tools/peers/build.mjs', ...peers], { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface(child.stdout)) say(`${seconds(begin)} ${line}`)
}

/** In a process group of its own: what a test has started ends with it, and cannot hold the run by an inherited pipe. */
function runFile(file, env, limit) {
  return new Promise((resolve) => {
    const flags = ['--enable-source-maps', '--test-reporter=tap', file]
    const child = spawn(process.execPath, flags, { env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
    const counts = { pass: 0, fail: 0, skipped: 0 }
    let rest = ''
    let late = false
    child.stdout.setEncoding('utf8').on('data', (text) => {
      process.stdout.write(text)
      const lines = (rest + text).split('\n')
      rest = lines.pop()
      for (const line of lines) {
        const [, name, count] = /^# (pass|fail|skipped) (\d+)$/.exec(line) ?? []
        if (name !== undefined) counts[name] = Number(count)
      }
    })
    const kill = () => {
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {}
    }
    const timer = setTimeout(() => {
      late = true
      kill()
    }, limit)
    child.on('exit', (code) => {
      clearTimeout(timer)
      setTimeout(() => {
        kill()
        child.stdout.destroy()
        if (late) console.log(`not ok - ${file} was not done within ${Math.round(limit / 1000)} s`)
        else if (code !== 0 && counts.fail === 0) console.log(`not ok - ${file} ended with exit code ${code}`)
        if (code !== 0 && counts.fail === 0) counts.fail = 1
        resolve(counts)
      }, 100)
    })
  })
}
